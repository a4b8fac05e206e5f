/** The server's API, as far as a run asks it. */

import { ApiError } from "./errors.js";
import { request } from "./recorder/transport.js";
import type { Destination } from "./settings.js";

/** The text of an answer. Throws ApiError where there is none. */
export async function ask(
  destination: Destination,
  method: "GET" | "POST",
  path: string,
  body?: unknown,
): Promise<string> {
  const content = body === undefined ? undefined : new TextEncoder().encode(JSON.stringify(body));
  const json = { "content-type": "application/json" };
  const url = `${destination.apiBase}${path}`;
  const answer = await request(destination, method, url, content, json);
  if (answer.outcome !== "delivered") {
    throw new ApiError(answer.status, `${method} ${path}: ${answer.detail}`);
  }
  return answer.body;
}
