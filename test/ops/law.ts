/** What operators are tested with: samples, their meaning, and their loops run on data that lies in memory as asked. */
import type { Place } from '../../src/formats/format.ts';
import { formatNamed } from '../../src/formats/index.ts';
import type { Arr } from '../../src/loop/loop.ts';
import { run } from '../../src/loop/run.ts';
import type { Op } from '../../src/ops/index.ts';
import { rulesOf } from '../../src/ops/index.ts';
import type { Types, Value } from '../../src/ops/rules.ts';
import type { Matrix } from '../../src/tensor/matrix.ts';
import type { Numbers } from '../../src/tensor/numbers.ts';
import { dtypeOf, zeros } from '../../src/tensor/numbers.ts';
import type { DType, Encoding, Layout, Shape, TensorType } from '../../src/tensor/type.ts';
import { dense, elements, plain, storedLength, tensor } from '../../src/tensor/type.ts';

/** An operator with plain data for its operands, in order. */
export interface Sample<O extends Op = Op> {
  readonly op: O;
  readonly values: readonly Value[];
}

export const value = (dtype: DType, shape: Shape, data: Iterable<number>): Value => {
  const held = zeros(dtype, elements(shape));
  held.set([...data]);
  return { type: tensor(dtype, shape), data: held };
};

/** Numbers that repeat nowhere soon: eighths in −2..2, whose products and short sums are exact in f32; whole in −3..5 for i32. */
export function some(dtype: 'f32' | 'i32', shape: Shape, seed = 1): Value {
  let state = seed * 2654435761;
  const next = (): number => {
    state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9;
    return ((state ^ (state >>> 13)) >>> 0) / 2 ** 32;
  };
  const draw = (): number => (dtype === 'f32' ? Math.floor(next() * 33) / 8 - 2 : Math.floor(next() * 9) - 3);
  return value(dtype, shape, Array.from({ length: elements(shape) }, draw));
}

export const named = <T>(op: Op, things: readonly T[]): Readonly<Record<string, T>> =>
  Object.fromEntries(
    rulesOf(op)
      .operands(op)
      .map((name, i) => [name, things[i]]),
  );

export const typesOf = ({ op, values }: Sample): Types =>
  named(
    op,
    values.map((v) => v.type),
  );

export const inferred = (sample: Sample): TensorType | string => rulesOf(sample.op).infer(sample.op, typesOf(sample));

/** The type of a sample that is known to fit. */
export function typeOfSample(sample: Sample): TensorType {
  const type = inferred(sample);
  if (typeof type === 'string') throw new Error(`"${sample.op.kind}" ${type}`);
  return type;
}

export const meaning = (sample: Sample): Numbers =>
  rulesOf(sample.op).evaluate(sample.op, named(sample.op, sample.values), typeOfSample(sample));

/** Where each operand lies, and the result by the name `result`. What is not named is plain. */
export type Layouts = Readonly<Record<string, Layout>>;

/** Runs the sample's loops, and gives the result as plain data. */
export function runLoops(
  sample: Sample,
  layouts: Layouts = {},
  encoding: Encoding = dense,
  mask?: Matrix['mask'],
): Numbers {
  const { op, values } = sample;
  const { lower, columns } = rulesOf(op);
  const memory = new Map<Arr, Numbers>();
  const hold = (name: string, data: Numbers, dtype: DType = dtypeOf(data)): Arr => {
    const array: Arr = { name, dtype, length: data.length };
    memory.set(array, data);
    return array;
  };
  const lay = (name: string, type: TensorType): TensorType => ({ ...type, layout: layouts[name] ?? plain });
  const types = Object.fromEntries(Object.entries(typesOf(sample)).map(([name, type]) => [name, lay(name, type)]));
  const arrays = Object.fromEntries(
    Object.entries(named(op, values)).map(([name, v]) => [name, hold(name, stored(v.data, types[name]), v.type.dtype)]),
  );
  const type = lay('result', typeOfSample(sample));
  const out = rubbish(type);
  const result = { type, array: hold('result', out, type.dtype) };

  const weights = columns && named(op, values).weights;
  // Whole numbers are in no format: they lie as they are.
  const place =
    weights &&
    (weights.data instanceof Float32Array
      ? placeOf(matrixOf(sample, mask), encoding, hold)
      : { ...viewOf(sample), parts: { val: arrays.weights } });
  const walk: Parameters<typeof lower>[1]['walk'] = (row, visit) => {
    if (!place) throw new Error('no weights to walk');
    return formatOf(encoding).walk(place, encoding.params, row, visit);
  };
  // Weights are read through `walk` alone.
  const { weights: _dense, ...others } = arrays;
  run(lower(op, { types, arrays: weights ? others : arrays, result, walk }), memory);
  return unstored(out, type);
}

