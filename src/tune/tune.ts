/** Measurements of a grid → rates of this machine, with what they predict beside what was measured. */
import type { Counts, Rates } from '../plan/rates.ts';
import { predictWith } from '../plan/rates.ts';
import { printEncoding } from '../plan/report.ts';
import { fitRates } from './fit.ts';
import type { Probe } from './probes.ts';

export interface Tuned<R extends Rates = Rates> {
  readonly rates: R;
  readonly fits: readonly Fit[];
  readonly compared: readonly Compared[];
}

/** How near the predictions for a family come. */
export interface Fit {
  readonly family: string;
  /** Layers that were measured; 0 where the rates were estimated from those of other families. */
  readonly layers: number;
  /** Relative errors of their predictions, without sign: in the middle, and at worst. */
  readonly medianError: number;
  readonly worstError: number;
}

export interface Compared {
  readonly family: string;
  /** `conv 14x14 256 -> 1024 1x1`. */
  readonly shape: string;
  readonly format: string;
  readonly density: number;
  readonly measuredNs: number;
  readonly predictedNs: number;
}

/**
 * Rates for every family that `shipped` has. Those stand in for families that no layer of the grid is computed by, as much
 * faster or slower as the others are.
 */
export function tuneFrom<R extends Rates>(
  probes: readonly Probe[],
  measured: ReadonlyMap<string, number>,
  shipped: R,
  where: Pick<Rates, 'machine' | 'compiler' | 'device'>,
): Tuned<R> {
  const families = Object.keys(shipped.families);
  const known = probes.flatMap((probe) => {
    const ns = measured.get(probe.name);
    return ns === undefined ? [] : [{ ...probe, ns }];
  });
  const scaleOf = (some: typeof known): number =>
    median(some.map((probe) => probe.ns / predictWith(shipped, probe).ns));
  const scale = scaleOf(known);
  const ratesOf = (family: string): Counts => {
    const own = known.filter((probe) => probe.family === family);
    if (own.length === 0) return scaled(shipped.families[family], scale);
    // What no layer of the family was bound by takes as much longer as those that were measured.
    const seen = new Set(own.flatMap(({ counts }) => Object.keys(counts)));
    const unseen = Object.entries(shipped.families[family]).filter(([thing]) => !seen.has(thing));
    return { ...fitRates(own), ...scaled(Object.fromEntries(unseen), scaleOf(own)) };
  };
  // The same families, whatever type names them.
  const rates = {
    ...where,
    families: Object.fromEntries(families.map((family) => [family, ratesOf(family)])),
  } as Rates as R;
  const compared = known.map((probe): Compared => {
    const { family, shape, density, encoding, ns } = probe;
    const predictedNs = Math.round(predictWith(rates, probe).ns);
    return { family, shape, format: printEncoding(encoding), density, measuredNs: Math.round(ns), predictedNs };
  });
  return { rates, fits: families.map((family) => fitOf(family, compared)), compared };
}

const scaled = (counts: Counts, by: number): Counts =>
  Object.fromEntries(Object.entries(counts).map(([thing, rate]) => [thing, Number((rate * by).toPrecision(3))]));

function fitOf(family: string, compared: readonly Compared[]): Fit {
  const errors = compared
    .filter((c) => c.family === family)
    .map(({ measuredNs, predictedNs }) => Math.abs(predictedNs - measuredNs) / Math.max(1, measuredNs));
  return {
    family,
    layers: errors.length,
    medianError: errors.length === 0 ? 0 : median(errors),
    worstError: errors.reduce((most, e) => Math.max(most, e), 0),
  };
}

/** 1 of no numbers. */
function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? 1;
}
