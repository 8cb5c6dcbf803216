/** What many measurements of the same thing say. */
export interface Summary {
  readonly median: number;
  readonly min: number;
  /** The distance between the quartiles: half of the measurements lie within it. */
  readonly iqr: number;
}

/** Of at least one number. */
export function summaryOf(numbers: readonly number[]): Summary {
  const sorted = numbers.toSorted((a, b) => a - b);
  return {
    median: quantile(sorted, 0.5),
    min: sorted[0],
    iqr: quantile(sorted, 0.75) - quantile(sorted, 0.25),
  };
}

/** Of numbers in ascending order, with a straight line between neighbours. */
export function quantile(sorted: readonly number[], share: number): number {
  const place = share * (sorted.length - 1);
  const below = Math.floor(place);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (place - below) * (sorted[above] - sorted[below]);
}

/** Six digits: no clock tells more, and reports are for reading as well. */
export const rounded = (value: number): number => Number(value.toPrecision(6));
