/** Why a layer has its format, in sentences. */
import { dense } from '../tensor/type.ts';
import type { ExplainedLayer, ExplainedOffer } from './explain.ts';
import type { Alternative } from './flips.ts';

type Facts = Omit<ExplainedLayer, 'why' | 'whyNotSparse'>;

export const reasonsFor = (layer: Facts, asked: boolean): Pick<ExplainedLayer, 'why' | 'whyNotSparse'> => ({
  why: asked ? 'asked for' : why(layer),
  whyNotSparse: whyNotSparse(layer),
});

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
  const now = best
    ? `${at} ${best.format} would take ${times(best.ns)} and dense takes ${times(chosen.ns)}`
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
