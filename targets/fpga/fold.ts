/**
 * Which engine each layer has, and how many multipliers: the cheapest that keep up. All stages run at once, so an
 * image takes as long as the slowest of them, and to be faster than that anywhere is area for nothing.
 */
import type { Diagnostic } from '../../src/diagnostic.ts';
import type { Table } from './area/datapath.ts';
import { addAreas } from './area/datapath.ts';
import { blocksOf, place } from './area/placing.ts';
import type { Area, Engine, Estimate } from './contract/engine.ts';
import type { Layer } from './contract/layer.ts';
import { engines } from './engines/index.ts';
import type { Frontiers, Resource } from './frontier.ts';
import { firstInterval, frontiersOf, intervals, resources } from './frontier.ts';
import type { Part } from './parts.ts';
import { externalBits } from './parts.ts';

export interface FoldOptions {
  readonly part: Part;
  /** Nanoseconds. */
  readonly clock: number;
  /** Images a second that must be reached; the most that fit unless given. */
  readonly fps?: number | undefined;
  /** Weights that one multiplier works through for a pixel, instead of a rate. */
  readonly reuse?: number | undefined;
  /** What may be used; all that the part has unless given. */
  readonly dsp?: number | undefined;
  readonly lut?: number | undefined;
  readonly bram?: number | undefined;
  /** Engines to choose from besides the usual ones: `tree`. */
  readonly also?: readonly Engine[] | undefined;
}

export interface Choice extends Estimate {
  readonly engine: Engine;
  readonly folding: number;
}

/** A layer and everything that it could be, cheapest first. */
export interface Open {
  readonly name: string;
  readonly choices: readonly Choice[];
}

/** Of the part, in the terms of `Area`. */
export interface Budget extends Pick<Area, 'dsp' | 'lut' | 'ff' | 'bram18' | 'uram'> {
  /** Bits a cycle from memory outside. */
  readonly external: number;
}

export const budgetOf = ({ part, clock, dsp, lut, bram }: FoldOptions): Budget => ({
  dsp: dsp ?? part.dsp,
  lut: lut ?? part.lut,
  ff: part.ff,
  bram18: bram ?? part.bram18,
  uram: part.uram,
  external: externalBits(part, clock),
});

/** How much of the budget something is: a share of each resource, the scarcest counting most. */
export const costOf = (area: Area, options: FoldOptions): number => {
  const budget = budgetOf(options);
  return resources.reduce((sum, r) => sum + area[r] / Math.max(1, budget[r]), 0);
};

/** Everything that a layer could be, cheapest first. */
export function choicesFor(layer: Layer, options: FoldOptions): readonly Choice[] {
  const all = [...engines, ...(options.also ?? [])]
    .filter((engine) => engine.fits(layer) === undefined)
    .flatMap((engine) =>
      engine.foldings(layer).map((folding) => ({ engine, folding, ...engine.outline(layer, folding) })),
    );
  const cost = new Map(all.map((c) => [c, costOf(c.area, options)]));
  return all.sort((a, b) => (cost.get(a) ?? 0) - (cost.get(b) ?? 0));
}

/** The cheapest that takes no longer, or the fastest there is. */
export const within = (choices: readonly Choice[], cycles: number): Choice =>
  choices.find((c) => c.cycles <= cycles) ?? choices.reduce((a, b) => (b.cycles < a.cycles ? b : a));

/** The cheapest in which a multiplier works through at most so many weights a pixel, or the one with fewest. */
const reused = (choices: readonly Choice[], words: number): Choice =>
  choices.find((c) => c.words / c.clusters <= words) ??
  choices.reduce((a, b) => (b.words / b.clusters < a.words / a.clusters ? b : a));

export interface Fixed {
  /** Of the slowest stage that is no layer. */
  readonly cycles: number;
  /** Its name. */
  readonly slowest: string;
  readonly area: Area;
}

