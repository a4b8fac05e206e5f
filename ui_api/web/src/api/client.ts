// Asking the API: the session's cookie goes by itself, the CSRF token with what changes something.

/** An answer that is no success: RFC 9457's `title` and `detail`. Status 0: no answer at all. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly title: string,
    readonly detail: string,
  ) {
    super(detail);
  }
}

export type Parameters = Record<string, string | number | boolean | string[] | null | undefined>;

const asking = { csrf: "", workspace: "", link: "" };

/** Say who asks from now on: the account's CSRF token, and the workspace its requests are about. */
export function actAs(csrf: string, workspace: string): void {
  asking.csrf = csrf;
  asking.workspace = workspace;
}

/** Read with the token of a share link instead of a session. */
export function followLink(token: string): void {
  asking.link = token;
}

/** A path with its parameters; those that are empty are left out. */
export function address(path: string, parameters: Parameters = {}): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    for (const one of Array.isArray(value) ? value : [value]) {
      if (one !== null && one !== undefined && one !== "" && one !== false) query.append(name, String(one));
    }
  }
  const text = query.toString();
  return text ? `${path}?${text}` : path;
}

async function request(method: string, path: string, body?: unknown, signal?: AbortSignal, more: Record<string, string> = {}): Promise<Response> {
  const headers = { ...more };
  if (asking.workspace) headers["x-tracehouse-workspace"] = asking.workspace;
  if (method !== "GET") headers["x-csrf-token"] = asking.csrf;
  if (body !== undefined) headers["content-type"] = "application/json";
  const url = asking.link && method === "GET" ? `${path}${path.includes("?") ? "&" : "?"}t=${encodeURIComponent(asking.link)}` : path;
  let answer: Response;
  try {
    answer = await fetch(url, {
      method,
      headers,
      signal,
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new Problem(0, "No answer", "The server does not answer. Is `tracehouse serve` still running?");
  }
  if (answer.ok) return answer;
  const told = (await answer.json().catch(() => ({}))) as { title?: string; detail?: string };
  throw new Problem(answer.status, told.title ?? answer.statusText, told.detail ?? "");
}

/** GET, as JSON. Throws Problem. */
export async function get<T>(path: string, signal?: AbortSignal): Promise<T> {
  return (await (await request("GET", path, undefined, signal)).json()) as T;
}

/** GET, as text. Throws Problem. */
export async function getText(path: string): Promise<string> {
  return (await request("GET", path)).text();
}

/** GET, as bytes. Throws Problem. */
export async function getBlob(path: string, signal?: AbortSignal): Promise<Blob> {
  return (await request("GET", path, undefined, signal)).blob();
}

/** What a POST answers with, as bytes. Throws Problem. */
export async function postForBlob(path: string, body: unknown): Promise<Blob> {
  return (await request("POST", path, body)).blob();
}

/** GET, as the text of an answer that goes on, piece by piece. `last`: the id of the event behind
 * which it is to begin. Not an `EventSource`: that sends no headers of ours. Throws Problem. */
export async function* stream(path: string, last: string, signal: AbortSignal): AsyncGenerator<string> {
  const answer = await request("GET", path, undefined, signal, last ? { "last-event-id": last } : {});
  const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader();
  try {
    for (let piece = await reader.read(); !piece.done; piece = await reader.read()) yield piece.value;
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

/** A request that changes something; its answer as JSON, or undefined when there is none. Throws
 * Problem. */
export async function send<T>(method: "POST" | "PUT" | "PATCH" | "DELETE", path: string, body?: unknown): Promise<T> {
  const answer = await request(method, path, body);
  return (answer.status === 204 ? undefined : await answer.json()) as T;
}
