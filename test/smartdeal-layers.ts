/** Layers whose weights are made of units, side by side in one graph. */
import type { Constant, Graph, Node } from '../src/graph/graph.ts';
import { retyped } from '../src/graph/rewrite.ts';
import type { Op } from '../src/ops/index.ts';
import { splitOf } from '../src/smartdeal/units.ts';
import type { Shape } from '../src/tensor/type.ts';
import { tensor } from '../src/tensor/type.ts';
import { type Drawn, drawUnits } from './units-kit.ts';

interface Layer extends Omit<Drawn, 'split'> {
  readonly name: string;
  readonly input: Shape;
  readonly stride?: number;
  /** How many units a filter is cut into, where the rule would make one. */
  readonly units?: number;
}

/** Channels that fill no block, units that end in the middle of one, filters that are no multiple of 4, several panels. */
export const layers: readonly Layer[] = [
  { name: 'kernels', input: [1, 9, 15, 16], shape: [13, 3, 3, 16] },
  { name: 'shifted', input: [1, 6, 7, 30], shape: [8, 3, 3, 30], stride: 2, units: 2, shifts: 3 },
  { name: 'grouped', input: [1, 8, 17, 72], shape: [10, 3, 3, 72], units: 3, group: 4, sparse: 3 },
  { name: 'padded', input: [2, 6, 12, 32], shape: [7, 1, 1, 32], scaled: true },
  { name: 'blocks', input: [1, 5, 5, 130], shape: [9, 1, 1, 130], stride: 2, scaled: true, sparse: 2 },
  { name: 'vector', input: [1, 100], shape: [11, 100], sparse: 2 },
  { name: 'picture', input: [1, 3, 3, 16], shape: [6, 3, 3, 16], units: 2 },
];

function graphOf(all: readonly Layer[]): Graph {
  const nodes: Node[] = [];
  for (const [seed, { name, input, shape, stride = 1, units, ...drawn }] of all.entries()) {
    const found = splitOf(shape);
    if (typeof found === 'string') throw new Error(found);
    const split = units ? { ...found, units, rows: (found.rows * found.units) / units } : found;
    const { quantity, data } = drawUnits({ shape, split, seed, ...drawn });
    const bias = Float32Array.from({ length: shape[0] }, (_, i) => i / 8 - 0.5);
    const constants: readonly Constant[] = [
      { kind: 'constant', id: `${name}_w`, type: { ...tensor('f32', shape), quantity }, data },
      { kind: 'constant', id: `${name}_b`, type: tensor('f32', [shape[0]]), data: bias },
    ];
    nodes.push({ kind: 'input', id: `${name}_x`, name: `${name}_x`, type: tensor('f32', input) }, ...constants);
    const pad = shape[1] === 3 && name !== 'picture' ? [1, 1, 1, 1] : [0, 0, 0, 0];
    const op: Op =
      shape.length === 2
        ? { kind: 'linear', activation: 'relu' }
        : { kind: 'conv2d', stride: [stride, stride], dilation: [1, 1], pad, groups: 1, activation: 'relu6' };
    const inputs = [`${name}_x`, `${name}_w`, `${name}_b`];
    const call = { kind: 'call', id: name, origin: name, op, inputs, type: tensor('f32', [1]) } as const;
    nodes.push(retyped(call, new Map(nodes.map((n) => [n.id, n]))));
  }
  return { name: 'units', file: 'units.graph', nodes, outputs: all.map(({ name }) => ({ name, id: name })) };
}

export const graph = graphOf(layers);

/** The largest difference, against the largest number. */
export function apart(have: ArrayLike<number>, want: ArrayLike<number>): number {
  let [most, worst] = [0, 0];
  for (let i = 0; i < want.length; i++) {
    most = Math.max(most, Math.abs(want[i]));
    worst = Math.max(worst, Math.abs(have[i] - want[i]));
  }
  return worst / most;
}
