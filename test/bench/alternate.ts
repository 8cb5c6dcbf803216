/** Timing that a drifting machine cannot tilt: every contender is measured in every round, in turn. */

export interface Contender {
  readonly name: string;
  /** Milliseconds of each of so many runs, warmed up. */
  readonly time: (times: number) => Promise<readonly number[]>;
}

export interface Timing {
  readonly name: string;
  readonly medianMs: number;
  readonly minMs: number;
  readonly maxMs: number;
  /** The first contender's time divided by this one's: the median of the rounds' own ratios. */
  readonly ratio: number;
}

/** The first contender is what the others are compared with. A round takes the median of a few runs of each. */
export async function alternate(contenders: readonly Contender[], rounds: number): Promise<readonly Timing[]> {
  const samples: number[][] = contenders.map(() => []);
  for (const { time } of contenders) await time(3);
  for (let round = 0; round < rounds; round++)
    for (const [i, { time }] of contenders.entries()) samples[i].push(median(await time(3)));
  return contenders.map(({ name }, i) => ({
    name,
    medianMs: median(samples[i]),
    minMs: Math.min(...samples[i]),
    maxMs: Math.max(...samples[i]),
    ratio: median(samples[i].map((ms, round) => samples[0][round] / ms)),
  }));
}

/** The middle one, or the mean of the middle two. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}
