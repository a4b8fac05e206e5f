// Finding by a few letters in order: the better, the closer they stand to starts of words.

/** Higher is better; null when the letters are not all there. */
export function score(text: string, typed: string): number | null {
  const [inside, wanted] = [text.toLowerCase(), typed.toLowerCase().replace(/\s+/g, "")];
  let total = 0;
  let at = -1;
  for (const letter of wanted) {
    const next = inside.indexOf(letter, at + 1);
    if (next < 0) return null;
    const startsWord = next === 0 || /[\s/_.-]/.test(inside[next - 1]!);
    total += next === at + 1 ? 3 : startsWord ? 2 : 0;
    total -= (next - at) * 0.01;
    at = next;
  }
  return total;
}

export function best<T>(items: readonly T[], typed: string, text: (item: T) => string): T[] {
  if (!typed.trim()) return [...items];
  return items
    .map((item) => ({ item, score: score(text(item), typed) }))
    .filter((one): one is { item: T; score: number } => one.score !== null)
    .sort((a, b) => b.score - a.score)
    .map((one) => one.item);
}
