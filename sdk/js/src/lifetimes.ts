/** What a program does not finish itself.
 *
 *     it has nothing more to do     finished, or failed with an exit code other than 0; what is
 * left
 *                                   is sent, for at most five seconds
 *     process.exit(n)               the same, and what is left stays on disk for the next program
 *     an uncaught error             crashed
 *     Ctrl-C, SIGTERM               killed
 *     SIGKILL, out of memory        the server sees that the heartbeat stopped: crashed
 *
 * Off for runs with `autoFinish: false`, or TRACEHOUSE_DISABLE_AUTOFINISH=1. */

import { platform } from "#platform";
import { guarded } from "./complain.js";
import { allRecorders } from "./recorder/recorder.js";
import type { RunStatus } from "./semconv/attributes.js";

const EXIT_MS = 5_000;
const KILLED_MS = 2_000;

/** What can be ended at once; a status is for those that have one. */
interface Ending {
  end(options: { status?: RunStatus; outcome?: string }): void;
  fail(error: unknown): void;
}

const alive = new Set<Ending>();
let isInstalled = false;

/** End it when the program ends, and see to it that what was logged is sent. What this returns says
 * that it ended itself. */
export function watch(what: Ending): () => void {
  install();
  alive.add(what);
  return () => void alive.delete(what);
}

/** See to it that what was logged is sent before the program ends. */
export function install(): void {
  if (isInstalled) return;
  isInstalled = true;
  platform.onEnd({
    idle: async (code) => {
      endAll(code ? "failed" : "finished");
      const waiting = [...allRecorders()].filter((recorder) => recorder.isWaiting);
      await Promise.all(waiting.map((recorder) => recorder.flush(EXIT_MS)));
    },
    hidden: () => {
      for (const recorder of allRecorders()) void recorder.flush(EXIT_MS);
    },
    ending: (code) => {
      endAll(code ? "failed" : "finished");
      for (const recorder of allRecorders()) recorder.close();
    },
    crashed: (error) => {
      for (const one of [...alive]) guarded("at a crash", () => one.fail(error), undefined);
    },
    killed: async () => {
      endAll("killed");
      await Promise.all([...allRecorders()].map((recorder) => recorder.flush(KILLED_MS)));
      for (const recorder of allRecorders()) recorder.close();
    },
  });
}

function endAll(status: RunStatus): void {
  for (const one of [...alive]) guarded("at the end", () => one.end({ status }), undefined);
}
