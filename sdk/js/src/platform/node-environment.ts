/** What a run started with: Node or what stands in for it, git, hardware, arguments. No secrets. */

import { execFile } from "node:child_process";
import { arch, cpus, hostname, platform, release, totalmem, type as osType } from "node:os";

const GIT_MS = 5_000;
const SECRET_ARGUMENT = /(key|token|secret|password|passwd|credential)/i;
const URL_CREDENTIALS = /\/\/[^/@\s]+@/g;
const HIDDEN = "<hidden>";
const VARIABLES = ["NODE_ENV", "CUDA_VISIBLE_DEVICES", "RANK", "WORLD_SIZE", "SLURM_JOB_ID"];

export async function environment(): Promise<unknown> {
  const processors = cpus();
  return {
    ...runtime(),
    os: { system: osType(), release: release(), machine: arch(), platform: platform() },
    cpu: { count: processors.length, model: processors[0]?.model },
    memory_total_bytes: totalmem(),
    git: await repository(),
    env_vars: Object.fromEntries(
      VARIABLES.filter((name) => process.env[name]).map((name) => [name, process.env[name]]),
    ),
    cwd: process.cwd(),
    argv: hideSecrets(process.argv.slice(1)),
    hostname: hostname(),
  };
}

/** What runs the program. Bun and Deno also claim to be some version of Node. */
function runtime(): Record<string, { version: string; executable: string }> {
  const name = ["bun", "deno"].find((other) => process.versions[other]) ?? "node";
  return { [name]: { version: process.versions[name] ?? "", executable: process.execPath } };
}

/** A command line without what follows an option that is named like a secret. */
export function hideSecrets(words: readonly string[]): string[] {
  let hideNext = false;
  return words.map((word) => {
    const [name = ""] = word.split("=", 1);
    const isOption = word.startsWith("-");
    const isSecret = isOption && SECRET_ARGUMENT.test(name);
    const hidden = hideNext && !isOption;
    hideNext = isSecret && name === word;
    if (hidden) return HIDDEN;
    return isSecret && name !== word ? `${name}=${HIDDEN}` : word.replace(URL_CREDENTIALS, "//");
  });
}

async function repository(): Promise<unknown> {
  const commit = await git("rev-parse", "HEAD");
  if (commit === undefined) return undefined;
  const [branch, status, remote] = await Promise.all([
    git("rev-parse", "--abbrev-ref", "HEAD"),
    git("status", "--porcelain", "--untracked-files=no"),
    git("remote", "get-url", "origin"),
  ]);
  return { commit, branch, dirty: !!status, remote: remote?.replace(URL_CREDENTIALS, "//") };
}

function git(...words: string[]): Promise<string | undefined> {
  return new Promise((resolve) => {
    const env = { ...process.env, GIT_OPTIONAL_LOCKS: "0" };
    execFile("git", words, { timeout: GIT_MS, env, windowsHide: true }, (error, out) =>
      resolve(error ? undefined : out.trim()),
    );
  });
}
