/** Deterministic ids: the same session or run is the same trace, whoever says so, in any language.
 * They are made as `tracehouse_semconv.ids` makes them. */

import { platform } from "#platform";
import { hex, utf8 } from "./bytes.js";
import { validText } from "./values.js";

/** The ids of a span that is known before it starts: 32 and 16 hex digits. */
export interface SpanIdentity {
  readonly traceId: string;
  readonly spanId: string;
}

/** The root span of a chat trace; `runId` is that of the run it is a rollout of. */
export function sessionIdentity(machine: string, sessionId: string, runId = ""): SpanIdentity {
  return identity("session", machine, runId, sessionId);
}

/** The span of a training run; its trace id is the run's id. */
export function runIdentity(machine: string, clientRunId: string): SpanIdentity {
  return identity("run", machine, clientRunId);
}

/** SHA-256 over the parts, each ended by a zero byte: 16 bytes of trace id, 8 of span id. */
function identity(...parts: string[]): SpanIdentity {
  const whole = parts.map((part) => `${validText(part)}\0`).join("");
  const digest = hex(platform.sha256(utf8(whole)));
  return { traceId: digest.slice(0, 32), spanId: digest.slice(32, 48) };
}
