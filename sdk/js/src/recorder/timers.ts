/** Timers, told apart by whether a program that has nothing else to do waits for them. */

/** Call it later, if the program still runs; what this returns calls it off. */
export function background(action: () => void, ms: number): () => void {
  const timer: unknown = setTimeout(action, ms);
  // In browsers a timer is a number, and keeps nothing alive.
  (timer as { unref?: () => void }).unref?.();
  return () => clearTimeout(timer as number);
}

/** Call it again and again; what this returns ends that. */
export function repeating(action: () => void, ms: number): () => void {
  const timer: unknown = setInterval(action, ms);
  (timer as { unref?: () => void }).unref?.();
  return () => clearInterval(timer as number);
}

/** Resolves so much later. The program waits for it. */
export function elapse(ms: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, ms));
}
