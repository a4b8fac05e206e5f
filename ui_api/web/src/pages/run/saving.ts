// Charts and tables as files.
import { csv } from "../../logic/csv";
import type { Line } from "../../parts/Chart.svelte";

export function save(name: string, content: Blob): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

const fileName = (key: string, ending: string) => `${key.replace(/[^\w.-]+/g, "_")}.${ending}`;

export function saveRows(name: string, rows: readonly (readonly unknown[])[]): void {
  save(fileName(name, "csv"), new Blob([csv(rows)], { type: "text/csv" }));
}

/** One row a point: the line's name, x, and the mean, least and greatest value. */
export function saveCsv(key: string, x: string, lines: readonly Line[]): void {
  const rows = lines.flatMap((line) => line.x.map((at, place) => [line.name, at, line.y[place], line.min[place], line.max[place]]));
  saveRows(key, [["run", x, key, "min", "max"], ...rows]);
}

export function savePicture(key: string, picture: HTMLCanvasElement | undefined): void {
  picture?.toBlob((content) => content && save(fileName(key, "png"), content));
}
