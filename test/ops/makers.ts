/** Short ways to write operators and their data. */
import type { Kind, Op } from '../../src/ops/index.ts';
import type { Value } from '../../src/ops/rules.ts';
import type { DType, Shape, TensorType } from '../../src/tensor/type.ts';
import { tensor } from '../../src/tensor/type.ts';
import { some, value } from './law.ts';

export type OpOf<K extends Kind> = Extract<Op, { readonly kind: K }>;

export const f = (shape: readonly number[], ...data: readonly number[]): Value => value('f32', shape, data);
export const i = (shape: readonly number[], ...data: readonly number[]): Value => value('i32', shape, data);
export const x = (...shape: readonly number[]): Value => some('f32', shape, 1);
export const y = (...shape: readonly number[]): Value => some('f32', shape, 2);
export const z = (...shape: readonly number[]): Value => some('f32', shape, 3);
export const whole = (...shape: readonly number[]): Value => some('i32', shape, 4);

export const nan = Number.NaN;
export const inf = Number.POSITIVE_INFINITY;

export const conv = (more: Partial<OpOf<'conv2d'>> = {}): OpOf<'conv2d'> => ({
  kind: 'conv2d',
  stride: [1, 1],
  dilation: [1, 1],
  pad: [0, 0, 0, 0],
  groups: 1,
  activation: 'none',
  ...more,
});

export const convT = (more: Partial<OpOf<'conv-transpose2d'>> = {}): OpOf<'conv-transpose2d'> => ({
  kind: 'conv-transpose2d',
  stride: [1, 1],
  dilation: [1, 1],
  pad: [0, 0, 0, 0],
  size: [2, 2],
  activation: 'none',
  ...more,
});

export const pool = (more: Partial<OpOf<'pool2d'>> = {}): OpOf<'pool2d'> => ({
  kind: 'pool2d',
  fn: 'max',
  window: [2, 2],
  stride: [1, 1],
  pad: [0, 0, 0, 0],
  countPad: false,
  ...more,
});

export const resize = (more: Partial<OpOf<'resize'>> = {}): OpOf<'resize'> => ({
  kind: 'resize',
  method: 'bilinear',
  size: [1, 4],
  coordinates: 'asymmetric',
  rounding: 'floor',
  ...more,
});

export const pad = (more: Partial<OpOf<'pad'>> = {}): OpOf<'pad'> => ({
  kind: 'pad',
  before: [2],
  after: [2],
  mode: 'constant',
  value: 9,
  ...more,
});

export interface Refused {
  readonly op: object;
  readonly types: readonly TensorType[];
  /** The rest of the sentence. */
  readonly because: string;
}

export const refused = (op: object, types: readonly (TensorType | Shape)[], because: string): Refused => ({
  op,
  types: types.map((t) => (Array.isArray(t) ? tensor('f32', t) : (t as TensorType))),
  because,
});

export const i32 = (...shape: Shape): TensorType => tensor('i32' satisfies DType, shape);
