/** Sends what is in a buffer, in order, again and again until the server has it. */

import { platform } from "#platform";
import {
  ANONYMOUS,
  announce,
  isAllowed,
  keepSession,
  knownSession,
  sayItIsFull,
  type AnonymousSession,
} from "../anonymous.js";
import { once } from "../complain.js";
import type { Destination } from "../settings.js";
import { SIGNAL_NAMES, type Buffer } from "./buffer.js";
import { background, elapse } from "./timers.js";
import { exportOtlp, request, upload, type Answer } from "./transport.js";

/** After the first requests, two a second. */
const PACE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;
/** No valid key, or not a server of ours: waiting would not help. Nor where nobody ever
 * answered. */
const HOPELESS: readonly number[] = [401, 403, 404, 405];
const SILENT_MS = 2_000;
const LOOK_MS = 20;
/** An anonymous session that may send no more is asked for rarely: somebody may claim it. */
const FULL_MS = 3_600_000;
const LOG_IN_MS = 10_000;
const ADOPT_EVERY_MS = 30_000;

export class Shipper {
  /** What the last failed attempt said. */
  detail = "";
  private destination: Destination;
  private running: Promise<void> | undefined;
  private endPause: (() => void) | undefined;
  private endRest: (() => void) | undefined;
  private waiters = 0;
  private stopped = false;
  private failures = 0;
  private failingSince = 0;
  private status = 0;
  private hasAnswered = false;
  private wasAnonymous = false;
  private nextAdoption = 0;

  constructor(
    private readonly buffer: Buffer,
    private readonly resolve: () => Destination,
  ) {
    this.destination = resolve();
    const session = this.anonymousSession;
    if (session) announce(session);
  }

  /** The session without an account that this sends with. */
  private get anonymousSession(): AnonymousSession | undefined {
    const { apiKey, apiBase } = this.destination;
    return apiKey?.startsWith(ANONYMOUS) ? knownSession(apiBase) : undefined;
  }

  /** There is something to send. */
  notify(): void {
    this.running ??= this.run().then(() => {
      this.running = undefined;
      if (!this.stopped && !this.buffer.isEmpty) this.notify();
    });
  }

  /** Whether all of the buffer was acknowledged within so many milliseconds. Ends early when the
   * server refuses, or never answered. */
  async untilEmpty(ms: number): Promise<boolean> {
    const deadline = Date.now() + ms;
    this.waiters++;
    this.endRest?.();
    try {
      while (!this.buffer.isEmpty) {
        const left = deadline - Date.now();
        if (left <= 0 || this.isHopeless) return false;
        this.notify();
        await elapse(Math.min(left, LOOK_MS));
      }
      return true;
    } finally {
      this.waiters--;
    }
  }

  get isHopeless(): boolean {
    if (!this.failures) return false;
    if (this.status) return HOPELESS.includes(this.status);
    return !this.hasAnswered && Date.now() - this.failingSince > SILENT_MS;
  }

  /** Send nothing more; what is left stays where it is. */
  stop(): void {
    this.stopped = true;
    this.endPause?.();
  }

  private async run(): Promise<void> {
    try {
      await this.drain(this.buffer);
      if (Date.now() >= this.nextAdoption && !this.stopped) {
        this.nextAdoption = Date.now() + ADOPT_EVERY_MS;
        for (const orphan of platform.orphans(this.destination, this.buffer.where)) {
          await this.drain(orphan);
          orphan.close();
        }
      }
      if (!this.waiters && !this.stopped) {
        const rest = this.pause(PACE_MS);
        this.endRest = this.endPause;
        await rest;
        this.endRest = undefined;
      }
    } catch (error) {
      once(`${this.buffer.where ?? "the buffer"} cannot be read: ${String(error)}`);
      await this.pause(LONGEST_PAUSE_MS);
    }
  }

