// What an agent did beside talking to models, as its span says it: files, commands, checkpoints,
// commits. Told by the span's name and by the shape of what it carries.
import type { Span } from "../api/types";

type Fields = Record<string, unknown>;

export interface FileWork {
  kind: "file";
  operation: string;
  path: string;
  newPath: string | null;
  added: number;
  removed: number;
  diff: string | null;
  isCut: boolean;
}

export interface CommandWork {
  kind: "command";
  command: string;
  folder: string | null;
  exitCode: number | null;
  timedOut: boolean;
  outputs: { name: "stdout" | "stderr"; text: string; isCut: boolean }[];
}

export interface CheckpointFile {
  path: string;
  size: number | null;
  sha256: string | null;
  /** Whether its content can be read. */
  isKept: boolean;
}

export interface CheckpointWork {
  kind: "checkpoint";
  name: string;
  description: string | null;
  type: string | null;
  commit: string;
  branch: string | null;
  files: CheckpointFile[];
}

export interface GitWork {
  kind: "git";
  commit: string;
  branch: string | null;
  repository: string | null;
  message: string | null;
  author: string | null;
  files: string[];
  added: number;
  removed: number;
}

export type Work = FileWork | CommandWork | CheckpointWork | GitWork;

export function workOf(span: Span): Work | null {
  const asked = fields(span.attributes["langfuse.observation.input"]);
  const done = fields(span.attributes["langfuse.observation.output"]);
  if (span.name.startsWith("file.") && typeof asked["path"] === "string") {
    return {
      kind: "file",
      operation: text(asked["operation"]) ?? span.name.slice(5),
      path: asked["path"],
      newPath: text(asked["new_path"]),
      added: number(done["lines_added"]) ?? 0,
      removed: number(done["lines_removed"]) ?? 0,
      diff: text(done["diff"]),
      isCut: done["diff_truncated"] === true,
    };
  }
  if (span.name === "terminal.command" && typeof asked["command"] === "string") {
    return {
      kind: "command",
      command: [asked["command"], ...list(asked["args"]).map(String)].join(" "),
      folder: text(asked["working_directory"]),
      exitCode: number(done["exit_code"]),
      timedOut: (asked["timed_out"] ?? done["timed_out"]) === true,
      outputs: (["stdout", "stderr"] as const).flatMap((name) => {
        const written = text(done[name]);
        return written ? [{ name, text: written, isCut: done[`${name}_truncated`] === true }] : [];
      }),
    };
  }
  if (span.name.startsWith("checkpoint ") && Array.isArray(done["files"])) {
    return {
      kind: "checkpoint",
      name: text(asked["name"]) ?? span.name.slice(11),
      description: text(asked["description"]),
      type: text(asked["type"]),
      commit: text(done["git_commit_sha"]) ?? "",
      branch: text(done["git_branch"]),
      files: done["files"].map(fields).map((file) => ({
        path: text(file["path"]) ?? "",
        size: number(file["size"]),
        sha256: text(file["sha256"]),
        isKept: file["kept"] === true,
      })),
    };
  }
  if (span.name === "git.link" && typeof done["commit_sha"] === "string") {
    return {
      kind: "git",
      commit: done["commit_sha"],
      branch: text(done["branch"]),
      repository: text(done["repo_url"]),
      message: text(done["message"]),
      author: text(done["author"]),
      files: list(done["files_changed"]).map(String),
      added: number(done["additions"]) ?? 0,
      removed: number(done["deletions"]) ?? 0,
    };
  }
  return null;
}

export interface DiffLine {
  kind: "place" | "added" | "removed" | "same";
  text: string;
}

/** The lines of a unified diff, without those that name the files. */
export function diffLines(diff: string): DiffLine[] {
  const lines = diff.split("\n");
  const body = lines[0]?.startsWith("--- ") && lines[1]?.startsWith("+++ ") ? lines.slice(2) : lines;
  return body.map((line) => {
    if (line.startsWith("@@")) return { kind: "place", text: line };
    if (line.startsWith("+")) return { kind: "added", text: line.slice(1) };
    if (line.startsWith("-")) return { kind: "removed", text: line.slice(1) };
    return { kind: "same", text: line.slice(1) };
  });
}

/** Where a commit can be read on the web; null where its repository has no such address. */
export function commitLink(repository: string | null, commit: string): string | null {
  const ssh = /^(?:ssh:\/\/)?git@([\w.-]+)[:/](.+)$/.exec(repository ?? "");
  const home = ssh ? `https://${ssh[1]}/${ssh[2]}` : (repository ?? "");
  if (!/^https?:\/\/[^\s"<>]+$/.test(home) || !/^[0-9a-f]{4,64}$/i.test(commit)) return null;
  return `${home.replace(/\/$/, "").replace(/\.git$/, "")}/commit/${commit}`;
}

function fields(value: unknown): Fields {
  let found = value;
  if (typeof value === "string") {
    try {
      found = JSON.parse(value);
    } catch {
      return {};
    }
  }
  return typeof found === "object" && found !== null && !Array.isArray(found) ? (found as Fields) : {};
}

const text = (value: unknown): string | null => (typeof value === "string" && value ? value : null);
const number = (value: unknown): number | null => (typeof value === "number" ? value : null);
const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
