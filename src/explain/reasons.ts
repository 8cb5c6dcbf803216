/** Why a layer has its format, in sentences. */
import type { Use } from '../plan/rates.ts';
import { dense } from '../tensor/type.ts';
import type { ExplainedLayer, ExplainedOffer } from './explain.ts';
import type { Alternative } from './flips.ts';

type Reasons = Pick<ExplainedLayer, 'why' | 'whyNotSparse' | 'whyNotAsked'>;
type Facts = Omit<ExplainedLayer, keyof Reasons>;

export const reasonsFor = (layer: Facts, asked: boolean): Reasons => ({
  why: asked ? 'asked for' : why(layer),
  whyNotSparse: whyNotSparse(layer),
  whyNotAsked: whyNotAsked(layer.chosen),
});

/** `tensor cores in f16 would take 5.10 us, and sparse windows take 3.20 us`. */
function whyNotAsked({ ns, routine, others = [] }: ExplainedOffer): string | null {
  const other = others.find(({ asked }) => asked);
  if (!other) return null;
  if (other.ns === undefined) return `${other.routine}: ${other.reason ?? 'takes no such layers'}`;
  return `${other.routine} would take ${times(other.ns)}, and ${routine} ${times(ns)}`;
}

/** `26 blocks of 128x64, room for 2 a multiprocessor, 25 % of its threads, 127 registers, 3.2 MB moved`. */
export function useInWords({
  tile,
  splits,
  blocks,
  resident,
  occupancy,
  registers,
  bytes,
  products,
  padding = 0,
}: Use): string {
  return [
    ...(products === undefined ? [] : [`${products} products`]),
    `${blocks} block${blocks === 1 ? '' : 's'}${tile === undefined ? '' : ` of ${tile}`}`,
    ...(splits === undefined ? [] : [`sums shared by ${splits}`]),
    `room for ${resident} a multiprocessor, ${percent(occupancy)} of its threads`,
    ...(registers === undefined ? [] : [`${registers} registers`]),
    `${bytes < 1e7 ? (bytes / 1e6).toPrecision(2) : Math.round(bytes / 1e6)} MB moved`,
    ...(padding >= 0.005 ? [`${percent(padding)} padding`] : []),
  ].join(', ');
}

/** What computes a format, for its line in a list. */
export function offerInWords({ routine, bound, zeros, use }: ExplainedOffer): string {
  const used = use ? `: ${useInWords(use)}` : '';
  return `${routine}${zeros ? ', with its zeros' : ''}, bound by ${bound}${used}`;
}

/** What else could compute it, a line each. */
export const othersInWords = ({ others = [] }: ExplainedOffer): readonly string[] =>
  others.map(({ routine, ns, reason }) =>
    ns === undefined
      ? `not by ${routine}: ${reason ?? 'takes no such layers'}`
      : `not by ${routine}: would take ${times(ns)}`,
  );

function why({ chosen, others, unfit, zeros }: Facts): string {
  const wanted = others.filter((offer) => offer.wanted);
  const [next] = wanted;
  const first = next === undefined ? alone(others) : compare(chosen, next);
  const none = zeros === 0 && isDense(chosen) ? '; no weight is pruned' : '';
  return `${first}${none}${unfit.length > 0 && zeros > 0 ? `; ${unfit.length} do not fit` : ''}`;
}

/** Whether every weight is stored, in a code or as it is. */
const isDense = ({ format }: ExplainedOffer): boolean => format.split(' ', 1)[0] === dense.format;

const alone = (others: readonly ExplainedOffer[]): string =>
  others.length === 0 ? 'no other format can hold the weights' : 'no other format is wanted';

/** Formats that take about as long are told apart by bytes; layers that share weights share what is best for all. */
function compare(chosen: ExplainedOffer, next: ExplainedOffer): string {
  const took = times(chosen.ns);
  const close = Math.abs(next.ns - chosen.ns) < about * chosen.ns;
  if (close) return `${took}; ${next.format} would take ${times(next.ns) === took ? 'as long' : times(next.ns)}`;
  if (next.ns > chosen.ns) return `${took}, where ${next.format} would take ${times(next.ns)}`;
  return `${took}, though ${next.format} would take ${times(next.ns)}: weights that layers share are stored as is best for all`;
}

/** The share by which times must differ to be told apart. */
const about = 0.03;

function whyNotSparse({ chosen, others, zeros, alternatives }: Facts): string | null {
  if (!isDense(chosen) || zeros === 0) return null;
  const best = others.find((offer) => offer.wanted && !isDense(offer));
  const at = `at ${percent(zeros)} zeros`;
  const off = best ? undefined : fastestWithout(others);
  const now = best
    ? `${at} ${best.format} would take ${times(best.ns)} and dense takes ${times(chosen.ns)}`
    : off
      ? `${at} ${off.format} would take ${times(off.ns)} by ${off.routine} and dense takes ${times(chosen.ns)} by ${chosen.routine}${off.ns < chosen.ns ? ', too little to be left for it' : ''}`
      : `${at} no sparse format is wanted for so small a layer, or for one of its kind`;
  const reached = alternatives.filter(({ from }) => from !== null && from <= hundredths(zeros));
  const [finest] = reached;
  const sentences = [
    needs(alternatives[0], zeros),
    finest && finest !== alternatives[0]
      ? `with ${finest.pattern} it would already win`
      : needsBlocks(alternatives, zeros),
  ].filter((s) => s !== undefined);
  return sentences.length === 0 ? now : `${now}; ${sentences.join('; ')}`;
}

/** Of formats that what computes them multiplies with their zeros: what would be fastest that does not. */
function fastestWithout(
  offers: readonly ExplainedOffer[],
): { readonly format: string; readonly routine: string; readonly ns: number } | undefined {
  const all = offers
    .filter(({ zeros }) => zeros)
    .flatMap(({ format, others = [] }) =>
      others.flatMap(({ routine, ns }) => (ns === undefined ? [] : [{ format, routine, ns }])),
    );
  return all.length === 0 ? undefined : all.reduce((a, b) => (b.ns < a.ns ? b : a));
}

/** What the finest pattern takes. */
function needs(alternative: Alternative | undefined, zeros: number): string | undefined {
  if (!alternative) return undefined;
  const { pattern, from } = alternative;
  if (from === null) return `${pattern} would never win`;
  return from > hundredths(zeros) ? `${pattern} would need ${from} %` : undefined;
}

/** Where no pattern wins yet: the one that needs the fewest zeros. */
function needsBlocks(alternatives: readonly Alternative[], zeros: number): string | undefined {
  const least = alternatives
    .slice(1)
    .reduce<Alternative | undefined>(
      (best, next) => (next.from !== null && (best?.from ?? Infinity) > next.from ? next : best),
      undefined,
    );
  return least?.from != null && least.from > hundredths(zeros)
    ? `${least.pattern} would need ${least.from} %`
    : undefined;
}

const hundredths = (share: number): number => Math.round(100 * share);

export const percent = (share: number): string => `${hundredths(share)} %`;

/** Nanoseconds in words: `41.2 us`. */
export const times = (ns: number): string =>
  ns < 999.5
    ? `${ns.toFixed(0)} ns`
    : ns < 999_500
      ? `${(ns / 1e3).toPrecision(3)} us`
      : `${(ns / 1e6).toPrecision(3)} ms`;
