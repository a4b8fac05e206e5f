// Keys that work everywhere, and those of the page that is shown.
import { PLACES } from "../routes";
import { place } from "../state/place.svelte";
import { theme } from "../state/theme.svelte";
import { shell } from "./shell.svelte";

export interface Key {
  key: string;
  /** Keys that do the same. */
  also?: readonly string[];
  says: string;
  does: () => void;
}

const G_LASTS_MS = 1200;

let ofPage: readonly Key[] = [];
// Times count from when the page was loaded: 0 would be a g for the first second.
let pressedG = -Infinity;

/** Give a page its keys; what comes back takes them away. For `$effect(() => keys([...]))`. */
export function keys(mine: readonly Key[]): () => void {
  ofPage = mine;
  return () => {
    if (ofPage === mine) ofPage = [];
  };
}

export function keysOfPage(): readonly Key[] {
  return ofPage;
}

export function onKey(event: KeyboardEvent): void {
  if ((event.metaKey || event.ctrlKey) && event.key.toLowerCase() === "k") {
    event.preventDefault();
    shell.palette = !shell.palette;
    return;
  }
  if (event.metaKey || event.ctrlKey || event.altKey || shell.palette || isTyping(event.composedPath()[0])) return;
  if (shell.help) {
    if (event.key === "Escape") shell.help = false;
    return;
  }
  const wasG = event.timeStamp - pressedG < G_LASTS_MS;
  pressedG = event.key === "g" ? event.timeStamp : -Infinity;
  const goal = wasG ? PLACES.find((one) => one.letter === event.key) : undefined;
  const own = ofPage.find((one) => one.key === event.key || one.also?.includes(event.key));
  if (goal) place.open(place.to(goal.path));
  else if (event.key === "?") shell.help = true;
  else if (event.key === "/" && focusSearch()) event.preventDefault();
  else if (own) {
    event.preventDefault();
    own.does();
  } else if (event.key === "T") theme.next();
}

function isTyping(target: EventTarget | undefined): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
}

function focusSearch(): boolean {
  const search = document.querySelector<HTMLInputElement>("main input[type=search]");
  search?.focus();
  return search !== null;
}
