/** Convolutions in groups, and transposed ones, for each kernel of the target webgpu that takes them. */
import { reorderLayout } from '../passes/reorder-layout.ts';
import type { Activation } from '../src/ops/scalar.ts';
import type { Encoding } from '../src/tensor/type.ts';
import { dense, elements, tensor } from '../src/tensor/type.ts';
import { wish } from '../targets/gpu/wish.ts';
import { constant, layered, sparse } from './wasm-graphs.ts';
import type { Make, WebgpuCase } from './webgpu-layers.ts';
import { codedConv, conv, convOf, grouped, groups, inGroups, rows, same, shared } from './webgpu-layers.ts';

interface TransposedSpec {
  readonly x: readonly number[];
  readonly o: number;
  readonly kernel: readonly number[];
  readonly size: readonly number[];
  readonly stride?: readonly number[];
  readonly dilation?: readonly number[];
  readonly pad?: readonly number[];
  readonly activation?: Activation;
  readonly encoding?: Encoding;
  readonly make?: Make;
}

const whole: Make = ({ rows, columns }) => sparse(rows * columns, 1, 5);
const some: Make = ({ rows, columns }) => sparse(rows * columns, 0.3, 5);

function transposed(title: string, spec: TransposedSpec): WebgpuCase {
  const { x, o, kernel, size, activation = 'none', encoding = dense, make = whole } = spec;
  const shape = [o, ...kernel, x[3]];
  const data = make({ rows: o, columns: elements(shape) / o, run: x[3] });
  const { stride = [2, 2], dilation = [1, 1], pad = [0, 0, 0, 0] } = spec;
  const graph = layered(
    { kind: 'conv-transpose2d', stride, dilation, pad, size, activation },
    {
      x: tensor('f32', x),
      weights: constant('weights', { ...tensor('f32', shape), encoding }, data),
      bias: constant('bias', tensor('f32', [o]), sparse(o, 1, 4)),
      ...(activation === 'prelu' && { slope: constant('slope', tensor('f32', [o]), sparse(o, 1, 6)) }),
    },
    false,
  );
  return { title: `transposed, ${title}`, graph: reorderLayout({ wish }).run(graph, () => {}) };
}

const block = (r: number, c: number): Encoding => ({ format: 'block', params: { r, c } });

const vec: Encoding = { format: 'vec', params: { r: 4 } };

/** Twice as large, as networks enlarge pictures: by 4x4 taps of which each pixel meets four. */
const twice = { x: [1, 6, 7, 24], o: 20, kernel: [4, 4], size: [12, 14], pad: [1, 1, 1, 1] } as const;

export const windowCases = {
  dense: [
    conv('groups of many rows', { ...same, x: [2, 7, 9, 10], o: 70, groups: 2, activation: 'relu' }),
    conv('groups of rows by fours, a residual', { ...same, x: [1, 9, 8, 6], o: 40, groups: 2, residual: true }),
    conv('a pixel in groups', { x: [5, 1, 1, 12], o: 9, kernel: [1, 1], groups: 3, half: false }),
    transposed('twice as large', twice),
    transposed('gaps between taps, several images', {
      ...{
        x: [2, 5, 4, 5],
        o: 33,
        kernel: [3, 2],
        stride: [3, 4],
        dilation: [2, 1],
        pad: [1, 0, 0, 2],
        size: [17, 13],
      },
      ...{ activation: 'prelu', make: (m) => sparse(m.rows * m.columns, 1, 5, false) },
    }),
  ],
  sparse: [
    conv('groups of few rows with all weights', { ...same, x: [2, 7, 9, 12], o: 24, groups: 3, activation: 'relu6' }),
    conv('groups of three rows, all weights, f32', { x: [1, 6, 7, 8], o: 12, kernel: [2, 2], groups: 4, half: false }),
    conv('three filters over many pixels', { ...same, x: [1, 97, 89, 5], o: 3, activation: 'relu' }),
    conv('groups, a residual', { ...same, x: [1, 9, 7, 72], o: 10, groups: 2, density: 0.2, residual: true }),
    convOf('bands that groups cut', { ...same, x: [1, 6, 7, 12], o: 18, groups: 3 }, block(4, 1), (m) =>
      grouped(m, { r: 4, c: 1 }, 0.4, 5),
    ),
    convOf('rows that are alike, in groups', { ...same, x: [2, 6, 5, 12], o: 22, groups: 2 }, vec, (m) =>
      grouped(m, { r: 4, c: 1, scattered: true }, 0.3, 5),
    ),
    codedConv('steps in groups', { ...same, x: [1, 6, 6, 24], o: 12, groups: 2, density: 0.3 }, 'steps', rows),
    transposed('twice as large, weights anywhere', { ...twice, encoding: rows, make: some, activation: 'relu' }),
    transposed('blocks, three times as large, no taps for some', {
      ...{ x: [2, 5, 4, 18], o: 12, kernel: [2, 2], stride: [3, 3], size: [16, 13], encoding: block(4, 2) },
      make: (m) => grouped(m, { r: 4, c: 2 }, 0.4, 5),
    }),
    transposed('one filter over many pixels', { x: [1, 47, 45, 6], o: 1, kernel: [3, 3], size: [95, 91] }),
    transposed('nothing is kept', { ...twice, encoding: rows, make: (m) => new Float32Array(m.rows * m.columns) }),
  ],
  nm: [
    convOf('2 of 4 in groups', { ...same, x: [1, 7, 6, 24], o: 10, groups: 2, residual: true }, groups(2, 4), (m) =>
      inGroups(m, 2, 4, 5),
    ),
    transposed('2 of 4', { ...twice, encoding: groups(2, 4), make: (m) => inGroups(m, 2, 4, 5) }),
  ],
  vnm: [
    convOf('of 8 in groups', { ...same, x: [1, 7, 6, 32], o: 24, groups: 2 }, groups(2, 8), (m) => shared(m, 2, 8, 5)),
    transposed('of 8', { ...twice, encoding: groups(2, 8), make: (m) => shared(m, 2, 8, 5) }),
  ],
} satisfies Readonly<Record<string, readonly WebgpuCase[]>>;