  private async drain(buffer: Buffer): Promise<void> {
    while (!this.stopped) {
      const batch = buffer.nextBatch();
      if (batch !== undefined) {
        for (const [signal, payload] of batch.requests) {
          const send = (): Promise<Answer> => exportOtlp(this.destination, signal, payload);
          if (!(await this.persist(send, SIGNAL_NAMES[signal], payload))) return;
        }
        buffer.acknowledge(batch);
        continue;
      }
      const blob = buffer.nextBlob();
      if (blob === undefined) return;
      const send = (): Promise<Answer> => upload(this.destination, blob.sha256, blob.content);
      if (!(await this.persist(send, "blob", blob.content))) return;
      buffer.removeBlob(blob.sha256);
    }
  }

  /** Try until it is delivered or refused; false when it is to stop before. */
  private async persist(
    send: () => Promise<Answer>,
    what: string,
    content: Uint8Array,
  ): Promise<boolean> {
    for (;;) {
      const answer = await send();
      if (answer.outcome !== "retry") {
        if (answer.outcome === "refused") this.keepRefused(what, content, answer.detail);
        this.failures = 0;
        this.hasAnswered = true;
        return true;
      }
      if (answer.status === 401 && (await this.beganAnonymously())) continue;
      this.failed(answer);
      if (this.stopped) return false;
      if (answer.status === 403 && this.anonymousSession) await this.restUntilLoggedIn();
      else await this.pause(Math.max(backoffMs(this.failures), answer.retryAfterMs));
      if (this.stopped) return false;
      // A server may have started, or a user logged in, since the last try.
      if (this.destination.mayChange) this.destination = this.resolve();
    }
  }

  private failed(answer: Answer): void {
    if (!this.failures) this.failingSince = Date.now();
    this.failures++;
    this.status = answer.status;
    this.detail = answer.detail;
    this.hasAnswered ||= answer.status > 0;
    const kept = this.buffer.where ? `in ${this.buffer.where}` : "in memory";
    const session = this.anonymousSession;
    if (answer.status === 403 && session) {
      sayItIsFull(session, kept);
      return;
    }
    const hint = [401, 403].includes(answer.status) ? "; set apiKey to a valid key" : "";
    once(
      `${this.destination.apiBase}: ${answer.detail}. What is logged is kept ${kept} and sent when ` +
        `it can be${hint}`,
      `${this.destination.apiBase} ${answer.status}`,
    );
  }

  /** Wait for an account, or for an hour. */
  private async restUntilLoggedIn(): Promise<void> {
    const { apiKey, mayChange } = this.destination;
    const deadline = Date.now() + FULL_MS;
    while (!this.stopped && Date.now() < deadline) {
      await this.pause(LOG_IN_MS);
      if (mayChange && this.resolve().apiKey !== apiKey) return;
    }
  }

  /** Whether the server, which wants a key, takes what is sent without an account. */
  private async beganAnonymously(): Promise<boolean> {
    const { apiKey, apiBase, mayChange } = this.destination;
    const hasAccount = apiKey !== undefined && !apiKey.startsWith(ANONYMOUS);
    if (this.wasAnonymous || hasAccount || !mayChange || !isAllowed()) return false;
    const without = { ...this.destination, apiKey: undefined };
    const json = { "content-type": "application/json" };
    const body = new TextEncoder().encode("{}");
    const answer = await request(without, "POST", `${apiBase}/v1/anon/session`, body, json);
    const session = answer.status === 200 ? keepSession(apiBase, parsed(answer.body)) : undefined;
    if (session === undefined) return false;
    this.wasAnonymous = true; // once: a server that refuses its own token is not asked again
    announce(session);
    this.destination = { ...this.destination, apiKey: session.token };
    return true;
  }

  private keepRefused(what: string, content: Uint8Array, detail: string): void {
    const where = platform.keepRefused(what, content);
    const kept = where === undefined ? "it is dropped" : `kept in ${where}`;
    once(`the server refuses ${what} for good (${detail}): ${kept}`, detail);
  }

  /** Wait. It does not keep the program alive. */
  private pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const callOff = background(resolve, ms);
      this.endPause = () => {
        callOff();
        resolve();
      };
    });
  }
}

/** Before the next attempt, the first being 1: doubling from 0.2 s to 30 s, with jitter. */
function backoffMs(attempt: number): number {
  return Math.min(LONGEST_PAUSE_MS, 100 * 2 ** Math.min(attempt, 12)) * (0.7 + 0.3 * Math.random());
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
