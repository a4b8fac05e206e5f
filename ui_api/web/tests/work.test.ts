import { describe, expect, it } from "vitest";
import type { Span } from "../src/api/types";
import { commitLink, diffLines, workOf } from "../src/logic/work";

function span(name: string, input: unknown, output: unknown): Span {
  const said = { "langfuse.observation.input": JSON.stringify(input), "langfuse.observation.output": JSON.stringify(output) };
  return { name, attributes: said } as unknown as Span;
}

describe("what an agent did", () => {
  it("is told by name and shape", () => {
    const file = workOf(span("file.update", { operation: "update", path: "a.py" }, { lines_added: 1, lines_removed: 2, diff: "x" }));
    expect(file).toMatchObject({ kind: "file", path: "a.py", added: 1, removed: 2, isCut: false });
    const command = workOf(span("terminal.command", { command: "npm", args: ["test"] }, { exit_code: 2, stdout: "out", stderr: "", stdout_truncated: true }));
    expect(command).toMatchObject({ kind: "command", command: "npm test", exitCode: 2, outputs: [{ name: "stdout", text: "out", isCut: true }] });
    const files = [{ path: "a", size: 1, sha256: "f", kept: true }, { path: "b", missing: true }];
    const checkpoint = workOf(span("checkpoint before", { name: "before" }, { files, git_commit_sha: "" }));
    expect(checkpoint).toMatchObject({ kind: "checkpoint", name: "before", files: [{ isKept: true }, { isKept: false, sha256: null }] });
    expect(workOf(span("git.link", null, { commit_sha: "abc", files_changed: ["a"] }))).toMatchObject({ kind: "git", commit: "abc", files: ["a"] });
  });
  it("is nothing of another shape", () => {
    for (const [name, input, output] of [["file.update", { x: 1 }, {}], ["terminal.command", "npm", {}], ["checkpoint x", {}, { files: 1 }], ["git.link", {}, {}], ["git.link", {}, [1]], ["tool", { path: "a" }, {}]] as const) {
      expect(workOf(span(name, input, output))).toBeNull();
    }
    expect(workOf({ name: "git.link", attributes: { "langfuse.observation.output": "{" } } as unknown as Span)).toBeNull();
  });
});

describe("a diff", () => {
  it("is its lines, by what became of them", () => {
    const kinds = diffLines("--- a/x\n+++ b/x\n@@ -1,2 +1,2 @@\n same\n-old\n+new\n+++ looks like a name").map((line) => line.kind);
    expect(kinds).toEqual(["place", "same", "removed", "added", "added"]);
  });
  it("may come without the files' names", () => expect(diffLines("-a\n+b")).toEqual([{ kind: "removed", text: "a" }, { kind: "added", text: "b" }]));
});

describe("a commit's address", () => {
  it("is made of the repository's", () => {
    for (const repository of ["https://github.com/org/repo", "https://github.com/org/repo.git", "git@github.com:org/repo.git", "ssh://git@github.com/org/repo"]) {
      expect(commitLink(repository, "abc123")).toBe("https://github.com/org/repo/commit/abc123");
    }
  });
  it("is none where that is no web address", () => {
    for (const repository of ["javascript:alert(1)", "/srv/repo.git", "file:///x", null]) expect(commitLink(repository, "abc123")).toBeNull();
    expect(commitLink("https://h/r", "../..")).toBeNull();
  });
});
