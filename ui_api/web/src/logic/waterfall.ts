// The part of a trace's time that is looked at, where a span lies in it, and its round marks.
// All times are milliseconds since the trace began.

export interface Range {
  from: number;
  to: number;
}

export interface Bar {
  /** Shares of the range, 0 to 1. */
  left: number;
  width: number;
  /** Which end of the range the span does not reach into, or goes on beyond. */
  beyond: "before" | "after" | null;
  cutLeft: boolean;
  cutRight: boolean;
}

const SHORTEST = 0.001;

export function bar(start: number, end: number | null, range: Range, now: number): Bar {
  const length = range.to - range.from;
  const last = end ?? Math.max(now, start);
  if (length <= 0) return { left: 0, width: 1, beyond: null, cutLeft: false, cutRight: false };
  const [left, right] = [(start - range.from) / length, (last - range.from) / length];
  const beyond = right < 0 ? "before" : left > 1 ? "after" : null;
  return { left: share(left), width: share(right) - share(left), beyond, cutLeft: left < 0 && !beyond, cutRight: right > 1 && !beyond };
}

function share(value: number): number {
  return Math.min(1, Math.max(0, value));
}

/** The range about a point (a share of it) that is so many times as long, within [0, length]. */
export function zoomed(range: Range, times: number, length: number, about = 0.5): Range {
  const now = range.to - range.from;
  const next = Math.min(length, Math.max(Math.min(SHORTEST, length), now * times));
  const from = range.from + (now - next) * about;
  return within({ from, to: from + next }, length);
}

/** The range moved by a share of itself, within [0, length]. */
export function moved(range: Range, by: number, length: number): Range {
  const step = (range.to - range.from) * by;
  return within({ from: range.from + step, to: range.to + step }, length);
}

/** The range pushed into [0, length], as long as it was where that is possible. */
export function within(range: Range, length: number): Range {
  const long = Math.min(length, range.to - range.from);
  const from = Math.min(length - long, Math.max(0, range.from));
  return { from, to: from + long };
}

/** A span with some room on both sides. */
export function around(start: number, end: number, length: number): Range {
  const long = Math.max(end - start, length / 1e6, SHORTEST);
  return within({ from: start - long * 0.1, to: start + long * 1.1 }, length);
}

/** "12.5-40" as the address has it; null for anything else, and for what is no part of the time. */
export function readRange(text: string, length: number): Range | null {
  const found = /^(\d+(?:\.\d+)?)-(\d+(?:\.\d+)?)$/.exec(text);
  if (!found) return null;
  const [from, to] = [Number(found[1]), Math.min(length, Number(found[2]))];
  return from < to ? { from, to } : null;
}

/** For the address, to a thousandth of its length; "" where it is all of the time. */
export function writeRange(range: Range, length: number): string {
  const long = range.to - range.from;
  if (long >= length * 0.9999) return "";
  const digits = Math.min(6, Math.max(0, Math.ceil(3 - Math.log10(long))));
  return [range.from, range.to].map((one) => String(Number(one.toFixed(digits)))).join("-");
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
// As a clock is divided. Below a second and above a day: 1, 2 or 5 of some power of ten.
const OF_A_CLOCK = [1, 2, 5, 10, 15, 30].flatMap((one) => [one * SECOND, one * MINUTE]).concat([1, 2, 3, 6, 12].map((one) => one * HOUR)).sort((a, b) => a - b);

/** How far about `wanted` round marks in the range are apart. */
export function stepOf(range: Range, wanted: number): number {
  const rough = (range.to - range.from) / Math.max(1, wanted);
  if (rough > 0.5 * SECOND && rough <= 12 * HOUR) return OF_A_CLOCK.find((one) => one >= rough)!;
  const unit = rough > 12 * HOUR ? DAY : 1;
  const power = 10 ** Math.floor(Math.log10(rough / unit));
  const step = [1, 2, 5, 10].map((one) => one * power * unit).find((one) => one >= rough * (1 - 1e-9)) ?? rough;
  return Math.max(step, unit === DAY ? DAY : 0);
}

/** The round marks in the range. */
export function marks(range: Range, wanted: number): number[] {
  const step = stepOf(range, wanted);
  if (!(range.to > range.from) || !Number.isFinite(range.to) || !(step > 0)) return [range.from];
  const found: number[] = [];
  const last = Math.floor(range.to / step + 1e-9);
  for (let at = Math.max(0, Math.ceil(range.from / step - 1e-9)); at <= last; at++) found.push(at * step);
  return found;
}

/** What stands at a mark, with as many digits as tell it from the next one. */
export function mark(ms: number, step: number): string {
  if (ms === 0) return "0";
  const [unit, size] = ms >= SECOND || step >= SECOND ? ["s", SECOND] : ms >= 1 || step >= 1 ? ["ms", 1] : ["µs", 0.001];
  const digits = Math.min(9, Math.max(0, -Math.floor(Math.log10(step / size) + 1e-9)));
  if (ms < MINUTE) return `${(ms / size).toFixed(digits)} ${unit}`;
  const whole = Math.floor(ms / MINUTE + 1e-12);
  const rest = Math.max(0, ms - whole * MINUTE) / SECOND;
  const seconds = step % MINUTE === 0 ? "" : `${rest.toFixed(digits).padStart(digits ? digits + 3 : 2, "0")}s`;
  const [days, hours, minutes] = [Math.floor(whole / 1440), Math.floor(whole / 60) % 24, whole % 60];
  const parts = [days ? `${days}d` : "", days || hours ? `${hours}h` : "", step % HOUR === 0 && hours + days ? "" : `${minutes}m`, seconds];
  return parts.filter(Boolean).join(" ");
}
