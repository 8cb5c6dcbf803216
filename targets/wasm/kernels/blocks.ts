/** Values put one after the other, parts of values, and borders: runs of numbers that are copied as they are. */
import type { Arr } from '../../../src/loop/loop.ts';
import type { Kernel, KernelMatch, KernelSite, Routine, RoutineCall } from '../../../src/plan/kernel.ts';
import type { TensorType } from '../../../src/tensor/type.ts';
import { bytesPer, elements, sameLayout, storedLength } from '../../../src/tensor/type.ts';
import { isPanels, lanes } from '../panels.ts';
import { copyNumbers } from './fill.ts';

export const blocks: Kernel = {
  name: 'blocks',
  doc: 'concat, and slice and pad along one axis, as copies of runs of numbers',
  integers: true,

  match(site) {
    const { call, types, result } = site;
    const { op } = call;
    if (op.kind === 'concat') return joined(site, op.axis, op.count);
    if (op.kind !== 'slice' && op.kind !== 'pad') return 'does not copy runs';
    const { x } = types;
    if (!sameLayout(x.layout, result.type.layout)) return 'operand and result lie otherwise';
    if (bytesPer[x.dtype] !== 4) return `takes numbers of 4 bytes and is given ${x.dtype}`;
    if (op.kind === 'slice' && op.step.some((s, axis) => s !== 1 && op.size[axis] > 1)) return 'the slice has steps';
    const changed = x.shape.flatMap((d, axis) => (d === result.type.shape[axis] ? [] : [axis]));
    if (changed.length !== 1) return `changes ${changed.length} axes`;
    const [axis] = changed;
    const runs = runsOf(x, axis);
    if (!runs) return 'does not change the channels of its panels';
    if (op.kind === 'slice') return sliced(site, runs, op.begin[axis]);
    if (op.mode !== 'constant' || x.dtype !== 'f32') return 'the border repeats the value';
    return padded(site, runs, axis, op.before[axis], op.after[axis], op.value);
  },
};

/** A value as runs along an axis: `count` of them, `unit` numbers for each coordinate, `size` coordinates. */
interface Runs {
  readonly count: number;
  readonly unit: number;
  readonly size: number;
}

function runsOf(type: TensorType, axis: number): Runs | undefined {
  const { shape, layout } = type;
  if (layout.kind === 'plain')
    return { count: elements(shape.slice(0, axis)), unit: elements(shape.slice(axis + 1)), size: shape[axis] };
  if (!isPanels(type) || axis !== 3) return undefined;
  return { count: storedLength(type) / (shape[3] * lanes), unit: lanes, size: shape[3] };
}

const copyBlocks: Routine = {
  name: 'copy-blocks',
  template: 'wasm/kernels/copy-blocks.wat.hbs',
  view: {},
  needs: [copyNumbers],
};

const fillBlocks: Routine = {
  name: 'fill-blocks',
  template: 'wasm/kernels/fill-blocks.wat.hbs',
  view: {},
  needs: [],
};

interface Copy {
  readonly from: Arr;
  readonly to: Arr;
  readonly count: number;
  /** Numbers of a run, between runs, and before the first. */
  readonly length: number;
  readonly fromStep: number;
  readonly toStep: number;
  readonly fromFirst: number;
  readonly toFirst: number;
}

const copy = ({ from, to, count, length, fromStep, toStep, fromFirst, toFirst }: Copy): RoutineCall => ({
  routine: copyBlocks,
  args: [from, 4 * fromFirst, to, 4 * toFirst, count, length, 4 * fromStep, 4 * toStep],
});

function joined({ types, arrays, result }: KernelSite, axis: number, count: number): KernelMatch | string {
  const names = Array.from({ length: count }, (_, i) => `x${i}`);
  if (bytesPer[result.type.dtype] !== 4) return `takes numbers of 4 bytes and is given ${result.type.dtype}`;
  const whole = runsOf(result.type, axis);
  if (!whole || names.some((name) => !sameLayout(types[name].layout, result.type.layout)))
    return 'operands and result lie otherwise, or are not joined along the channels of their panels';
  let first = 0;
  const calls = names.map((name) => {
    const length = types[name].shape[axis] * whole.unit;
    const call = copy({
      from: arrays[name],
      to: result.array,
      count: whole.count,
      length,
      fromStep: length,
      toStep: whole.size * whole.unit,
      fromFirst: 0,
      toFirst: first,
    });
    first += length;
    return call;
  });
  return { calls };
}

function sliced({ arrays, result }: KernelSite, { count, unit, size }: Runs, begin: number): KernelMatch {
  const length = storedLength(result.type) / count;
  const call = copy({
    from: arrays.x,
    to: result.array,
    count,
    length,
    fromStep: size * unit,
    toStep: length,
    fromFirst: begin * unit,
    toFirst: 0,
  });
  return { calls: [call] };
}

function padded(
  { arrays, result }: KernelSite,
  { count, unit, size }: Runs,
  axis: number,
  before: number,
  after: number,
  value: number,
): KernelMatch {
  const step = result.type.shape[axis] * unit;
  const border = (at: number, length: number): readonly RoutineCall[] =>
    length === 0
      ? []
      : [{ routine: fillBlocks, args: [result.array, 4 * at * unit, count, length * unit, 4 * step, { f32: value }] }];
  const call = copy({
    from: arrays.x,
    to: result.array,
    count,
    length: size * unit,
    fromStep: size * unit,
    toStep: step,
    fromFirst: 0,
    toFirst: before * unit,
  });
  return { calls: [...border(0, before), call, ...border(before + size, after)] };
}
