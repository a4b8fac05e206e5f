/** Making anything that a program logs into something that can be stored. */

const DEEPEST = 64;
const LONGEST_UNKNOWN = 1000;
const LARGEST_INT = 1n << 63n;

/** A value that JSON has. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

const SURROGATE = /[\ud800-\udfff]/;
const LONE_SURROGATE = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/** Protobuf strings are UTF-8: lone surrogates are replaced, by what Python replaces them by. */
export function validText(given: string): string {
  const text = String(given); // JavaScript's callers give numbers, too
  return SURROGATE.test(text) ? text.replace(LONE_SURROGATE, "?") : text;
}

/** A number, where the value is one: numbers, booleans, BigInts; undefined for all else. */
export function asScalar(value: unknown): number | undefined {
  switch (typeof value) {
    case "number":
      return value;
    case "boolean":
      return value ? 1 : 0;
    case "bigint":
      return Number(value);
    default:
      return value instanceof Number ? value.valueOf() : undefined;
  }
}

/** The nearest thing that JSON has: no NaN, dates as ISO 8601, typed arrays, Sets and Maps as what
 * they hold. What is undefined is left out, and what holds itself is cut there. */
export function jsonable(value: unknown): Json {
  return convert(value, 0, []) ?? null;
}

function convert(value: unknown, depth: number, around: object[]): Json | undefined {
  switch (typeof value) {
    case "string":
      return validText(value);
    case "number":
      return Number.isFinite(value) ? value : null;
    case "boolean":
      return value;
    case "bigint":
      return -LARGEST_INT <= value && value < LARGEST_INT && Number.isSafeInteger(Number(value))
        ? Number(value)
        : value.toString();
    case "undefined":
      return undefined;
    case "function":
      return value.name || "function";
    case "symbol":
      return value.toString();
    default:
      return value === null ? null : convertObject(value as object, depth, around);
  }
}

function convertObject(value: object, depth: number, around: object[]): Json {
  if (depth > DEEPEST || around.includes(value)) return "…";
  const inside = [...around, value];
  const each = (items: Iterable<unknown>): Json[] =>
    Array.from(items, (item) => convert(item, depth + 1, inside) ?? null);
  const object = (entries: Iterable<[unknown, unknown]>): Json => {
    const found: { [key: string]: Json } = {};
    for (const [key, item] of entries) {
      const converted = convert(item, depth + 1, inside);
      if (converted !== undefined) found[validText(String(key))] = converted;
    }
    return found;
  };
  if (Array.isArray(value) || value instanceof Set) return each(value);
  if (value instanceof Map) return object(value);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (value instanceof Error) return `${value.name}: ${value.message}`;
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) {
    return each(value as unknown as Iterable<unknown>);
  }
  const own = (value as { toJSON?: unknown }).toJSON;
  try {
    if (typeof own === "function") return convert(own.call(value), depth + 1, inside) ?? null;
    return object(Object.entries(value));
  } catch {
    return String(value).slice(0, LONGEST_UNKNOWN);
  }
}

/** Compact JSON of anything, by `jsonable`. */
export function toJson(value: unknown): string {
  return JSON.stringify(jsonable(value));
}

/** A text as it is, anything else as JSON. */
export function asText(value: unknown): string {
  return typeof value === "string" ? validText(value) : toJson(value);
}
