/** Saying a thing once. Telemetry never throws into a program, and never fills its log. */

const MOST_REMEMBERED = 1000;
const said = new Set<string>();

/** Told what goes wrong in place of the console. */
export type OnError = (error: Error) => void;

/** Warn, unless the same was said before (the same `key`, or the same message). */
export function once(message: string, key: string = message): void {
  if (said.has(key) || said.size >= MOST_REMEMBERED) return;
  said.add(key);
  console.warn(`tracehouse: ${message}`);
}

/** What `attempt` returns. What it throws is told to `onError`, or said once, and `otherwise` is
 * returned. */
export function guarded<T>(what: string, attempt: () => T, otherwise: T, onError?: OnError): T {
  try {
    return attempt();
  } catch (error) {
    complain(what, error, onError);
    return otherwise;
  }
}

/** Tell of an error, wherever it is to be told. */
export function complain(what: string, thrown: unknown, onError?: OnError): void {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  if (onError === undefined) {
    once(`${what}: ${error.message}; it was not logged`);
    return;
  }
  try {
    onError(error);
  } catch (second) {
    once(`onError threw ${String(second)}`);
  }
}
