// A wheel over the time line: with Ctrl (or two fingers apart) it zooms, sideways it moves.
import type { Zoom } from "./zoom.svelte";

const A_NOTCH = 100;

/** `about`: where the pointer is, as a share of what is shown. */
export function wheel(event: WheelEvent, zoom: Zoom, about: number): void {
  if (event.ctrlKey || event.metaKey) {
    event.preventDefault();
    zoom.by(2 ** ((event.deltaY / A_NOTCH) * 0.5), about);
  } else if (zoom.isZoomed && Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
    event.preventDefault();
    zoom.move((event.deltaX / A_NOTCH) * 0.12);
  }
}
