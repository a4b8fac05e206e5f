/** Where a program's telemetry comes from, whose it is, and what is remembered of it. */

import type { Attributes } from "@opentelemetry/api";
import { platform } from "#platform";
import {
  SERVICE_NAME,
  TRACEHOUSE_EXPERIMENT_NAME,
  TRACEHOUSE_EXPERIMENT_VARIANT,
  TRACEHOUSE_MACHINE_ID,
  TRACEHOUSE_PROJECT,
  TRACEHOUSE_SCAFFOLD,
  TRACEHOUSE_SUBJECT_ID,
} from "./semconv/attributes.js";

/** The three cohort dimensions. Nothing is created beforehand. */
export interface Cohort {
  /** The end user that the agent acted for. */
  subjectId?: string;
  /** The A/B test. */
  experiment?: string;
  /** Its arm. */
  variant?: string;
}

/** Where what is logged goes, and what made it. */
export interface Origin {
  /** By default `TRACEHOUSE_API_KEY`, then what `tracehouse login` saved. */
  apiKey?: string;
  /** By default `TRACEHOUSE_API_BASE`, then this machine's server. */
  apiBase?: string;
  /** What it is filed under; `default` when it is not given. */
  project?: string;
  /** `<host name>-<system>` when it is not given. */
  machineId?: string;
  hostname?: string;
  agentVersion?: string;
  /** `online`, `offline` or `disabled`; by default `TRACEHOUSE_MODE`, then `online`. */
  mode?: string;
  /** Told what goes wrong in its methods, which never throw; by default the console, once. */
  onError?: (error: Error) => void;
}

/** `service.name` is left to OpenTelemetry's variables where they are set, and is the project or
 * the scaffold otherwise. */
export function resourceAttributes(origin: Origin, scaffold?: string): Attributes {
  const machine = platform.machine();
  const found: Attributes = {
    [TRACEHOUSE_MACHINE_ID]: origin.machineId ?? machine.id,
    "host.name": origin.hostname ?? machine.hostname,
  };
  if (origin.project) found[TRACEHOUSE_PROJECT] = origin.project;
  if (scaffold) found[TRACEHOUSE_SCAFFOLD] = scaffold;
  if (origin.agentVersion) found["service.version"] = origin.agentVersion;
  const isNamed =
    platform.env("OTEL_SERVICE_NAME") ??
    platform.env("OTEL_RESOURCE_ATTRIBUTES")?.includes(`${SERVICE_NAME}=`);
  if (!isNamed) found[SERVICE_NAME] = origin.project ?? scaffold ?? platform.language;
  return found;
}

/** Those of the dimensions that are given. */
export function cohortAttributes({ subjectId, experiment, variant }: Cohort): Attributes {
  return given({
    [TRACEHOUSE_SUBJECT_ID]: subjectId,
    [TRACEHOUSE_EXPERIMENT_NAME]: experiment,
    [TRACEHOUSE_EXPERIMENT_VARIANT]: variant,
  });
}

/** Those attributes that have a value. */
export function given(attributes: Attributes): Attributes {
  return Object.fromEntries(
    Object.entries(attributes).filter(([, value]) => value !== undefined && value !== null),
  );
}

/** What is remembered of a session or a run. */
export type Facts = Readonly<Record<string, unknown>>;

/** What an earlier process of this machine remembered; empty when there is nothing. */
export function recall(kind: "sessions" | "runs", identity: string): Facts {
  const found = platform.recall("state", `${kind}/${identity}.json`);
  return typeof found === "object" && found !== null ? (found as Facts) : {};
}

/** Keep what a later process needs to resume this. */
export function remember(kind: "sessions" | "runs", identity: string, facts: Facts): void {
  platform.remember("state", `${kind}/${identity}.json`, facts);
}
