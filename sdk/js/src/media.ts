/** Images, videos, audio, histograms and tables that a run logs. A file may have 25 MB, here and on
 * the server. */

import { platform } from "#platform";
import { hex } from "./bytes.js";
import { TracehouseError } from "./errors.js";
import { asScalar, jsonable, type Json } from "./values.js";

const MOST_BYTES = 25_000_000;
const EXTENSIONS: Readonly<Record<string, string>> = {
  png: "image/png",
  jpg: "image/jpeg",
  jpeg: "image/jpeg",
  gif: "image/gif",
  webp: "image/webp",
  bmp: "image/bmp",
  svg: "image/svg+xml",
  mp4: "video/mp4",
  webm: "video/webm",
  mov: "video/quicktime",
  wav: "audio/x-wav",
  mp3: "audio/mpeg",
  ogg: "audio/ogg",
  flac: "audio/flac",
};
const MAGIC: readonly (readonly [string, string])[] = [
  ["\x89PNG\r\n\x1a\n", "image/png"],
  ["\xff\xd8\xff", "image/jpeg"],
  ["GIF8", "image/gif"],
  ["BM", "image/bmp"],
  ["\x1a\x45\xdf\xa3", "video/webm"],
  ["OggS", "audio/ogg"],
  ["fLaC", "audio/flac"],
  ["ID3", "audio/mpeg"],
];
const RIFF: Readonly<Record<string, string>> = {
  WEBP: "image/webp",
  WAVE: "audio/wav",
  "AVI ": "video/x-msvideo",
};

/** A path (where there are files), or bytes. */
export type FileLike = string | URL | ArrayBuffer | ArrayBufferView;

export interface MediaOptions {
  caption?: string;
  /** The media type (`image/png`), or its extension; by default what the first bytes tell. */
  format?: string;
}

/** A file of a run. Throws TracehouseError where it is none, or too large. */
export class Media {
  readonly content: Uint8Array;
  readonly mime: string;
  readonly caption: string | undefined;
  readonly sha256: string;

  constructor(
    readonly type: "image" | "video" | "audio",
    data: FileLike,
    { caption, format }: MediaOptions,
    fallback: string,
  ) {
    const { content, name } = fileOf(data);
    if (content.length > MOST_BYTES) {
      throw new TracehouseError(
        `the ${type} has ${(content.length / 1e6).toFixed(1)} MB, and 25 MB is the most: ` +
          "make it smaller, or log it as an artifact",
      );
    }
    this.content = content;
    this.caption = caption;
    this.mime = mimeOf(content, name, format, fallback);
    this.sha256 = hex(platform.sha256(content));
  }

  /** The file without its bytes, as the body of a media event. */
  reference(): Json {
    return jsonable({
      type: this.type,
      sha256: this.sha256,
      size: this.content.length,
      mime: this.mime,
      caption: this.caption,
      ...pngSize(this.content),
    });
  }
}

/** An image from a path or bytes. */
export class Image extends Media {
  constructor(data: FileLike, options: MediaOptions = {}) {
    super("image", data, options, "image/png");
  }
}

/** A video from a path or bytes (mp4, webm, mov, gif). */
export class Video extends Media {
  constructor(data: FileLike, options: MediaOptions = {}) {
    super("video", data, options, "video/mp4");
  }
}

/** Audio from a path or bytes (wav, mp3, ogg, flac). */
export class Audio extends Media {
  constructor(data: FileLike, options: MediaOptions = {}) {
    super("audio", data, options, "audio/wav");
  }
}

/** Counts over bins: of numbers (NaN is left out) in `bins` equal bins, 64 by default, or
 * ready-made as counts and edges, one edge more than counts. */
export class Histogram {
  readonly counts: readonly number[];
  readonly edges: readonly number[];

