/** The on-disk record: one OTLP request in an envelope, as the spool and the Python SDK write it.
 * The format and its invariants stand at the top of `tracehouse_semconv/record.py`. */

import * as zlib from "node:zlib";
import { Writer } from "../otlp/writer.js";
import type { Signal } from "../recorder/buffer.js";

const CHECKSUM_BYTES = 5;
const SMALLEST_MESSAGE = CHECKSUM_BYTES + 2;
const PAYLOAD_FIELDS: readonly number[] = [5, 6, 7];

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, index) => {
  let value = index;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

function slowCrc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (let i = 0; i < bytes.length; i++) crc = CRC_TABLE[(crc ^ bytes[i]!) & 0xff]! ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}

/** CRC-32 as zlib has it; zlib's own from Node 20.15 on. */
export const crc32 = (zlib as { crc32?: typeof slowCrc32 }).crc32 ?? slowCrc32;

/** An OTLP request as a record. */
export function encodeRecord(signal: Signal, payload: Uint8Array, receivedNs: bigint): Uint8Array {
  const body = new Writer();
  body.text(0x12, ""); // whose it is: the server knows by the key
  body.fixed64(0x19, receivedNs);
  body.fixed64(0x21, 0n);
  body.bytes((signal << 3) | 2, payload);
  const content = body.finish();
  const record = new Writer();
  record.varint(CHECKSUM_BYTES + content.length);
  record.fixed32(0x0d, crc32(content));
  record.raw(content);
  return record.finish();
}

/** A record that was read: where it ends, and its payload. `damaged` bytes lie before it. */
export interface Found {
  readonly end: number;
  readonly damaged: number;
  readonly signal: Signal;
  readonly payload: Uint8Array;
}

/** The valid records from a position on. After damage it goes on at the next valid record; what is
 * torn at the end is left out. */
export function* scan(bytes: Uint8Array): Generator<Found> {
  let at = 0;
  let damaged = 0;
  while (at < bytes.length) {
    const found = recordAt(bytes, at);
    if (found === undefined) {
      at++;
      damaged++;
      continue;
    }
    yield { ...found, damaged };
    damaged = 0;
    at = found.end;
  }
}

/** Where the record that begins here says that it ends. */
export function claimedEnd(bytes: Uint8Array, start: number): number {
  const length = readVarint(bytes, start);
  return length === undefined ? bytes.length : length.at + length.value;
}

function recordAt(bytes: Uint8Array, start: number): Omit<Found, "damaged"> | undefined {
  const length = readVarint(bytes, start);
  if (length === undefined) return undefined;
  const end = length.at + length.value;
  if (length.value < SMALLEST_MESSAGE || end > bytes.length || bytes[length.at] !== 0x0d) {
    return undefined;
  }
  const content = bytes.subarray(length.at + CHECKSUM_BYTES, end);
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  if (view.getUint32(length.at + 1, true) !== crc32(content)) return undefined;
  for (let at = 0; at < content.length;) {
    const tag = content[at]!;
    if ((tag & 7) === 1) {
      at += 9;
      continue;
    }
    const size = readVarint(content, at + 1);
    if ((tag & 7) !== 2 || size === undefined) return undefined;
    if (PAYLOAD_FIELDS.includes(tag >> 3)) {
      const payload = content.subarray(size.at, size.at + size.value);
      return { end, signal: (tag >> 3) as Signal, payload };
    }
    at = size.at + size.value;
  }
  return undefined;
}

function readVarint(bytes: Uint8Array, at: number): { value: number; at: number } | undefined {
  let value = 0;
  for (let place = 0; place < 5; place++) {
    const byte = bytes[at++];
    if (byte === undefined) return undefined;
    value += (byte & 0x7f) * 2 ** (7 * place);
    if (byte < 0x80) return { value, at };
  }
  return undefined;
}
