// How the times under a chart are called: by the day where they lie days apart, else by the clock.

const DAY_S = 86_400;
const MINUTE_S = 60;

/** Labels of points in time (seconds since 1970) that lie `step` seconds apart. The day stands under
 * the first time of it. */
export function timeLabels(points: readonly number[], step: number): string[] {
  let said = "";
  return points.map((point) => {
    const at = new Date(point * 1000);
    const day = at.toLocaleDateString("en-GB", { day: "numeric", month: "short" });
    if (step >= DAY_S) return day;
    const clock = at.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit", ...(step < MINUTE_S ? { second: "2-digit" } : {}) });
    const label = day === said ? clock : `${clock}\n${day}`;
    said = day;
    return label;
  });
}
