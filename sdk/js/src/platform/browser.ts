/** Browsers and workers: no built-in module, no disk. */

import { hex } from "../bytes.js";
import { TracehouseError } from "../errors.js";
import { MemoryBuffer } from "../recorder/memory-buffer.js";
import { sha256 } from "../sha256.js";
import type { Endings, Platform, Scope } from "./platform.js";

/** Until there is an AsyncContext, a value is there until the first await. */
class StackScope<T> implements Scope<T> {
  private value: T | undefined;
  get = (): T | undefined => this.value;
  run = <R>(value: T, action: () => R): R => {
    const before = this.value;
    this.value = value;
    try {
      return action();
    } finally {
      this.value = before;
    }
  };
}

const memory = new Map<string, unknown>();

export const platform: Platform = {
  language: "webjs",

  uuid() {
    // `randomUUID` is there in secure contexts alone.
    const digits = hex(crypto.getRandomValues(new Uint8Array(16)));
    const version = `4${digits.slice(13, 16)}`;
    const variant = `${"89ab"[parseInt(digits[16]!, 16) % 4]}${digits.slice(17, 20)}`;
    return [digits.slice(0, 8), digits.slice(8, 12), version, variant, digits.slice(20)].join("-");
  },

  env(name) {
    // Where a bundler or a worker has them.
    const { process } = globalThis as { process?: { env?: Record<string, string | undefined> } };
    return process?.env?.[name] || undefined;
  },

  machine() {
    const { location } = globalThis as { location?: { hostname?: string } };
    const hostname = location?.hostname || "unknown";
    return { id: `${hostname}-browser`.toLowerCase(), hostname };
  },

  sha256,

  scope<T>() {
    return new StackScope<T>();
  },

  openBuffer() {
    return new MemoryBuffer();
  },

  orphans() {
    return [];
  },

  recall(folder, name) {
    return memory.get(`${folder}/${name}`);
  },

  remember(folder, name, value) {
    memory.set(`${folder}/${name}`, value);
  },

  keepRefused() {
    return undefined;
  },

  readFile(path) {
    throw new TracehouseError(`${path}: there are no files here, give the bytes`);
  },

  environment() {
    const { navigator } = globalThis as { navigator?: { userAgent?: string; language?: string } };
    if (navigator === undefined) return undefined;
    const { userAgent, language } = navigator;
    return Promise.resolve({ browser: { user_agent: userAgent, language } });
  },

  onEnd(endings: Endings) {
    const { document, addEventListener } = globalThis as Partial<Window & typeof globalThis>;
    document?.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "hidden") endings.hidden();
    });
    addEventListener?.("pagehide", () => endings.hidden());
  },
};
