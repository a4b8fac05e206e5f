// Which page an address shows. Pages are loaded when they are opened. The server knows the first
// words: see `tracehouse_api/web.py`.
import type { Component } from "svelte";

export interface Route {
  pattern: RegExp;
  title: string;
  load: () => Promise<{ default: Component<{ id: string }> }>;
  /** Shown to whoever has a link, without a sign-in and without the rest of the house. */
  open?: boolean;
}

export const ROUTES: readonly Route[] = [
  { pattern: /^\/$/, title: "tracehouse", load: () => import("./pages/Home.svelte") },
  { pattern: /^\/traces$/, title: "Traces", load: () => import("./pages/Traces.svelte") },
  { pattern: /^\/traces\/([0-9a-f]{32})$/, title: "Trace", load: () => import("./pages/TracePage.svelte") },
  { pattern: /^\/diff\/([0-9a-f]{32})$/, title: "Two traces", load: () => import("./pages/TraceDiff.svelte") },
  { pattern: /^\/t\/([0-9a-f]{32})$/, title: "Shared trace", load: () => import("./pages/TracePage.svelte"), open: true },
  { pattern: /^\/runs$/, title: "Runs", load: () => import("./pages/Runs.svelte") },
  { pattern: /^\/runs\/([^/]+)$/, title: "Run", load: () => import("./pages/RunPage.svelte") },
  { pattern: /^\/r\/([^/]+)$/, title: "Shared run", load: () => import("./pages/RunPage.svelte"), open: true },
  { pattern: /^\/compare$/, title: "Compare runs", load: () => import("./pages/Compare.svelte") },
  { pattern: /^\/sessions$/, title: "Sessions", load: () => import("./pages/Sessions.svelte") },
  { pattern: /^\/sessions\/(.+)$/, title: "Session", load: () => import("./pages/SessionPage.svelte") },
  { pattern: /^\/experiments$/, title: "Experiments", load: () => import("./pages/Experiments.svelte") },
  { pattern: /^\/experiments\/(.+)$/, title: "Experiment", load: () => import("./pages/ExperimentPage.svelte") },
  { pattern: /^\/usage$/, title: "Usage and cost", load: () => import("./pages/Usage.svelte") },
  { pattern: /^\/prompts$/, title: "Prompts", load: () => import("./pages/Prompts.svelte") },
  { pattern: /^\/prompts\/(.+)$/, title: "Prompt", load: () => import("./pages/PromptPage.svelte") },
  { pattern: /^\/datasets$/, title: "Datasets", load: () => import("./pages/Datasets.svelte") },
  { pattern: /^\/datasets\/(.+)$/, title: "Dataset", load: () => import("./pages/DatasetPage.svelte") },
  { pattern: /^\/scores$/, title: "Scores", load: () => import("./pages/Scores.svelte") },
  { pattern: /^\/sql$/, title: "SQL", load: () => import("./pages/Sql.svelte") },
  { pattern: /^\/subjects$/, title: "Subjects", load: () => import("./pages/Subjects.svelte") },
  { pattern: /^\/subjects\/(.+)$/, title: "Subject", load: () => import("./pages/SubjectPage.svelte") },
  { pattern: /^\/users$/, title: "Users", load: () => import("./pages/Users.svelte") },
  { pattern: /^\/devices$/, title: "Devices", load: () => import("./pages/Devices.svelte") },
  { pattern: /^\/forwarding$/, title: "Forwarding", load: () => import("./pages/Forwarding.svelte") },
  { pattern: /^\/profile$/, title: "Profile", load: () => import("./pages/Profile.svelte") },
  { pattern: /^\/first-steps$/, title: "First steps", load: () => import("./pages/FirstSteps.svelte") },
  { pattern: /^\/claim$/, title: "Claim", load: () => import("./pages/Claim.svelte") },
];

/** The route of a path, and what stands in it for the id. */
export function routeOf(path: string): { route: Route; id: string } | null {
  for (const route of ROUTES) {
    const match = route.pattern.exec(path);
    if (match) return { route, id: decodeURIComponent(match[1] ?? "") };
  }
  return null;
}

/** What the navigation offers, a group under each heading. The letter goes there after "g". */
export const GROUPS = [
  { heading: "", places: [
    { path: "/traces", label: "Traces", icon: "traces", letter: "t" },
    { path: "/sessions", label: "Sessions", icon: "sessions", letter: "s" },
    { path: "/runs", label: "Runs", icon: "runs", letter: "r" },
  ] },
  { heading: "Evaluate", places: [
    { path: "/experiments", label: "Experiments", icon: "experiments", letter: "e" },
    { path: "/datasets", label: "Datasets", icon: "datasets", letter: "d" },
    { path: "/scores", label: "Scores", icon: "scores", letter: "c" },
    { path: "/prompts", label: "Prompts", icon: "prompts", letter: "p" },
  ] },
  { heading: "Ask", places: [
    { path: "/usage", label: "Usage and cost", icon: "usage", letter: "u" },
    { path: "/sql", label: "SQL", icon: "sql", letter: "q" },
  ] },
  { heading: "Who and where", places: [
    { path: "/subjects", label: "Subjects", icon: "subjects", letter: "b" },
    { path: "/users", label: "Users", icon: "users", letter: "n" },
    { path: "/devices", label: "Devices", icon: "devices", letter: "v" },
    { path: "/forwarding", label: "Forwarding", icon: "forwarding", letter: "f" },
  ] },
] as const;

export const PLACES = GROUPS.flatMap((group) => [...group.places]);
