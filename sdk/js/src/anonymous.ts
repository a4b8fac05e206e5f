/** Without an account: a server may give out tokens, which are kept for the next program, where the
 * Python SDK keeps them. `TRACEHOUSE_ANON=0` forbids it. */

import { platform } from "#platform";
import { once } from "./complain.js";

export const ANONYMOUS = "anon_";

/** What a server gave this machine: to send with, to show with, and to claim with. */
export interface AnonymousSession {
  readonly token: string;
  readonly read_token: string;
  readonly claim_token: string;
  readonly web_url: string;
}

/** Whether programs may begin without a key. */
export function isAllowed(): boolean {
  return platform.env("TRACEHOUSE_ANON") !== "0";
}

/** This machine's session with a server; undefined before it has one, or where that is
 * forbidden. */
export function knownSession(apiBase: string): AnonymousSession | undefined {
  return isAllowed() ? readSession(platform.recall("cache", fileOf(apiBase))) : undefined;
}

/** Keep what a server answered; undefined where it gave out no session. */
export function keepSession(apiBase: string, answer: unknown): AnonymousSession | undefined {
  const session = readSession(answer);
  if (session) platform.remember("cache", fileOf(apiBase), session);
  return session;
}

/** Say once that there is no account, and how what is sent becomes somebody's. */
export function announce(session: AnonymousSession): void {
  once(
    "YOU ARE NOT LOGGED IN: what you log is kept for thirty days, for whoever has its link. " +
      `Make it yours: ${session.web_url.replace(/\/+$/, "")}/claim?token=${session.claim_token}`,
    `anonymous ${session.web_url}`,
  );
}

/** Say once that the server takes no more before the session is somebody's. */
export function sayItIsFull(session: AnonymousSession, kept: string): void {
  once(
    "THE SERVER TAKES NO MORE FROM YOU WITHOUT AN ACCOUNT. Claim what you sent: " +
      `${session.web_url.replace(/\/+$/, "")}/claim?token=${session.claim_token}. What is logged is ` +
      `kept ${kept}, and is sent by the next program once that is yours`,
    `full ${session.web_url}`,
  );
}

function readSession(found: unknown): AnonymousSession | undefined {
  if (typeof found !== "object" || found === null) return undefined;
  const text = (name: string): string => String((found as Record<string, unknown>)[name] ?? "");
  const session = {
    token: text("token"),
    read_token: text("read_token"),
    claim_token: text("claim_token"),
    web_url: text("web_url"),
  };
  const both = session.token.startsWith(ANONYMOUS) && session.read_token.startsWith(ANONYMOUS);
  return both ? session : undefined;
}

function fileOf(apiBase: string): string {
  const host = apiBase.replace(/^.*?:\/\//, "").replace(/[^A-Za-z0-9.-]+/g, "_");
  return `anon-${host}.json`;
}
