/** The buffer on disk, in the form of the Python SDK's: `tracehouse sync`, and the next program in
 * either language, send what this one could not. The folder's files and the invariants stand at the
 * top of `tracehouse/recorder/buffer.py`.
 *
 * Node has no locks on files. The file `lock` holds the process id instead, with the time at which
 * that process started, and `0 0` when nobody holds the buffer. */

import {
  closeSync,
  existsSync,
  fstatSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  rmdirSync,
  rmSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { concat } from "../bytes.js";
import { nowNs } from "../clock.js";
import { once } from "../complain.js";
import type { Batch, Blob, Buffer, Signal } from "../recorder/buffer.js";
import { claimedEnd, crc32, encodeRecord, scan } from "./record.js";

const SEGMENT_BYTES = 4 << 20;
const BATCH_BYTES = 1 << 20;
const CURSOR_BYTES = 24;
const NOBODY = "0 0";

interface DiskBatch extends Batch {
  readonly segment: number;
  readonly start: number;
  readonly end: number;
}

export class DiskBuffer implements Buffer {
  private file = -1;
  private size = 0;
  private first: number;
  private writing: number;
  private unacknowledged: DiskBatch | undefined;
  private cursor: { segment: number; acknowledged: number; sending: number };

  /** Takes the folder over. Use `create` and `adopt`. */
  private constructor(
    readonly where: string,
    private readonly mostBytes: number,
  ) {
    writeFileSync(join(where, "lock"), holderOf(process.pid), { mode: 0o600 });
    this.cursor = readCursor(join(where, "cursor"));
    const numbers = this.segments();
    // A number is used once: the cursor may speak of a segment that is gone.
    this.writing = Math.max(this.cursor.segment, ...numbers) + 1;
    this.first = numbers[0] ?? this.writing;
  }

  /** A new buffer, for what is said in `meta`. Throws as the file system does. */
  static create(
    root: string,
    meta: Readonly<Record<string, string>>,
    mostBytes: number,
  ): DiskBuffer {
    const time = new Date().toISOString().replace(/[-:]|\..*/g, "");
    const random = Math.random().toString(16).slice(2, 8);
    const folder = join(root, `${time}-${process.pid}-${random}`);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const made = new DiskBuffer(folder, mostBytes);
    // Last: a folder without it is being made, and nobody's.
    writeFileSync(join(folder, "destination.json"), JSON.stringify(meta), { mode: 0o600 });
    return made;
  }

  /** The buffer that another Node process left; undefined while that lives, or when it is gone. */
  static adopt(folder: string, mostBytes: number): DiskBuffer | undefined {
    try {
      const holder = readFileSync(join(folder, "lock"), "utf8");
      // Empty: Python's, who lock it in a way that cannot be seen from here.
      if (!holder || isAlive(holder)) return undefined;
      // Of two that try, one moves it.
      const taken = folder.replace(/-\d+-([0-9a-f]+)$/, `-${process.pid}-$1`);
      if (taken !== folder) renameSync(folder, taken);
      return new DiskBuffer(taken, mostBytes);
    } catch {
      return undefined;
    }
  }

  append(signal: Signal, payload: Uint8Array): void {
    const record = encodeRecord(signal, payload, nowNs());
    if (this.file < 0 || this.size >= SEGMENT_BYTES) this.nextSegment();
    if (fstatSync(this.file).nlink === 0) throw new Error(`${this.where} was removed`);
    const written = writeSync(this.file, record);
    if (written !== record.length) {
      ftruncateSync(this.file, this.size); // the disk is full: leave no half record behind
      throw new Error("the disk took a part of a record only");
    }
    this.size += written;
  }

  private nextSegment(): void {
    if (this.file >= 0) {
      closeSync(this.file);
      this.file = -1;
      this.writing++;
    }
    this.keepWithinBounds();
    this.file = openSync(this.segment(this.writing), "ax", 0o600);
    this.size = 0;
  }

  /** The oldest segments go when the buffer is full; the one that is being sent stays. */
  private keepWithinBounds(): void {
    const numbers = this.segments();
    const surplus = numbers.length * SEGMENT_BYTES - this.mostBytes;
    if (surplus <= 0) return;
    for (const number of numbers.slice(1, 1 + Math.ceil(surplus / SEGMENT_BYTES))) {
      if (number >= this.writing) break;
      rmSync(this.segment(number), { force: true });
      once(`${this.where} is full: the oldest of what was logged is dropped`);
    }
  }

  nextBatch(): DiskBatch | undefined {
    this.unacknowledged ??= this.readNext();
    return this.unacknowledged;
  }

  private readNext(): DiskBatch | undefined {
    while (this.first <= this.writing) {
      const own = this.cursor.segment === this.first;
      const start = own ? this.cursor.acknowledged : 0;
      const repeat = own ? this.cursor.sending : 0;
      const batch = this.readBatch(this.first, start, repeat);
      if (batch !== undefined) {
        if (batch.end !== repeat) this.writeCursor(this.first, start, batch.end);
        return batch;
      }
      if (this.first === this.writing && this.file >= 0) return undefined;
      rmSync(this.segment(this.first), { force: true });
      this.first++;
    }
    this.first = this.writing;
    return undefined;
  }

  private readBatch(number: number, start: number, repeat: number): DiskBatch | undefined {
    const wanted = repeat > start ? repeat - start : BATCH_BYTES;
    // A record may be larger than a batch, and is then a batch by itself.
    return (
      this.readUpTo(number, start, wanted, wanted) ??
      this.readUpTo(number, start, wanted, Number.MAX_SAFE_INTEGER)
    );
  }

  /** The batch in the first `most` bytes; undefined when there is no whole record in them. */
  private readUpTo(
    number: number,
    start: number,
    wanted: number,
    most: number,
  ): DiskBatch | undefined {
    const content = readRange(this.segment(number), start, most);
    const isCut = (at: number): boolean => claimedEnd(content, at) > content.length;
    if (most === wanted && isCut(0)) return undefined;
    const parts = new Map<Signal, Uint8Array[]>();
    let end = 0;
    for (const found of scan(content)) {
      if (found.damaged) once(`${this.where} holds ${found.damaged} bytes that are no record`);
      if (end && found.end > wanted) break;
      end = found.end;
      parts.set(found.signal, [...(parts.get(found.signal) ?? []), found.payload]);
      if (isCut(end)) break;
    }
    if (!end) return undefined;
    // OTLP requests are one repeated field: joined, they are one request.
    const requests = [...parts].map(([signal, all]) => [signal, concat(all)] as const);
    return { segment: number, start, end: start + end, requests };
  }

  acknowledge(batch: Batch): void {
    const { segment, end } = batch as DiskBatch;
    this.unacknowledged = undefined;
    this.writeCursor(segment, end, end);
  }

  addBlob(sha256: string, content: Uint8Array): void {
    const folder = join(this.where, "blobs");
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    if (existsSync(join(folder, sha256))) return;
    const temporary = join(folder, `.${sha256}.${process.pid}`);
    writeFileSync(temporary, content, { mode: 0o600 });
    renameSync(temporary, join(folder, sha256));
  }

  nextBlob(): Blob | undefined {
    const [sha256] = this.blobs();
    if (sha256 === undefined) return undefined;
    return { sha256, content: readFileSync(join(this.where, "blobs", sha256)) };
  }

  removeBlob(sha256: string): void {
    rmSync(join(this.where, "blobs", sha256), { force: true });
  }

  private blobs(): string[] {
    try {
      return readdirSync(join(this.where, "blobs")).filter((name) => !name.startsWith("."));
    } catch {
      return [];
    }
  }

  get isEmpty(): boolean {
    try {
      return this.nextBatch() === undefined && !this.blobs().length;
    } catch {
      return true; // the folder is gone
    }
  }

  close(): void {
    try {
      if (this.file >= 0) closeSync(this.file);
      this.file = -1;
      if (this.isEmpty) this.remove();
      else writeFileSync(join(this.where, "lock"), NOBODY); // whoever comes next may have it
    } catch {
      // Somebody else looked into it: the next process removes it.
    }
  }

  private remove(): void {
    for (const number of this.segments()) unlinkSync(this.segment(number));
    rmSync(join(this.where, "cursor"), { force: true });
    rmSync(join(this.where, "blobs"), { recursive: true, force: true });
    rmSync(join(this.where, "destination.json"), { force: true });
    rmSync(join(this.where, "lock"), { force: true });
    rmdirSync(this.where);
  }

  private segment(number: number): string {
    return join(this.where, `${String(number).padStart(8, "0")}.otlp`);
  }

  private segments(): number[] {
    return readdirSync(this.where)
      .filter((name) => name.endsWith(".otlp"))
      .map((name) => parseInt(name, 10))
      .sort((a, b) => a - b);
  }

  private writeCursor(segment: number, acknowledged: number, sending: number): void {
    const bytes = new Uint8Array(CURSOR_BYTES);
    const view = new DataView(bytes.buffer);
    view.setUint32(0, segment, true);
    view.setBigUint64(4, BigInt(acknowledged), true);
    view.setBigUint64(12, BigInt(sending), true);
    view.setUint32(20, crc32(bytes.subarray(0, 20)), true);
    writeFileSync(join(this.where, "cursor"), bytes, { mode: 0o600 });
    this.cursor = { segment, acknowledged, sending };
  }
}

/** What a file holds from a position on; empty when it is gone. */
function readRange(path: string, start: number, most: number): Uint8Array {
  try {
    const file = openSync(path, "r");
    try {
      const content = new Uint8Array(Math.max(0, Math.min(most, fstatSync(file).size - start)));
      return content.subarray(0, readSync(file, content, 0, content.length, start));
    } finally {
      closeSync(file);
    }
  } catch {
    return new Uint8Array();
  }
}

function readCursor(path: string): { segment: number; acknowledged: number; sending: number } {
  const none = { segment: 0, acknowledged: 0, sending: 0 };
  try {
    const bytes = readFileSync(path);
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    if (bytes.length !== CURSOR_BYTES) return none;
    if (crc32(bytes.subarray(0, 20)) !== view.getUint32(20, true)) return none;
    return {
      segment: view.getUint32(0, true),
      acknowledged: Number(view.getBigUint64(4, true)),
      sending: Number(view.getBigUint64(12, true)),
    };
  } catch {
    return none;
  }
}

/** `<process id> <when it started>`; the time is 0 where the system does not say. */
function holderOf(pid: number): string {
  return `${pid} ${startOf(pid)}`;
}

function isAlive(holder: string): boolean {
  const pid = parseInt(holder, 10);
  if (holder === NOBODY) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return false;
  }
  return holderOf(pid) === holder;
}

function startOf(pid: number): string {
  try {
    // The 22nd field; the second is in parentheses and may hold spaces.
    return readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").pop()?.split(" ")[19] ?? "0";
  } catch {
    return "0";
  }
}
