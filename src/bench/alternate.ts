/** Timing that a drifting machine cannot tilt: every contender is measured in every round, in turn. */
import { median } from '../make/timing.ts';
import type { Summary } from './statistics.ts';
import { summaryOf } from './statistics.ts';

export interface Contender {
  readonly name: string;
  /** Milliseconds of each of so many runs. Undefined after a report. */
  readonly time: (runs: number) => Promise<readonly number[] | undefined>;
}

export interface Timing extends Summary {
  readonly name: string;
  /** This one's time divided by the first contender's: the median of the rounds' own ratios. */
  readonly ratio: Summary;
  /** All runs that were measured. */
  readonly runs: number;
}

export interface HowLong {
  /** To measure for about so long. */
  readonly seconds: number;
  /** Or so many rounds of one run each. */
  readonly rounds?: number | undefined;
  /** Milliseconds that each runs before it is measured, at least: engines of WebAssembly compile what is used often once more. */
  readonly warmUp?: number;
  /** Told how many are over when one begins. */
  readonly onRound?: (done: number) => void;
}

/** Milliseconds that one contender has before it is the next one's turn, so that its data are in the caches most of the time. */
const turn = 100;

const fewest = { runs: 3, rounds: 5 };

/** Milliseconds that a turn takes at least, whatever a clock says. */
const least = 0.1;

/** Runs in one turn: more tell nothing new. */
const most = 1000;

/** The first contender is what the others are compared with. A round takes the median of a few runs of each. Undefined after a report. */
export async function alternate(
  contenders: readonly Contender[],
  { seconds, rounds: asked, warmUp = 0, onRound = () => {} }: HowLong,
): Promise<readonly Timing[] | undefined> {
  const paces: number[] = [];
  for (const { time } of contenders) {
    let pace = Infinity;
    for (let spent = 0; spent === 0 || spent < warmUp; ) {
      const warm = await time(fewest.runs);
      if (!warm) return undefined;
      pace = Math.min(pace, ...warm);
      spent += warm.reduce((sum, ms) => sum + ms, least);
    }
    paces.push(pace);
  }
  const runs = paces.map((ms) =>
    asked === undefined ? Math.max(fewest.runs, Math.min(most, Math.ceil(turn / ms))) : 1,
  );
  const samples: (readonly number[])[][] = contenders.map(() => []);
  const start = performance.now();
  const isOver = (done: number): boolean =>
    asked === undefined ? done >= fewest.rounds && performance.now() - start > 1000 * seconds : done >= asked;
  for (let done = 0; !isOver(done); done++) {
    onRound(done);
    // Back and forth, so that none of them always follows the same one.
    const order = [...contenders.keys()];
    for (const i of done % 2 === 0 ? order : order.toReversed()) {
      const times = await contenders[i].time(runs[i]);
      if (!times) return undefined;
      samples[i].push(times);
    }
  }
  const middles = samples.map((of) => of.map(median));
  return contenders.map(({ name }, i) => ({
    name,
    ...summaryOf(samples[i].flat()),
    ratio: summaryOf(middles[i].map((ms, at) => ms / middles[0][at])),
    runs: samples[i].flat().length,
  }));
}
