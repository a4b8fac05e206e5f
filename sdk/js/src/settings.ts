/** Where telemetry goes: option > `TRACEHOUSE_*` > `OTEL_*` > credentials.json > default. */

import { platform } from "#platform";
import { knownSession } from "./anonymous.js";
import { TracehouseError } from "./errors.js";
import type { SIGNAL_NAMES } from "./recorder/buffer.js";

export const LOCAL_SERVER = "http://127.0.0.1:4318";
const DEFAULT_TIMEOUT_MS = 10_000;
const MODES = ["online", "offline", "disabled"] as const;

/** What becomes of what is logged: `online` is sent, `offline` is written to disk, where
 * `tracehouse sync` finds it, and `disabled` is neither. */
export type Mode = (typeof MODES)[number];

type SignalName = (typeof SIGNAL_NAMES)[keyof typeof SIGNAL_NAMES];

/** A server and the right to write to it. */
export interface Destination {
  readonly apiBase: string;
  readonly apiKey: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly urls: Readonly<Partial<Record<SignalName, string>>>;
  readonly gzip: boolean;
  readonly timeoutMs: number;
  /** The key or address came from credentials.json: look there again before each try. */
  readonly mayChange: boolean;
}

/** The mode asked for. Throws TracehouseError for an unknown one. */
export function resolveMode(mode: string | undefined): Mode {
  if (platform.env("OTEL_SDK_DISABLED")?.trim().toLowerCase() === "true") return "disabled";
  const name = mode ?? platform.env("TRACEHOUSE_MODE") ?? "online";
  const found = MODES.find((known) => known === name);
  if (found === undefined) {
    throw new TracehouseError(`mode is "${name}": choose online, offline or disabled`);
  }
  return found;
}

/** The server to send to. Throws TracehouseError for a key that cannot be one. */
export function resolveDestination(apiKey?: string, apiBase?: string): Destination {
  let base = apiBase ?? platform.env("TRACEHOUSE_API_BASE");
  let key = apiKey ?? platform.env("TRACEHOUSE_API_KEY");
  if (key !== undefined && !/^(ba_|anon_)/.test(key)) {
    throw new TracehouseError("an API key starts with ba_: see TRACEHOUSE_API_KEY or apiKey");
  }
  const shared = {
    headers: {},
    urls: {},
    gzip: otel("COMPRESSION") === "gzip",
    timeoutMs: Number(otel("TIMEOUT")) || DEFAULT_TIMEOUT_MS,
  };
  if (base === undefined && key === undefined) {
    const found = fromOpenTelemetry();
    if (found !== undefined) return { ...shared, ...found, mayChange: false };
  }
  const mayChange = key === undefined;
  if (mayChange) {
    const profile = profileOf(base);
    key = profile.api_key;
    base ??= profile.api_base;
  }
  base = bare(base ?? LOCAL_SERVER);
  key ??= knownSession(base)?.token;
  return { ...shared, apiBase: base, apiKey: key, mayChange };
}

/** Where OTLP of this signal is posted. */
export function urlOf(destination: Destination, signal: SignalName): string {
  return destination.urls[signal] ?? `${destination.apiBase}/v1/${signal}`;
}

/** The headers of every request, the key among them. */
export function headersOf({ headers, apiKey }: Destination): Record<string, string> {
  const named = Object.keys(headers).some((name) => name.toLowerCase() === "authorization");
  return apiKey !== undefined && !named
    ? { ...headers, authorization: `Bearer ${apiKey}` }
    : { ...headers };
}

interface Profile {
  api_key?: string;
  api_base?: string;
}

/** The default profile, or the one for the server `base`. */
function profileOf(base: string | undefined): Profile {
  const profiles = platform.recall("config", "credentials.json");
  if (typeof profiles !== "object" || profiles === null) return {};
  if (base === undefined) return (profiles as Record<string, Profile>).default ?? {};
  const wanted = bare(base);
  return (
    Object.values(profiles as Record<string, Profile>).find(
      (profile) => bare(String(profile?.api_base)) === wanted,
    ) ?? {}
  );
}

/** The destination that OpenTelemetry's own variables name, when they name one. */
function fromOpenTelemetry():
  Pick<Destination, "apiBase" | "apiKey" | "headers" | "urls"> | undefined {
  const base = otel("ENDPOINT");
  const urls: Partial<Record<SignalName, string>> = {};
  for (const signal of ["traces", "logs", "metrics"] as const) {
    const url = otel("ENDPOINT", signal);
    if (url) urls[signal] = url;
  }
  if (!base && !Object.keys(urls).length) return undefined;
  const headers: Record<string, string> = {};
  for (const pair of (otel("HEADERS") ?? "").split(",")) {
    const at = pair.indexOf("=");
    if (at > 0) headers[decode(pair.slice(0, at))] = decode(pair.slice(at + 1));
  }
  return { apiBase: bare(base ?? LOCAL_SERVER), apiKey: undefined, headers, urls };
}

function otel(name: string, signal?: SignalName): string | undefined {
  const part = signal ? `${signal.toUpperCase()}_` : "";
  return platform.env(`OTEL_EXPORTER_OTLP_${part}${name}`) || undefined;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text.trim());
  } catch {
    return text.trim();
  }
}

function bare(url: string): string {
  return url.replace(/\/+$/, "");
}
