// Exponential moving average, corrected for its start: as Kingma & Ba (2015) correct Adam's moments,
// so that the first points are not drawn towards zero.

/** `weight` in [0, 1): how much of the past is kept from each point to the next. Gaps stay gaps. */
export function smooth(values: readonly (number | null)[], weight: number): (number | null)[] {
  if (weight <= 0) return [...values];
  let average = 0;
  let kept = 1;
  return values.map((value) => {
    if (value === null || !Number.isFinite(value)) return null;
    average = weight * average + (1 - weight) * value;
    kept *= weight;
    return average / (1 - kept);
  });
}