  constructor(values: Iterable<unknown>, bins?: number);
  constructor(ready: { counts: readonly number[]; edges: readonly number[] });
  constructor(
    values: Iterable<unknown> | { counts: readonly number[]; edges: readonly number[] },
    bins = 64,
  ) {
    if ("counts" in values) {
      if (values.edges.length !== values.counts.length + 1) {
        throw new TracehouseError("a histogram has one edge more than it has counts");
      }
      [this.counts, this.edges] = [[...values.counts], [...values.edges]];
    } else [this.counts, this.edges] = countBins(values, bins);
  }

  toJSON(): Json {
    return jsonable({ _type: "histogram", counts: this.counts, bins: this.edges });
  }
}

/** Rows under named columns. */
export class Table {
  readonly data: Json[][] = [];

  constructor(
    readonly columns: readonly string[],
    rows: Iterable<readonly unknown[]> = [],
  ) {
    for (const row of rows) this.addData(...row);
  }

  /** Add a row. Throws TracehouseError when it does not fit the columns. */
  addData(...row: unknown[]): void {
    if (row.length !== this.columns.length) {
      throw new TracehouseError(
        `the row has ${row.length} values and the table ${this.columns.length} columns`,
      );
    }
    this.data.push(row.map(jsonable));
  }

  toJSON(): Json {
    return jsonable({ _type: "table", columns: this.columns, data: this.data });
  }
}

/** Equal-width bins from the smallest to the largest number, both inclusive. */
function countBins(values: Iterable<unknown>, bins: number): [number[], number[]] {
  const numbers: number[] = [];
  let low = Infinity;
  let high = -Infinity;
  for (const value of values) {
    const number = asScalar(value);
    if (number === undefined || !Number.isFinite(number)) continue;
    numbers.push(number);
    low = Math.min(low, number);
    high = Math.max(high, number);
  }
  if (!numbers.length) [low, high] = [0, 1];
  else if (low === high) [low, high] = [low - 0.5, high + 0.5];
  const width = (high - low) / bins;
  const counts = new Array<number>(bins).fill(0);
  for (const number of numbers) counts[Math.min(Math.floor((number - low) / width), bins - 1)]!++;
  return [counts, [...counts.map((_, place) => low + width * place), high]];
}

function fileOf(data: FileLike): { content: Uint8Array; name: string } {
  if (data instanceof URL) return platform.readFile(decodeURIComponent(data.pathname), MOST_BYTES);
  if (typeof data === "string") return platform.readFile(data, MOST_BYTES);
  if (data instanceof ArrayBuffer) return { content: new Uint8Array(data.slice(0)), name: "" };
  if (ArrayBuffer.isView(data)) {
    const whole = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    return { content: whole.slice(), name: "" };
  }
  throw new TracehouseError("it takes a path or bytes (Uint8Array, ArrayBuffer)");
}

function mimeOf(
  content: Uint8Array,
  name: string,
  format: string | undefined,
  fallback: string,
): string {
  if (format) {
    const extension = format.toLowerCase();
    const family = fallback.split("/")[0];
    return format.includes("/") ? format : (EXTENSIONS[extension] ?? `${family}/${extension}`);
  }
  const extension = name.split(".").pop()?.toLowerCase() ?? "";
  return sniff(content) ?? EXTENSIONS[extension] ?? fallback;
}

/** The media type that a file's first bytes tell. */
function sniff(content: Uint8Array): string | undefined {
  const text = String.fromCharCode(...content.subarray(0, 12));
  if (text.slice(4, 8) === "ftyp") {
    return text.slice(8, 10) === "qt" ? "video/quicktime" : "video/mp4";
  }
  if (text.startsWith("RIFF")) return RIFF[text.slice(8, 12)];
  return MAGIC.find(([magic]) => text.startsWith(magic))?.[1];
}

function pngSize(content: Uint8Array): { width: number; height: number } | undefined {
  if (content.length < 24 || sniff(content) !== "image/png") return undefined;
  const view = new DataView(content.buffer, content.byteOffset);
  return { width: view.getUint32(16), height: view.getUint32(20) };
}
