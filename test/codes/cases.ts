/** Layers whose weights are stored in codes, each beside itself with the same weights as they are. */
import { codesFor } from '../../src/formats/codes.ts';
import { rulesOf } from '../../src/ops/index.ts';
import type { Value } from '../../src/ops/rules.ts';
import type { Quantity } from '../../src/tensor/quantity.ts';
import { withQuantity } from '../../src/tensor/quantity.ts';
import type { Params, Shape } from '../../src/tensor/type.ts';
import { elements, panel, tensor } from '../../src/tensor/type.ts';
import type { Case } from '../cpu-kernels/kit.ts';
import { random } from '../models.ts';
import type { Layouts } from '../ops/law.ts';
import { some, typeOfSample } from '../ops/law.ts';
import { conv, convT } from '../ops/makers.ts';

type Kind = 'int8' | 'int4' | 'powers of two' | 'bytes turned around' | 'a table' | 'whole int8' | 'whole int4';

/** A weight that is not 0 by a number drawn in [0, 1), and its row. */
const weightOf: Readonly<Record<Kind, (drawn: number, row: number) => number>> = {
  int8: (drawn, row) => Math.fround((1 + Math.floor(drawn * 127)) * scaleOf(row)),
  int4: (drawn, row) => Math.fround((Math.floor(drawn * 7) - 7) * scaleOf(row)),
  'powers of two': (drawn, row) => Math.fround(2 ** Math.floor(drawn * 7) * scaleOf(row)),
  'bytes turned around': (drawn, row) => Math.fround((row % 3 === 0 ? -1 : 1) * (3 + Math.floor(drawn * 240)) * 0.25),
  'a table': (drawn) => Math.fround(Math.sin(1 + Math.floor(drawn * 19))),
  'whole int8': (drawn) => Math.floor(drawn * 127) - 127,
  'whole int4': (drawn) => 1 + Math.floor(drawn * 7),
};

const scaleOf = (row: number): number => Math.fround(0.01 * (row + 1));

const perRow = (rows: number): Quantity => ({
  scale: Array.from({ length: rows }, (_, row) => scaleOf(row)),
  zero: Array.from({ length: rows }, () => 0),
  axis: 0,
});

const quantityOf: Readonly<Partial<Record<Kind, (rows: number) => Quantity>>> = {
  int8: perRow,
  int4: perRow,
  'powers of two': perRow,
  'bytes turned around': () => ({ scale: [0.25], zero: [0], axis: -1 }),
};

/** Weights of which blocks of two rows are kept, about `density` of all. */
function weights(kind: Kind, shape: Shape, density: number): Value {
  const next = random(7);
  const row = elements(shape) / shape[0];
  const kept = new Map<string, boolean>();
  const isKept = (r: number, c: number): boolean => {
    const key = `${r >> 1} ${c}`;
    if (!kept.has(key)) kept.set(key, next() < density);
    return kept.get(key) ?? false;
  };
  const numbers = Array.from({ length: elements(shape) }, (_, at) => {
    const r = Math.floor(at / row);
    return isKept(r, at % row) ? weightOf[kind](next(), r) : 0;
  });
  const dtype = kind.startsWith('whole') ? 'i32' : 'f32';
  const type = withQuantity(tensor(dtype, shape), quantityOf[kind]?.(shape[0]));
  return { type, data: dtype === 'i32' ? Int32Array.from(numbers) : Float32Array.from(numbers) };
}

interface Layer {
  readonly op: Case['op'];
  readonly x: Shape;
  readonly shape: Shape;
  readonly kind: Kind;
  readonly density?: number;
  readonly encodings: readonly (readonly [format: string, params: Params])[];
}

const dense = ['dense', {}] as const;
const csr = ['csr', { index: 16 }] as const;
const gaps = ['csr', { index: 8 }] as const;
const block = ['block', { r: 2, c: 1 }] as const;
const bitmask = ['bitmask', {}] as const;
const pairs = ['vec', { r: 2 }] as const;
const linear = { kind: 'linear', activation: 'none' } as const;

