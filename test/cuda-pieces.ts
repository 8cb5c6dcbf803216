/** A network whose values between layers can lie in pieces, and one of each kind of call that reads or writes them. */
import { pipeline } from '../passes/index.ts';
import { evaluate } from '../src/graph/evaluate.ts';
import type { Graph, Id, Node } from '../src/graph/graph.ts';
import { randomInputs } from '../src/graph/samples.ts';
import type { Op } from '../src/ops/index.ts';
import { rulesOf } from '../src/ops/index.ts';
import { runPasses } from '../src/pass.ts';
import type { Kernel } from '../src/plan/kernel.ts';
import type { Shape } from '../src/tensor/type.ts';
import { elements, tensor } from '../src/tensor/type.ts';
import { cuda } from '../targets/cuda/target.ts';
import { elements as elementsOf } from '../targets/cuda/tensor/elements.ts';
import { programOf, runProgram } from './cuda-kit.ts';
import { only } from './cuda-tensor.ts';
import { random } from './cuda-weights.ts';
import { distance } from './ops/law.ts';

export type Live = (row: number, column: number) => boolean;

export const all: Live = () => true;
export const twoOfFour: Live = (row, column) => (row + column + (column >> 2)) % 4 < 2;
/** Of eight columns four are shared by all rows, and each row has two. */
const shared: Live = (row, column) =>
  [1, 4, 6, 7].indexOf(column % 8) % 2 === row % 2 && [1, 4, 6, 7].includes(column % 8);

export class Builder {
  readonly nodes: Node[] = [];
  input(id: Id, shape: Shape): Id {
    this.nodes.push({ kind: 'input', id, name: id, type: tensor('f32', shape) });
    return id;
  }
  constant(id: Id, shape: Shape, value: (i: number) => number): Id {
    const data = Float32Array.from({ length: elements(shape) }, (_, i) => value(i));
    this.nodes.push({ kind: 'constant', id, type: tensor('f32', shape), data });
    return id;
  }
  call(id: Id, op: Op, ...inputs: readonly Id[]): Id {
    const { operands, infer } = rulesOf(op);
    const types = operands(op).map((name, i) => [name, this.shape(inputs[i])] as const);
    const type = infer(op, Object.fromEntries(types.map(([name, shape]) => [name, tensor('f32', shape)])));
    if (typeof type === 'string') throw new Error(`${id}: ${type}`);
    this.nodes.push({ kind: 'call', id, op, inputs, type });
    return id;
  }
  shape(id: Id): Shape {
    const node = this.nodes.find((n) => n.id === id);
    if (!node) throw new Error(id);
    return node.type.shape;
  }
  weights(id: Id, shape: Shape, live: Live, by = 1): readonly Id[] {
    const columns = elements(shape) / shape[0];
    const large = (2 * by) / Math.sqrt(columns);
    return [
      this.constant(`${id}_w`, shape, (i) =>
        live(Math.floor(i / columns), i % columns) ? large * random(i, id.length) : 0,
      ),
      this.constant(`${id}_b`, [shape[0]], (i) => 0.3 * random(i, 7)),
    ];
  }
  conv(
    id: Id,
    x: Id,
    rows: number,
    kernel: number,
    more: Partial<Extract<Op, { kind: 'conv2d' }>> = {},
    live = all,
    residual?: Id,
    by = 1,
  ): Id {
    const pad = Math.floor(kernel / 2);
    const op = {
      ...{ kind: 'conv2d', stride: [1, 1], dilation: [1, 1], pad: [pad, pad, pad, pad], groups: 1, activation: 'none' },
      ...more,
      ...(residual !== undefined && { residual: true }),
    } as Extract<Op, { kind: 'conv2d' }>;
    const weights = this.weights(id, [rows, kernel, kernel, this.shape(x)[3] / op.groups], live, by);
    return this.call(id, op, x, ...weights, ...(residual === undefined ? [] : [residual]));
  }
}