/** The weights of a sample as formats see them. */
export function matrixOf(sample: Sample, mask?: Matrix['mask']): Matrix {
  const { data } = named(sample.op, sample.values).weights;
  if (!(data instanceof Float32Array)) throw new Error(`"${sample.op.kind}" has no weights of f32`);
  const plane = rulesOf(sample.op).plane?.(sample.op, typesOf(sample));
  return { ...viewOf(sample), data, ...(mask && { mask }), ...(plane && { plane }) };
}

function viewOf({ op, values }: Sample): Omit<Matrix, 'data' | 'mask'> {
  const { type } = named(op, values).weights;
  const view = rulesOf(op).columns?.(op, type);
  if (!view) throw new Error(`"${op.kind}" has no weights`);
  return { rows: elements(type.shape) / view.columns, ...view };
}

function placeOf(m: Matrix, encoding: Encoding, hold: (name: string, data: Numbers) => Arr): Place {
  const { parts } = formatOf(encoding).pack(m, encoding.params);
  const held = Object.entries(parts).map(([name, data]) => [name, hold(name, data)]);
  return { rows: m.rows, columns: m.columns, run: m.run, parts: Object.fromEntries(held) };
}

function formatOf({ format }: Encoding) {
  const found = formatNamed(format);
  if (!found) throw new Error(`no format is called "${format}"`);
  return found;
}

/** Memory as it may be found: nothing that could pass for a result. */
function rubbish(type: TensorType): Numbers {
  const data = zeros(type.dtype, storedLength(type));
  return data.fill(type.dtype === 'f32' ? Number.NaN : -7_654_321);
}

/** Plain data as `type` lies in memory, rubbish in the padding. Written from the words in tensor/type.ts alone. */
export function stored(data: Numbers, type: TensorType): Numbers {
  if (type.layout.kind === 'plain') return data.slice();
  const out = rubbish(type);
  for (const [to, from] of panelPlaces(type)) out[to] = data[from];
  return out;
}

function unstored(data: Numbers, type: TensorType): Numbers {
  if (type.layout.kind === 'plain') return data;
  const out = zeros(type.dtype, elements(type.shape));
  for (const [from, to] of panelPlaces(type)) out[to] = data[from];
  return out;
}

/** For each element, where it lies in panels and where in plain data. */
function panelPlaces({ shape, layout }: TensorType): readonly (readonly [number, number])[] {
  if (layout.kind !== 'panel') return [];
  const [n, ...inner] = shape.length === 2 ? [1, ...shape] : shape;
  const c = inner.pop() ?? 1;
  const pixels = elements(inner);
  const { lanes } = layout;
  const places: (readonly [number, number])[] = [];
  let panel = 0;
  for (let picture = 0; picture < n; picture++)
    for (let first = 0; first < pixels; first += lanes, panel++)
      for (let channel = 0; channel < c; channel++)
        for (let lane = 0; lane < lanes && first + lane < pixels; lane++)
          places.push([(panel * c + channel) * lanes + lane, (picture * pixels + first + lane) * c + channel]);
  return places;
}

/** The largest difference over the largest finite number; infinite where one is NaN or infinite and the other is not the same. */
export function distance(got: Numbers, want: Numbers): number {
  if (got.length !== want.length) return Number.POSITIVE_INFINITY;
  let [largest, apart] = [0, 0];
  for (const [i, w] of want.entries()) {
    if (Object.is(w, got[i]) || w === got[i]) {
      if (Number.isFinite(w)) largest = Math.max(largest, Math.abs(w));
    } else if (!Number.isFinite(w - got[i])) return Number.POSITIVE_INFINITY;
    else [largest, apart] = [Math.max(largest, Math.abs(w)), Math.max(apart, Math.abs(w - got[i]))];
  }
  return apart === 0 ? 0 : apart / largest;
}