/** A choice for every layer, or why there is none. */
export function choose(all: readonly Open[], fixed: Fixed, options: FoldOptions): readonly Choice[] | Diagnostic {
  const budget = budgetOf(options);
  const choices = all.map((layer) => layer.choices);
  const frontiers = frontiersOf(choices, options.part, options.clock);
  const { fps: _fps, reuse, ...free } = options;
  if (reuse !== undefined) {
    const picked = choices.map((own) => reused(own, reuse));
    if (tooMuch(picked, fixed, budget) === undefined) return picked;
    return refusal(picked, all, fixed, options, fastest(frontiers, fixed, free));
  }
  if (options.fps !== undefined) {
    const cycles = Math.floor(1e9 / (options.clock * options.fps));
    const quickest = choices.map((own) => within(own, 0));
    const slow = quickest.findIndex((c) => c.cycles > cycles);
    if (slow >= 0 || fixed.cycles > cycles) return tooSlow(quickest, all, slow, cycles, fixed, options);
    // What is slower may not fit where what is faster does: its tables are longer.
    const least = Math.max(fixed.cycles, 1, ...quickest.map((c) => c.cycles));
    const fitting = intervals(least, cycles).flatMap((each) => {
      const found = leastAt(frontiers, each, fixed, options);
      return found ? [found] : [];
    });
    const picked = leastBy(fitting, (own) => costOfAll(own, options));
    if (picked) return picked;
    return refusal(nearest(frontiers, cycles, fixed, budget), all, fixed, options, fastest(frontiers, fixed, free));
  }
  return (
    fastest(frontiers, fixed, options) ?? refusal(nearest(frontiers, Infinity, fixed, budget), all, fixed, options)
  );
}

/** The shortest interval whose area fits. */
function fastest(frontiers: Frontiers<Choice>, fixed: Fixed, options: FoldOptions): readonly Choice[] | undefined {
  const budget = budgetOf(options);
  const ends = (at: 0 | -1): readonly number[] =>
    frontiers.flatMap((layers) => layers.map((own) => own.at(at)?.cycles ?? 0));
  const least = Math.max(fixed.cycles, 1, ...ends(-1));
  const most = Math.max(least, ...ends(0));
  const fits = (cycles: number): boolean =>
    frontiers.some((layers) => tooMuch(at(layers, cycles), fixed, budget) === undefined);
  const cycles = firstInterval(least, most, fits);
  return cycles === undefined ? undefined : leastAt(frontiers, cycles, fixed, options);
}

const at = (layers: Frontiers<Choice>[number], cycles: number): readonly Choice[] =>
  layers.map((own) => within(own, cycles));

/** Of what keeps up and fits, what takes least of the budget. */
function leastAt(
  frontiers: Frontiers<Choice>,
  cycles: number,
  fixed: Fixed,
  options: FoldOptions,
): readonly Choice[] | undefined {
  const budget = budgetOf(options);
  const found = frontiers.map((layers) => at(layers, cycles)).filter((p) => tooMuch(p, fixed, budget) === undefined);
  return leastBy(found, (picked) => costOfAll(picked, options));
}

const costOfAll = (picked: readonly Choice[], options: FoldOptions): number =>
  picked.reduce((sum, { area }) => sum + costOf(area, options), 0);

/** Of what keeps up and does not fit, what comes nearest. */
function nearest(frontiers: Frontiers<Choice>, cycles: number, fixed: Fixed, budget: Budget): readonly Choice[] {
  const over = (picked: readonly Choice[]): number => {
    const area = addAreas([fixed.area, ...picked.map((c) => c.area)]);
    const tables = picked.reduce((sum, c) => sum + blocksOf(c.table), 0);
    const fetched = picked.reduce((sum, c) => sum + (c.table.storage === 'block' ? c.table.perCycle : 0), 0);
    const share = (r: Resource): number => area[r] / Math.max(1, budget[r]);
    // Schedules are inside, or outside all.
    const besides = (area.bram18 - tables) / Math.max(1, budget.bram18);
    const blocks = Math.min(share('bram18'), Math.max(besides, fetched / Math.max(1, budget.external)));
    return Math.max(share('dsp'), share('lut'), share('ff'), blocks);
  };
  const all = frontiers.map((layers) => at(layers, cycles));
  return leastBy(all, over) ?? all[0];
}

function leastBy<T>(items: readonly T[], cost: (item: T) => number): T | undefined {
  let [best, least]: [T | undefined, number] = [undefined, Infinity];
  for (const item of items) {
    const own = cost(item);
    if (own < least) [best, least] = [item, own];
  }
  return best;
}

