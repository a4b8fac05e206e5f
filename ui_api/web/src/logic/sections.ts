// A run's metrics by the part of their name before the first slash, as charts are grouped.

export interface Section {
  name: string;
  keys: string[];
}

/** `train/loss` goes to "train", `loss` to "metrics"; that section comes first. */
export function sections(keys: readonly string[]): Section[] {
  const found = new Map<string, string[]>();
  for (const key of [...keys].sort((a, b) => a.localeCompare(b, "en", { numeric: true }))) {
    const slash = key.indexOf("/");
    const name = slash > 0 ? key.slice(0, slash) : "metrics";
    found.set(name, [...(found.get(name) ?? []), key]);
  }
  return [...found]
    .map(([name, inside]) => ({ name, keys: inside }))
    .sort((a, b) => Number(b.name === "metrics") - Number(a.name === "metrics"));
}
