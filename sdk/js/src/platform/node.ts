/** Node, and what runs its modules: Bun, Deno. */

import { AsyncLocalStorage } from "node:async_hooks";
import { createHash, randomUUID } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { homedir, hostname, type as osType } from "node:os";
import { basename, dirname, join } from "node:path";
import { hex, utf8 } from "../bytes.js";
import { once } from "../complain.js";
import { TracehouseError } from "../errors.js";
import type { Buffer } from "../recorder/buffer.js";
import type { Destination, Mode } from "../settings.js";
import { DiskBuffer } from "./disk-buffer.js";
import { environment } from "./node-environment.js";
import type { Endings, Platform, Scope } from "./platform.js";

const FOLDERS = {
  config: ["XDG_CONFIG_HOME", ".config"],
  state: ["XDG_STATE_HOME", ".local/state"],
  cache: ["XDG_CACHE_HOME", ".cache"],
} as const;
const DEFAULT_MOST_BYTES = 1 << 30;
/** As Python names them. */
const SYSTEMS: Readonly<Record<string, string>> = { Windows_NT: "Windows" };

class NodeScope<T> implements Scope<T> {
  private readonly storage = new AsyncLocalStorage<T>();
  get = (): T | undefined => this.storage.getStore();
  run = <R>(value: T, action: () => R): R => this.storage.run(value, action);
}

export const platform: Platform = {
  language: "nodejs",

  uuid: randomUUID,

  env(name) {
    return process.env[name] || undefined;
  },

  machine() {
    const host = hostname() || "unknown";
    const system = osType();
    return { id: `${host}-${SYSTEMS[system] ?? system}`.toLowerCase(), hostname: host };
  },

  sha256(content) {
    return createHash("sha256").update(content).digest();
  },

  scope<T>() {
    return new NodeScope<T>();
  },

  openBuffer(destination, mode) {
    return DiskBuffer.create(buffers(), meta(destination, mode), mostBytes());
  },

  *orphans(destination, except): Generator<Buffer> {
    const own = meta(destination, "online");
    for (const folder of listed(buffers())) {
      if (folder === except) continue;
      const found = readJson(join(folder, "destination.json")) as typeof own | undefined;
      if (found?.mode !== own.mode || found.api_base !== own.api_base) continue;
      if (found.key !== "" && found.key !== own.key) continue;
      const buffer = DiskBuffer.adopt(folder, mostBytes());
      if (buffer !== undefined) yield buffer;
    }
  },

  recall(folder, name) {
    return readJson(join(folderOf(folder), name));
  },

  remember(folder, name, value) {
    const path = join(folderOf(folder), name);
    try {
      mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
      const temporary = join(dirname(path), `.${basename(path)}.${process.pid}`);
      writeFileSync(temporary, JSON.stringify(value), { mode: 0o600 });
      renameSync(temporary, path);
    } catch (error) {
      once(`${path} cannot be written: ${String(error)}`);
    }
  },

  keepRefused(what, content) {
    try {
      const folder = join(folderOf("state"), "refused");
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      const path = join(folder, `${process.hrtime.bigint()}.${what}`);
      writeFileSync(path, content, { mode: 0o600 });
      return path;
    } catch {
      return undefined;
    }
  },

  readFile(path, most) {
    const { size } = statSync(path);
    if (size > most) {
      const megabytes = (size / 1e6).toFixed(1);
      throw new TracehouseError(`${path} has ${megabytes} MB, and ${most / 1e6} MB is the most`);
    }
    return { content: readFileSync(path), name: basename(path) };
  },

  environment,

  onEnd(endings: Endings) {
    let isIdling = false;
    process.on("beforeExit", (code) => {
      if (isIdling) return;
      isIdling = true;
      // While it waits the program is alive; when it is over there is another beforeExit.
      void endings.idle(code);
    });
    process.on("exit", (code) => endings.ending(code));
    process.on("uncaughtExceptionMonitor", (error) => endings.crashed(error));
    for (const signal of ["SIGTERM", "SIGINT"] as const) {
      const end = (): void => {
        // Where the program has a handler of its own, what becomes of it is the program's choice.
        if (process.listenerCount(signal) > 1) return;
        void endings.killed().then(() => {
          process.removeListener(signal, end);
          process.kill(process.pid, signal);
        });
      };
      process.on(signal, end);
    }
  },
};

function folderOf(kind: keyof typeof FOLDERS): string {
  const [variable, fallback] = FOLDERS[kind];
  return join(process.env[variable] || join(homedir(), fallback), "tracehouse");
}

function buffers(): string {
  return join(folderOf("state"), "buffers");
}

/** What the folder says of its server: which, which key (by its hash), and the mode. */
function meta(destination: Destination, mode: Mode): { api_base: string; key: string; mode: Mode } {
  const { apiKey } = destination;
  const key = apiKey ? hex(platform.sha256(utf8(apiKey))).slice(0, 16) : "";
  return { api_base: destination.apiBase, key, mode };
}

function mostBytes(): number {
  return Number(process.env.TRACEHOUSE_BUFFER_MAX_BYTES) || DEFAULT_MOST_BYTES;
}

function listed(folder: string): string[] {
  try {
    return readdirSync(folder)
      .sort()
      .map((name) => join(folder, name));
  } catch {
    return [];
  }
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch {
    return undefined;
  }
}
