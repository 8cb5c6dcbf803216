/** k-means of numbers on a line: the same centres for the same numbers, whatever their order. */

/** Lloyd's steps after which centres are taken as they are. */
const mostSteps = 100;

/**
 * At most `count` centres, ascending, none of them twice. They start at the quantiles and move by Lloyd's algorithm until
 * no number changes sides (Han, Mao, Dally, "Deep Compression", 2016, starts them evenly; numbers of weights are dense
 * near zero, where that wastes few and quantiles none).
 */
export function centresOf(numbers: Float32Array, count: number): readonly number[] {
  const sorted = numbers.slice().sort();
  const sums = new Float64Array(sorted.length + 1);
  for (let i = 0; i < sorted.length; i++) sums[i + 1] = sums[i] + sorted[i];
  const distinct = distinctOf(sorted, count);
  if (distinct) return distinct;
  let centres = Array.from({ length: count }, (_, k) => sorted[Math.floor(((k + 0.5) * sorted.length) / count)]);
  let before = '';
  for (let step = 0; step < mostSteps; step++) {
    centres = [...new Set(centres)];
    const ends = centres.map((c, k) =>
      k + 1 < centres.length ? firstAbove(sorted, (c + centres[k + 1]) / 2) : sorted.length,
    );
    if (ends.join() === before) break;
    before = ends.join();
    centres = centres.map((c, k) => {
      const [from, to] = [k === 0 ? 0 : ends[k - 1], ends[k]];
      return to > from ? (sums[to] - sums[from]) / (to - from) : c;
    });
  }
  return [...new Set(centres.map(Math.fround))].sort((a, b) => a - b);
}

/** The numbers themselves, where they are no more than `count`. */
function distinctOf(sorted: Float32Array, count: number): readonly number[] | undefined {
  const found: number[] = [];
  for (const x of sorted)
    if (found.length === 0 || found[found.length - 1] !== x) {
      if (found.length === count) return undefined;
      found.push(x);
    }
  return found;
}

/** How many numbers are at most `bound`. */
function firstAbove(sorted: Float32Array, bound: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle] <= bound) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Which of ascending centres is the nearest; the lower of two as near. */
export function nearestCentre(centres: readonly number[], x: number): number {
  let [low, high] = [0, centres.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (x <= (centres[middle] + centres[middle + 1]) / 2) high = middle;
    else low = middle + 1;
  }
  return low;
}