/** A resource of which there is too little. Schedules may be moved out of blocks. */
function tooMuch(picked: readonly Choice[], fixed: Fixed, budget: Budget): Resource | undefined {
  const area = addAreas([fixed.area, ...picked.map((c) => c.area)]);
  const scarce = resources.find((r) => r !== 'bram18' && area[r] > budget[r]);
  return scarce ?? (placed(picked, fixed.area, budget) ? undefined : 'bram18');
}

/** Where the schedules of all layers are kept, if there is room. */
export function placed(
  picked: readonly Pick<Choice, 'area' | 'table'>[],
  besides: Area,
  budget: Budget,
): readonly Table['storage'][] | undefined {
  const tables = picked.map((c) => c.table);
  const others = besides.bram18 + picked.reduce((sum, { area, table }) => sum + area.bram18 - blocksOf(table), 0);
  return place(tables, { bram18: budget.bram18 - others, uram: budget.uram, external: budget.external });
}

const names: Readonly<Record<Resource, string>> = {
  dsp: 'multipliers (DSP)',
  lut: 'look-up tables',
  ff: 'registers',
  bram18: 'blocks of 18 kbit',
};

const perSecond = (cycles: number, clock: number): string => (1e9 / (cycles * clock)).toPrecision(3);

/** `slower` is what would fit at another rate, if anything. */
function refusal(
  picked: readonly Choice[],
  all: readonly Open[],
  fixed: Fixed,
  options: FoldOptions,
  slower?: readonly Choice[],
): Diagnostic {
  const budget = budgetOf(options);
  const area = addAreas([fixed.area, ...picked.map((c) => c.area)]);
  const over = resources.filter((r) => area[r] > budget[r]);
  const most = over.map((r) => picked.reduce((best, c, i) => (c.area[r] > picked[best].area[r] ? i : best), 0));
  const what = over.map((r, i) => {
    const { name } = all[most[i]];
    if (r === 'bram18') return blockNeed(picked, fixed.area, budget, name);
    return `takes ${area[r]} ${names[r]} of ${budget[r]}, ${picked[most[i]].area[r]} of them in the layer "${name}"`;
  });
  const rate = slower && perSecond(Math.max(fixed.cycles, ...slower.map((c) => c.cycles)), options.clock);
  return {
    severity: 'error',
    code: 'fpga/budget',
    message: `the network ${what.join(', and ')}`,
    hint: rate ? `${rate} images a second would fit` : 'take a larger part, or prune more',
  };
}

/** Blocks for schedules may be elsewhere, others may not. */
function blockNeed(picked: readonly Choice[], besides: Area, budget: Budget, largest: string): string {
  const all = besides.bram18 + picked.reduce((sum, c) => sum + c.area.bram18, 0);
  const schedules = picked.reduce((sum, c) => sum + blocksOf(c.table), 0);
  if (all - schedules > budget.bram18)
    return `takes ${all - schedules} ${names.bram18} besides its schedules, of ${budget.bram18}`;
  return (
    `has schedules of ${schedules} ${names.bram18}, most of them in the layer "${largest}", and ${budget.bram18 - all + schedules} ` +
    `are free, besides ${budget.uram} of UltraRAM and ${budget.external} bits a cycle from memory outside`
  );
}

function tooSlow(
  picked: readonly Choice[],
  all: readonly Open[],
  slow: number,
  cycles: number,
  fixed: Fixed,
  options: FoldOptions,
): Diagnostic {
  const { fps, clock } = options;
  const taken = slow >= 0 ? picked[slow].cycles : fixed.cycles;
  const who = slow >= 0 ? `the layer "${all[slow].name}"` : `stage "${fixed.slowest}"`;
  const limit = Math.max(fixed.cycles, ...picked.map((c) => c.cycles));
  return {
    severity: 'error',
    code: 'fpga/too-slow',
    message: `${who} takes ${taken} cycles for an image at best, and ${fps} a second at ${clock} ns leave ${cycles}`,
    hint: `at most ${perSecond(limit, clock)} images a second`,
  };
}
