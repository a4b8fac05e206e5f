/** What all three signals share (opentelemetry/proto/common/v1/common.proto, resource.proto). */

import type { Attributes, AttributeValue } from "@opentelemetry/api";
import { validText } from "../values.js";
import { Writer } from "./writer.js";

export const SCOPE = "tracehouse";
const LARGEST_INT = 2 ** 63;

/** A `KeyValue` in the field of this tag. */
export function writeAttribute(to: Writer, tag: number, key: string, value: unknown): void {
  const pair = to.begin(tag);
  to.text(0x0a, validText(key));
  writeValue(to, 0x12, value);
  to.end(pair);
}

/** All attributes that are set, each in a field of this tag. */
export function writeAttributes(to: Writer, tag: number, attributes: Attributes): void {
  for (const key in attributes) {
    const value: AttributeValue | undefined = attributes[key];
    if (value !== undefined) writeAttribute(to, tag, key, value);
  }
}

function writeValue(to: Writer, tag: number, value: unknown): void {
  const any = to.begin(tag);
  if (typeof value === "string") to.text(0x0a, validText(value));
  else if (typeof value === "boolean") to.int(0x10, value ? 1 : 0);
  else if (typeof value === "number") writeNumber(to, value);
  else if (Array.isArray(value)) {
    const list = to.begin(0x2a);
    for (const item of value) writeValue(to, 0x0a, item);
    to.end(list);
  }
  to.end(any);
}

function writeNumber(to: Writer, value: number): void {
  if (Number.isInteger(value) && Math.abs(value) < LARGEST_INT && !Object.is(value, -0)) {
    to.int(0x18, value);
  } else to.double(0x21, value);
}

/** An encoded `Resource` message. */
export function encodeResource(attributes: Attributes): Uint8Array {
  const writer = new Writer();
  writeAttributes(writer, 0x0a, attributes);
  return writer.finish();
}

/** Requests have one shape: resources, and in each what came from it, under one scope. `write` puts
 * the items of a resource into the scope's message. */
export function encodeByResource<T extends { readonly resource: Uint8Array }>(
  items: readonly T[],
  write: (to: Writer, items: readonly T[]) => void,
): Uint8Array {
  const byResource = new Map<Uint8Array, T[]>();
  for (const item of items) {
    const known = byResource.get(item.resource);
    if (known) known.push(item);
    else byResource.set(item.resource, [item]);
  }
  const writer = new Writer();
  for (const [resource, own] of byResource) {
    const outer = writer.begin(0x0a);
    writer.bytes(0x0a, resource);
    const inner = writer.begin(0x12);
    const scope = writer.begin(0x0a);
    writer.text(0x0a, SCOPE);
    writer.end(scope);
    write(writer, own);
    writer.end(inner);
    writer.end(outer);
  }
  return writer.finish();
}