const layers: readonly Layer[] = [
  { op: conv(), x: [1, 5, 7, 24], shape: [32, 1, 1, 24], kind: 'int8', encodings: [dense] },
  { op: conv(), x: [1, 5, 7, 24], shape: [32, 1, 1, 24], kind: 'bytes turned around', encodings: [dense] },
  {
    op: conv({ pad: [1, 1, 1, 1] }),
    x: [1, 6, 5, 16],
    shape: [18, 3, 3, 16],
    kind: 'a table',
    density: 0.3,
    encodings: [dense, csr, bitmask, block, pairs],
  },
  {
    op: conv({ pad: [1, 1, 1, 1], stride: [2, 2] }),
    x: [1, 9, 9, 16],
    shape: [11, 3, 3, 16],
    kind: 'powers of two',
    density: 0.3,
    encodings: [dense, gaps, block],
  },
  {
    op: conv({ groups: 24, pad: [1, 1, 1, 1] }),
    x: [1, 6, 6, 24],
    shape: [24, 3, 3, 1],
    kind: 'bytes turned around',
    encodings: [dense],
  },
  {
    op: convT({ stride: [2, 2], size: [10, 12] }),
    x: [1, 5, 6, 12],
    shape: [10, 2, 2, 12],
    kind: 'int8',
    density: 0.5,
    encodings: [dense, csr],
  },
  { op: linear, x: [1, 70], shape: [21, 70], kind: 'a table', density: 0.5, encodings: [dense, csr, bitmask, block] },
  { op: linear, x: [3, 70], shape: [21, 70], kind: 'int4', density: 0.5, encodings: [dense, csr, pairs] },
  { op: linear, x: [1, 65], shape: [20, 65], kind: 'int8', encodings: [dense, block] },
  { op: linear, x: [2, 65], shape: [21, 65], kind: 'bytes turned around', encodings: [dense] },
  {
    op: conv({ pad: [1, 1, 1, 1] }),
    x: [1, 5, 4, 8],
    shape: [9, 3, 3, 8],
    kind: 'whole int8',
    density: 0.4,
    encodings: [dense, csr, bitmask, block, pairs],
  },
  { op: linear, x: [2, 40], shape: [16, 40], kind: 'whole int4', density: 0.4, encodings: [dense, gaps, block] },
];

/** A layer in codes, and with the same weights as they are: the results have the same bits. */
export interface Pair {
  readonly coded: Case;
  readonly plain: Case;
}

/** For values in panels of so many lanes where a target has them, and plain ones elsewhere. */
export const pairsFor = (lanes: number): readonly Pair[] => layers.flatMap((layer) => pairsOf(layer, lanes));

function pairsOf({ op, x, shape, kind, density = 1, encodings }: Layer, lanes: number): readonly Pair[] {
  const own = weights(kind, shape, density);
  const dtype = own.type.dtype === 'i32' ? 'i32' : 'f32';
  const values = [some(dtype, x, 5), own, some(dtype, [shape[0]], 9)];
  const { columns } = rulesOf(op);
  const view = columns?.(op, own.type) ?? { columns: 1, run: 1 };
  const { quantity } = own.type;
  const m = {
    rows: shape[0],
    ...view,
    data: Float32Array.from(own.data),
    ...(quantity && { quantity }),
    ...(dtype === 'i32' && { whole: true as const }),
  };
  const isPicture = typeOfSample({ op, values }).shape.length === 4 && dtype === 'f32';
  const layouts: Layouts = isPicture ? { x: panel(lanes), result: panel(lanes) } : {};
  return encodings.flatMap(([format, params]) =>
    codesFor(m, true).map((code) => {
      const title = `${op.kind} of ${shape.join('x')}, ${kind}, ${format} ${JSON.stringify(code)}`;
      const made = (all: Params): Case => ({ title, op, values, layouts, encoding: { format, params: all } });
      return { coded: made({ ...params, ...code }), plain: made(params) };
    }),
  );
}
