/** Requests to one server, by OTLP's rules for clients.
 *
 * https://opentelemetry.io/docs/specs/otlp/#otlphttp-response says which answers may be retried. */

import { headersOf, urlOf, type Destination } from "../settings.js";
import { SIGNAL_NAMES, type Signal } from "./buffer.js";

const REFUSED_FOR_GOOD: readonly number[] = [400, 413, 415, 422];
const LONGEST_DETAIL = 300;
const LONGEST_RETRY_AFTER_MS = 300_000;
/** What browsers let go on after the page. */
const KEEPALIVE_BYTES = 60_000;

/** What became of a request, and why: `retry` is not now, `refused` never. `status` is 0 where
 * there was no answer. */
export interface Answer {
  readonly outcome: "delivered" | "retry" | "refused";
  readonly status: number;
  readonly detail: string;
  readonly retryAfterMs: number;
  readonly body: string;
}

/** Send an OTLP request. */
export async function exportOtlp(
  to: Destination,
  signal: Signal,
  payload: Uint8Array,
): Promise<Answer> {
  const headers: Record<string, string> = { "content-type": "application/x-protobuf" };
  let body = payload;
  if (to.gzip) {
    body = await gzipped(payload);
    headers["content-encoding"] = "gzip";
  }
  return request(to, "POST", urlOf(to, SIGNAL_NAMES[signal]), body, headers);
}

/** Send a file to the blob store, which knows it by its hash. */
export function upload(to: Destination, sha256: string, content: Uint8Array): Promise<Answer> {
  const headers = { "content-type": "application/octet-stream" };
  return request(to, "PUT", `${to.apiBase}/v1/blobs/${sha256}`, content, headers);
}

/** Send anything. Never rejects. */
export async function request(
  to: Destination,
  method: string,
  url: string,
  body: Uint8Array | undefined,
  headers: Readonly<Record<string, string>>,
): Promise<Answer> {
  try {
    const response = await fetch(url, {
      method,
      headers: { ...headers, ...headersOf(to) },
      body: body as BodyInit | undefined,
      signal: AbortSignal.timeout(to.timeoutMs),
      keepalive: body !== undefined && body.length < KEEPALIVE_BYTES,
    });
    const said = await response.text();
    const { status } = response;
    const seconds = Number(response.headers.get("retry-after"));
    return {
      outcome: response.ok ? "delivered" : REFUSED_FOR_GOOD.includes(status) ? "refused" : "retry",
      status,
      detail: response.ok ? "" : `HTTP ${status}: ${readable(said)}`,
      retryAfterMs: seconds > 0 ? Math.min(seconds * 1000, LONGEST_RETRY_AFTER_MS) : 0,
      body: said,
    };
  } catch (error) {
    const cause = error instanceof Error ? ((error.cause as Error | undefined) ?? error) : error;
    const why = (cause as { code?: string }).code ?? String(cause);
    return { outcome: "retry", status: 0, detail: `no answer (${why})`, retryAfterMs: 0, body: "" };
  }
}

/** The beginning of an answer. A Protobuf `Status` is its message behind a tag and a length. */
function readable(said: string): string {
  return said
    .slice(0, LONGEST_DETAIL)
    .replace(/^[\0-\x1f]+.[\0-\x1f]?/, "")
    .trim();
}

async function gzipped(content: Uint8Array): Promise<Uint8Array> {
  const stream = new Blob([content as BlobPart]).stream();
  const smaller = stream.pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(smaller).arrayBuffer());
}