/** `outputs` are of every kind: of a layer, of what is narrow and read on, and of what is wide. */
export function piecesGraph(): Graph {
  const b = new Builder();
  const stem = b.conv('stem', b.input('picture', [2, 13, 11, 3]), 24, 3, { stride: [2, 2], activation: 'relu' });
  const filtered = b.conv('filtered', stem, 24, 3, { groups: 24, activation: 'relu6' });
  const wide = b.conv('wide', filtered, 40, 1, {}, twoOfFour);
  const added = b.conv('added', wide, 40, 3, { activation: 'relu' }, twoOfFour, wide);
  const pooled = b.call(
    'pooled',
    { kind: 'pool2d', fn: 'max', window: [2, 2], stride: [2, 2], pad: [0, 0, 0, 0], countPad: false },
    added,
  );
  const few = b.conv('few', pooled, 32, 1);
  const back = b.call(
    'back',
    {
      kind: 'resize',
      method: 'nearest',
      size: b.shape(added).slice(1, 3),
      coordinates: 'asymmetric',
      rounding: 'floor',
    },
    few,
  );
  const both = b.call('both', { kind: 'concat', axis: 3, count: 2 }, added, back);
  const mean = b.call('mean', { kind: 'reduce', fn: 'mean', axes: [1, 2], keep: true }, both);
  const gate = b.call('gate', { kind: 'unary', fn: 'sigmoid' }, mean);
  const gated = b.call('gated', { kind: 'binary', fn: 'mul' }, both, gate);
  const odd = b.conv('odd', gated, 21, 3, { activation: 'relu' });
  b.conv('heads', odd, 19, 1);
  // Read by a layer, by what takes wide numbers alone, and by the caller.
  const shares = b.call('shares', { kind: 'softmax', axis: 3 }, added);
  // Narrow beside wide.
  b.conv('mixed', b.call('joined', { kind: 'concat', axis: 3, count: 2 }, shares, added), 16, 1);
  const words = b.input('words', [2, 11, 48]);
  const first = b.call(
    'first',
    { kind: 'linear', activation: 'relu' },
    words,
    ...b.weights('first', [64, 48], twoOfFour),
  );
  const second = b.call('second', { kind: 'linear', activation: 'none' }, first, ...b.weights('second', [48, 64], all));
  b.call('sum', { kind: 'binary', fn: 'add' }, second, words);
  b.call('turned', { kind: 'linear', activation: 'tanh' }, first, ...b.weights('turned', [40, 64], shared));
  // More than an f16 holds.
  const huge = b.conv('huge', gated, 16, 1, {}, all, undefined, 1e5);
  b.conv('less', huge, 16, 1, {}, all, undefined, 1e-5);
  const outputs = ['added', 'heads', 'shares', 'mixed', 'sum', 'turned', 'mean', 'huge', 'less'].map((id) => ({
    name: id,
    id,
  }));
  return { name: 'pieces', file: 'pieces', nodes: b.nodes, outputs };
}

/** As a build lays it out. */
export function arranged(graph: Graph, arithmetic: string, arch = 'sm_80'): Graph {
  const target = cuda.target({ arithmetic, arch });
  return runPasses(graph, pipeline(target).slice(-2), () => {});
}

/** What computes it: some layers in ways that are not the best for them, gathered, and with steps that blocks share. */
export function kernelsOf(arithmetic: 'f16' | 'bf16' | 'tf32'): readonly Kernel[] {
  const { kernels } = cuda.target({ arithmetic, arch: 'sm_80' });
  const element = elementsOf[arithmetic];
  const asked = arithmetic === 'tf32' ? [] : [only(element, 'gathered', 1, 40)];
  return [...asked, only(element, 'dense', 2, 24), only(element, 'dense', 3, 32), ...kernels];
}

/** By the names of outputs, how far each is from its meaning, and its largest number. */
export function runPieces(
  arithmetic: 'f16' | 'bf16' | 'tf32',
  flags: readonly string[],
): Readonly<Record<string, { readonly apart: number; readonly largest: number }>> {
  const graph = piecesGraph();
  const inputs = randomInputs(graph, 1);
  const want = evaluate(graph, inputs);
  const got = runProgram(programOf(arranged(graph, arithmetic), kernelsOf(arithmetic), { arithmetic }), inputs, flags);
  return Object.fromEntries(
    graph.outputs.map(({ name }) => {
      const largest = Array.from(got[name]).reduce((most, x) => Math.max(most, Math.abs(x)), 0);
      return [name, { apart: distance(got[name], want[name]), largest }];
    }),
  );
}
