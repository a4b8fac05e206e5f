// Numbers and times for people. A dash stands for what is not known.

const NOTHING = "–";

/** 1234567 → "1.23M"; below a thousand as it is. */
export function count(value: number | null | undefined): string {
  if (value === null || value === undefined) return NOTHING;
  if (Math.abs(value) < 1000) return String(Math.round(value * 100) / 100);
  for (const [unit, size] of [["T", 1e12], ["G", 1e9], ["M", 1e6], ["k", 1e3]] as const) {
    if (Math.abs(value) >= size * 0.9995) return three(value / size) + unit;
  }
  return three(value);
}

function three(value: number): string {
  const digits = Math.abs(value) >= 99.95 ? 0 : Math.abs(value) >= 9.995 ? 1 : 2;
  return value.toFixed(digits).replace(/\.0+$|(\.\d*?)0+$/, "$1");
}

/** Milliseconds → "820 µs", "340 ms", "1.20 s", "2m 05s", "3h 20m", "2d 4h". */
export function duration(ms: number | null | undefined): string {
  if (ms === null || ms === undefined) return NOTHING;
  if (ms < 1) return ms === 0 ? "0 ms" : `${Math.max(1, Math.round(ms * 1000))} µs`;
  if (ms < 999.5) return `${ms < 10 ? three(ms) : Math.round(ms)} ms`;
  const seconds = ms / 1000;
  if (seconds < 59.95) return `${seconds.toFixed(seconds < 9.995 ? 2 : 1)} s`;
  const whole = Math.round(seconds);
  const [days, hours, minutes] = [Math.floor(whole / 86400), Math.floor(whole / 3600) % 24, Math.floor(whole / 60) % 60];
  if (days) return `${days}d ${hours}h`;
  if (hours) return `${hours}h ${pad(minutes)}m`;
  return `${minutes}m ${pad(whole % 60)}s`;
}

function pad(value: number): string {
  return String(value).padStart(2, "0");
}

/** USD: "$12.34", and for little as many digits as tell something: "$0.0042". */
export function money(usd: number | null | undefined): string {
  if (usd === null || usd === undefined) return NOTHING;
  if (usd === 0) return "$0";
  const size = Math.abs(usd);
  if (size >= 1000) return `$${count(usd)}`;
  if (size >= 0.995) return `$${usd.toFixed(2)}`;
  if (size < 0.00001) return "<$0.00001";
  return `$${Number(usd.toPrecision(2)).toFixed(Math.min(6, 1 - Math.floor(Math.log10(size))))}`;
}

/** A measured value: four digits, and powers of ten where zeros would fill the page. In a column
 * `zeros` at the end stay, so that the points lie under each other. */
export function measure(value: unknown, zeros = false): string {
  if (value === null || value === undefined) return NOTHING;
  if (typeof value !== "number") return typeof value === "string" ? value : JSON.stringify(value);
  if (Number.isInteger(value) && Math.abs(value) < 1e7) return value.toLocaleString("en-US");
  const size = Math.abs(value);
  if (size >= 1e7 || size < 1e-4) return value.toExponential(3).replace(/\.?0+e/, "e").replace("e+", "e");
  const four = value.toPrecision(4);
  return zeros && size < 1e4 ? four : String(Number(four));
}

/** A share: 0.1234 → "12.3%". */
export function percent(share: number | null | undefined): string {
  if (share === null || share === undefined) return NOTHING;
  const value = share * 100;
  return `${Math.abs(value) >= 99.95 || value === 0 ? value.toFixed(0) : value.toFixed(1)}%`;
}

/** Bytes → "1.4 MB". */
export function bytes(value: number): string {
  if (value < 1000) return `${value} B`;
  for (const [unit, size] of [["GB", 1e9], ["MB", 1e6], ["kB", 1e3]] as const) {
    if (value >= size) return `${three(value / size)} ${unit}`;
  }
  return `${value} B`;
}

/** What the API says, as a sentence of the page; a name that it begins with stays as it is. */
export function sentence(text: string): string {
  const plain = /^[a-z]+(?=[ ,:])/.test(text) ? text[0]!.toUpperCase() + text.slice(1) : text;
  return !plain || /[.!?…]$/.test(plain) ? plain : `${plain}.`;
}

/** How long ago: "now", "12s ago", "5m ago", "3h ago", "2d ago", and then the date. */
export function ago(time: string, now: number): string {
  const seconds = Math.round((now - Date.parse(time)) / 1000);
  if (seconds < 2) return "now";
  if (seconds < 60) return `${seconds}s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m ago`;
  if (seconds < 86400) return `${Math.floor(seconds / 3600)}h ago`;
  if (seconds < 14 * 86400) return `${Math.floor(seconds / 86400)}d ago`;
  return new Date(time).toLocaleDateString("en-GB", { day: "numeric", month: "short", year: "numeric" });
}

/** The clock's time where one is, to the millisecond, with the day: "21 Nov, 17:30:02.123". */
export function moment(time: string): string {
  const at = new Date(time);
  const day = at.toLocaleDateString("en-GB", { day: "numeric", month: "short" });
  return `${day}, ${pad(at.getHours())}:${pad(at.getMinutes())}:${pad(at.getSeconds())}.${String(at.getMilliseconds()).padStart(3, "0")}`;
}

/** "1 span", "2 spans", "1.2k spans". */
export function plural(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

/** The last part of a path, which is what a project is called: "/home/dev/src/payments" → "payments". */
export function folderName(path: string): string {
  return path.split(/[/\\]/).filter(Boolean).pop() ?? path;
}
