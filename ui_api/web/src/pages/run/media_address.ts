// How the media of a run are looked at stands in the address, a part for each key.
import { place } from "../../state/place.svelte";

/** `at`: the step; `sort`, `q`: of a table. */
type About = "at" | "sort" | "q";

const head = (key: string) => `${encodeURIComponent(key)}@`;

/** What the address says about a key; "" for nothing. */
export function said(about: About, key: string): string {
  const found = place.all(about).find((one) => one.startsWith(head(key)));
  return found?.slice(head(key).length) ?? "";
}

export function say(about: About, key: string, value: string): void {
  const others = place.all(about).filter((one) => !one.startsWith(head(key)));
  place.set({ [about]: value ? [...others, head(key) + value] : others }, "replace");
}
