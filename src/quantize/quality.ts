/** What quantisation costs, in decibels: by layer and for whole outputs, on the calibration data. */
import { evaluate } from '../graph/evaluate.ts';
import type { Graph, Id } from '../graph/graph.ts';
import type { Numbers } from '../tensor/numbers.ts';
import type { Form } from './form.ts';
import type { Run } from './runs.ts';

/** Sums of squares of a signal, and of what differs from it. */
export interface Distortion {
  signal: number;
  noise: number;
}

export const noDistortion = (): Distortion => ({ signal: 0, noise: 0 });

/** Signal-to-quantisation-noise ratio in dB: 10 · log10(signal / noise). Infinite where there is no noise. */
export const sqnr = ({ signal, noise }: Distortion): number =>
  noise === 0 ? Infinity : 10 * Math.log10(signal / noise);

export function compare(d: Distortion, want: Numbers, got: (i: number) => number): void {
  for (let i = 0; i < want.length; i++) {
    if (!Number.isFinite(want[i])) continue;
    d.signal += want[i] * want[i];
    d.noise += (want[i] - got(i)) ** 2;
  }
}

export function weightDistortion(before: Numbers, after: Numbers): Distortion {
  const d = noDistortion();
  compare(d, before, (i) => after[i]);
  return d;
}

export interface OutputQuality {
  readonly name: string;
  /** dB; null where nothing was lost. */
  readonly sqnr: number | null;
  /** The largest difference over the largest magnitude. */
  readonly largestError: number;
}

export interface Compared {
  /** By the id of the value in the source graph. */
  readonly values: ReadonlyMap<Id, Distortion>;
  /** Empty without any run. */
  readonly outputs: readonly OutputQuality[];
  readonly samples: number;
}

/** The value of the quantised graph that stands for one of the source graph, and what its whole numbers mean. */
export type Counterpart = Pick<Form, 'id' | 'scale' | 'zero'>;

/** Runs a graph on what another was run on, and compares their outputs and the real values that have a counterpart. */
export function compareRuns(
  runs: Iterable<Run>,
  quantised: Graph,
  counterparts: ReadonlyMap<Id, Counterpart>,
): Compared {
  const values = new Map<Id, Distortion>();
  const sources = new Map<Id, Id[]>();
  for (const [id, { id: at }] of counterparts) {
    values.set(id, noDistortion());
    sources.set(at, [...(sources.get(at) ?? []), id]);
  }
  const totals = quantised.outputs.map(({ name }) => ({ name, distortion: noDistortion(), most: 0, apart: 0 }));
  let samples = 0;
  for (const { inputs, values: reals, outputs: want } of runs) {
    samples++;
    const got = evaluate(quantised, inputs, {
      watch({ id }, data) {
        for (const from of sources.get(id) ?? []) {
          const real = reals.get(from);
          const [counterpart, distortion] = [counterparts.get(from), values.get(from)];
          if (!real || !counterpart || !distortion) continue;
          const { scale, zero } = counterpart;
          compare(distortion, real, data instanceof Int32Array ? (i) => (data[i] - zero) * scale : (i) => data[i]);
        }
      },
    });
    for (const total of totals) {
      const [a, b] = [want[total.name], got[total.name]];
      compare(total.distortion, a, (i) => b[i]);
      for (let i = 0; i < a.length; i++) {
        if (!Number.isFinite(a[i])) continue;
        total.most = Math.max(total.most, Math.abs(a[i]));
        total.apart = Math.max(total.apart, Math.abs(a[i] - b[i]));
      }
    }
  }
  const outputs = totals.map(({ name, distortion, most, apart }) => ({
    name,
    sqnr: decibels(distortion),
    largestError: most === 0 ? apart : apart / most,
  }));
  return { values, outputs: samples === 0 ? [] : outputs, samples };
}

/** As JSON has it: null where nothing was lost, and no lower than what counts as lost altogether. */
export function decibels(d: Distortion | undefined): number | null {
  if (!d || d.noise === 0) return null;
  return Math.max(sqnr(d), -200);
}
