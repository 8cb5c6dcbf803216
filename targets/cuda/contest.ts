/**
 * Which kernels compute a layer with weights. Several can: for the tensor cores and off them. Each says what it would take, and the one that takes
 * least has the layer. Prices of formats, the choice of a kernel and what is explained are this one answer.
 */
import { bug } from '../../src/diagnostic.ts';
import { formatNamed } from '../../src/formats/index.ts';
import type { Call, Constant } from '../../src/graph/graph.ts';
import type { Kernel, KernelSite } from '../../src/plan/kernel.ts';
import { macsOf } from '../../src/plan/offers.ts';
import type { Other, Prediction } from '../../src/plan/rates.ts';
import type { Work } from '../../src/target.ts';
import type { DType } from '../../src/tensor/type.ts';
import { elements } from '../../src/tensor/type.ts';
import type { GpuCounted } from './counts.ts';

/** Kernels that share what is counted. A way to compute layers is listed in `contenders` of kernels/index.ts, and is priced and explained with that. */
export interface Contender {
  /** As users call it: `tensor cores in f16`. */
  readonly name: string;
  readonly kernels: readonly Kernel[];
  /** That it is what was asked for, where it can be had. */
  readonly asked?: true;
  /** What weights are, where it takes no others. */
  readonly dtype?: DType;
  /** Or why it takes no such work, the rest of a sentence. Work that no kernel takes has its loops. */
  predict(work: Work): Counting | string;
}

/** With what it is counted from, by which rates are fitted. */
export type Counting = Prediction & { readonly counted: GpuCounted };

export interface Verdict {
  readonly winner: Contender;
  readonly prediction: Counting;
}

/** What was asked for is left for what promises to take so much less: where little is to be gained layers are computed as asked. */
const leastGain = 0.9;

/** The first of those that take least. */
export function judge(contenders: readonly Contender[], work: Work): Verdict {
  const all = contenders
    .filter(({ dtype }) => dtype === undefined || dtype === work.types.weights.dtype)
    .map((contender) => ({ contender, answer: contender.predict(work) }));
  const able = all.flatMap(({ contender, answer }) => (typeof answer === 'string' ? [] : [{ contender, answer }]));
  const [first] = able;
  if (!first) bug('no contender takes the work, not even as loops');
  const weight = ({ contender: { asked }, answer: { ns } }: (typeof able)[number]): number =>
    ns * (asked ? leastGain : 1);
  const best = able.reduce((a, b) => (weight(b) < weight(a) ? b : a), first);
  const others = all
    .filter(({ contender }) => contender !== best.contender)
    .map(({ contender: { name, asked }, answer }): Other => {
      if (typeof answer === 'string') return { routine: name, reason: answer, ...(asked && { asked }) };
      return { routine: answer.family, ns: answer.ns, ...(asked && { asked }) };
    });
  return { winner: best.contender, prediction: { ...best.answer, ...(others.length > 0 && { others }) } };
}

/**
 * The kernels of all contenders, each of which leaves layers to the winner. Where that turns out not to take one, the others do, in the order
 * of the list. Loops that win have the layer.
 */
export function contested(contenders: readonly Contender[]): readonly Kernel[] {
  if (contenders.length === 1) return contenders[0].kernels;
  const known = new WeakMap<Constant, WeakMap<Call, Verdict>>();
  const verdictOn = (site: KernelSite): Verdict | undefined => {
    if (!site.weights) return undefined;
    const { constant } = site.weights;
    const calls = known.get(constant) ?? new WeakMap<Call, Verdict>();
    const verdict = calls.get(site.call) ?? judge(contenders, workAt(site, site.weights));
    known.set(constant, calls.set(site.call, verdict));
    return verdict;
  };
  const all = contenders.flatMap((contender) => contender.kernels.map((kernel) => ({ contender, kernel })));
  const withRule = (leaves: (contender: Contender, verdict: Verdict) => boolean): readonly Kernel[] =>
    all.map(({ contender, kernel }) => ({
      ...kernel,
      match(site) {
        const verdict = verdictOn(site);
        return verdict && leaves(contender, verdict) ? lost(contender, verdict) : kernel.match(site);
      },
    }));
  return [
    ...withRule((contender, { winner }) => contender !== winner),
    ...withRule((contender, { winner, prediction }) => contender !== winner && prediction.family === 'loops'),
  ];
}

function workAt({ call, types, bounds }: KernelSite, { matrix, constant }: NonNullable<KernelSite['weights']>): Work {
  const { encoding } = constant.type;
  const cost = formatNamed(encoding.format)?.cost(matrix, encoding.params) ?? bug('an unknown format');
  return { call, types, encoding, cost, matrix, bounds, reuse: macsOf(call, types) / elements(types.weights.shape) };
}

function lost({ name }: Contender, { prediction: { family, ns, others = [] } }: Verdict): string {
  const own = others.find(({ routine }) => routine === name)?.reason;
  return own ?? `takes layers that it computes in less than ${us(ns)}, which ${family} would take`;
}

const us = (ns: number): string => `${(ns / 1e3).toPrecision(3)} us`;
