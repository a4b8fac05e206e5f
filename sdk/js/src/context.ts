/** Which span what happens now lies in, over awaits where the platform can. */

import { context, ROOT_CONTEXT, trace, type Context, type Span } from "@opentelemetry/api";
import { platform } from "#platform";

const scope = platform.scope<Context>();

/** OpenTelemetry's context where the application has a manager for it, else our own. */
export function activeContext(): Context {
  const active = context.active();
  return active === ROOT_CONTEXT ? (scope.get() ?? active) : active;
}

/** Do it with the span as the active one, for us and for OpenTelemetry's instrumentations. */
export function inSpan<T>(span: Span, action: () => T): T {
  const inside = trace.setSpan(activeContext(), span);
  return scope.run(inside, () => context.with(inside, action));
}
