/**
 * The engine with an adder for every addition: weights are wires and shifts, a zero is nothing at all, and a pixel
 * takes one cycle once its window is there. It pays where each weight would be used few times over: few weights, or
 * few values between one pixel and the next.
 */
import { addAreas, drainArea, memoryArea, noArea, romArea } from '../area/datapath.ts';
import { rates } from '../area/rates.ts';
import type { Area, Engine, Estimate, UnrolledPlan } from '../contract/engine.ts';
import type { Layer } from '../contract/layer.ts';
import { columnsOf, liveOf } from '../contract/layer.ts';
import { pairsIn, shiftAdd } from '../schedule/shift-add.ts';
import { outBitsOf, sizeFault } from './assemble.ts';
import { pitchOf, reachOf } from './ring.ts';
import { endingFields, rom } from './tables.ts';
import { cyclesOf } from './timing.ts';

/** Weights, inputs of a window and pairs of terms that it is planned for. */
const [mostWeights, mostColumns, mostPairs] = [512, 1024, 2 ** 15];

export const unrolled: Engine = {
  name: 'unrolled',
  doc: 'an adder for every addition, no multiplier and no table: for few weights',

  fits(layer) {
    if (layer.decomposed) return 'rebuilds no weights';
    const [weights, columns] = [liveOf(layer), columnsOf(layer)];
    if (weights > mostWeights) return `takes at most ${mostWeights} weights and is given ${weights}`;
    if (columns > mostColumns) return `takes at most ${mostColumns} inputs of a window and is given ${columns}`;
    const pairs = pairsIn(layer);
    if (pairs > mostPairs) return `looks at no more than ${mostPairs} pairs of terms and is given ${pairs}`;
    return sizeFault(layer);
  },

  /** Weights that are wires: all of them. */
  foldings: (layer) => [Math.max(1, liveOf(layer))],

  outline(layer): Estimate {
    const { cyclesPerImage, area } = planFor(layer);
    return {
      cycles: cyclesPerImage,
      words: 1,
      clusters: 1,
      area,
      table: { depth: 0, width: 0, storage: 'distributed', perCycle: 0 },
    };
  },

  plan: (layer) => planFor(layer),
};

/** What was planned: the outline is the plan. */
const planned = new WeakMap<Layer, UnrolledPlan>();

function planFor(layer: Layer): UnrolledPlan {
  const before = planned.get(layer);
  if (before) return before;
  const made = shiftAdd(layer, columnsOf(layer));
  const roms = [
    rom(
      'ending',
      layer.rows,
      endingFields(
        layer,
        Int32Array.from({ length: layer.rows }, (_, r) => r),
      ),
    ),
  ];
  const ring = { slots: 1, pixels: reachOf(layer) + 1 };
  const pace = { group: 1, busy: 1, entries: layer.rows, halves: 2, latency: made.levels + 1, ring };
  const plan: UnrolledPlan = {
    kind: 'unrolled',
    engine: unrolled.name,
    ...made,
    roms,
    cyclesPerImage: cyclesOf(layer, pace),
    beat: { in: 1, out: 1 },
    outBits: outBitsOf(layer),
    area: areaOf(layer, made, roms),
  };
  planned.set(layer, plan);
  return plan;
}

/** Adders with their registers, terms that wait, the window with its lines, sums that wait, and one drain. */
function areaOf(
  layer: Layer,
  { adders, results }: Pick<UnrolledPlan, 'adders' | 'results'>,
  roms: UnrolledPlan['roms'],
): Area {
  const bits = adders.reduce((sum, a) => sum + a.bits, 0);
  const lines = memoryArea(pitchOf(layer) * layer.channels, layer.inputBits);
  const window = columnsOf(layer) * layer.inputBits;
  const sums = results.filter((r) => r !== undefined).length * layer.accumulatorBits;
  const { lut, ff } = rates.constantAdder;
  return addAreas([
    ...Array.from({ length: layer.taps[0] - 1 }, () => lines),
    { ...noArea, lut: Math.round(bits * lut), ff: Math.round(bits * ff) + window + sums },
    drainArea(layer, { accumulators: layer.rows, clusters: 1 }),
    ...roms.map(romArea),
    { ...noArea, ...rates.control },
  ]);
}
