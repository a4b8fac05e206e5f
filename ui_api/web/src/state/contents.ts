// What spans contain: asked for once each, because what has ended does not change.
import { get } from "../api/client";
import type { Content, OutlinedSpan, Span } from "../api/types";

/** Documents come only where there are any. */
type Sent = Omit<Content, "documents"> & Partial<Pick<Content, "documents">>;

const known = new Map<string, Promise<unknown>>();
const MOST = 500;

function once<Answer>(key: string, get: () => Promise<Answer>): Promise<Answer> {
  let answer = known.get(key) as Promise<Answer> | undefined;
  if (!answer) {
    answer = get();
    answer.catch(() => known.delete(key));
    if (known.size >= MOST) known.delete(known.keys().next().value!);
    known.set(key, answer);
  }
  return answer;
}

function addressOf(traceId: string, span: OutlinedSpan): [path: string, version: string] {
  return [`/v1/traces/${traceId}/spans/${span.span_id}`, span.pending ? span.version : ""];
}

/** Messages, arguments, results. Throws Problem. */
export function contentOf(traceId: string, span: OutlinedSpan): Promise<Content> {
  const [path, version] = addressOf(traceId, span);
  return once(`content ${path} ${version}`, async () => {
    const sent = await get<Sent>(`${path}/content`);
    return { ...sent, documents: sent.documents ?? [] };
  });
}

/** The span whole. Throws Problem. */
export function wholeSpan(traceId: string, span: OutlinedSpan): Promise<Span> {
  const [path, version] = addressOf(traceId, span);
  return once(`span ${path} ${version}`, () => get<Span>(path));
}
