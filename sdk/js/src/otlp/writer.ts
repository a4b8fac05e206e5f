/** Protobuf's wire format, as far as OTLP needs it. A tag is a field's number and wire type in one
 * byte: no field of OTLP that is written here has a number above 15 (16 for two of them). */

import { utf8 } from "../bytes.js";

const FIRST_BYTES = 1024;
const SHORT_TEXT = 64;

export class Writer {
  private buffer = new Uint8Array(FIRST_BYTES);
  private view = new DataView(this.buffer.buffer);
  private length = 0;

  /** What was written. */
  finish(): Uint8Array {
    return this.buffer.slice(0, this.length);
  }

  /** Begin a message in a field; what this returns ends it. */
  begin(tag: number): number {
    this.room(2);
    this.buffer[this.length++] = tag;
    return this.length++;
  }

  /** End the message that `begin` began: its length is known now. */
  end(start: number): void {
    const size = this.length - start - 1;
    if (size < 0x80) {
      this.buffer[start] = size;
      return;
    }
    const more = size < 0x4000 ? 1 : size < 0x200000 ? 2 : size < 0x10000000 ? 3 : 4;
    this.room(more);
    this.buffer.copyWithin(start + 1 + more, start + 1, this.length);
    this.length += more;
    const end = this.length;
    this.length = start;
    this.varint(size);
    this.length = end;
  }

  /** Bytes as they are. */
  raw(bytes: Uint8Array): void {
    this.room(bytes.length);
    this.buffer.set(bytes, this.length);
    this.length += bytes.length;
  }

  bytes(tag: number, bytes: Uint8Array): void {
    this.room(1);
    this.buffer[this.length++] = tag;
    this.varint(bytes.length);
    this.raw(bytes);
  }

  text(tag: number, text: string): void {
    if (text.length > SHORT_TEXT) {
      this.bytes(tag, utf8(text));
      return;
    }
    this.room(2 + text.length);
    const start = this.length;
    this.buffer[this.length++] = tag;
    this.buffer[this.length++] = text.length;
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (code > 0x7f) {
        this.length = start;
        this.bytes(tag, utf8(text));
        return;
      }
      this.buffer[this.length++] = code;
    }
  }

  fixed64(tag: number, value: bigint): void {
    this.room(9);
    this.buffer[this.length++] = tag;
    this.view.setBigUint64(this.length, BigInt.asUintN(64, value), true);
    this.length += 8;
  }

  fixed32(tag: number, value: number): void {
    this.room(5);
    this.buffer[this.length++] = tag;
    this.view.setUint32(this.length, value, true);
    this.length += 4;
  }

  double(tag: number, value: number): void {
    this.room(9);
    this.buffer[this.length++] = tag;
    this.view.setFloat64(this.length, value, true);
    this.length += 8;
  }

  /** An int64, uint64, enum or bool. */
  int(tag: number, value: number): void {
    this.room(1);
    this.buffer[this.length++] = tag;
    if (value >= 0 && value <= Number.MAX_SAFE_INTEGER) this.varint(value);
    else this.longVarint(BigInt.asUintN(64, BigInt(value)));
  }

  varint(value: number): void {
    this.room(10);
    while (value >= 0x80) {
      this.buffer[this.length++] = (value % 0x80) | 0x80;
      value = Math.floor(value / 0x80);
    }
    this.buffer[this.length++] = value;
  }

  private longVarint(value: bigint): void {
    this.room(10);
    while (value >= 0x80n) {
      this.buffer[this.length++] = Number(value & 0x7fn) | 0x80;
      value >>= 7n;
    }
    this.buffer[this.length++] = Number(value);
  }

  private room(more: number): void {
    const needed = this.length + more;
    if (needed <= this.buffer.length) return;
    const larger = new Uint8Array(Math.max(needed, this.buffer.length * 2));
    larger.set(this.buffer.subarray(0, this.length));
    this.buffer = larger;
    this.view = new DataView(larger.buffer);
  }
}
