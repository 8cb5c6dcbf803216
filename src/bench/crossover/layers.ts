/** The layers of a sweep as graphs: all of ours in one, so that they are compiled at once, and each shape alone for peers. */
import { bug } from '../../diagnostic.ts';
import type { Call, Constant, Graph, Input, Node } from '../../graph/graph.ts';
import { randomNumbers } from '../../graph/samples.ts';
import { weightsOfCall } from '../../graph/weights.ts';
import type { Op } from '../../ops/index.ts';
import { rulesOf } from '../../ops/index.ts';
import type { Offer } from '../../plan/offers.ts';
import { offersFor, workOf } from '../../plan/offers.ts';
import { parsePattern } from '../../prune/index.ts';
import type { Pruner } from '../../prune/pruner.ts';
import type { Target } from '../../target.ts';
import type { Matrix } from '../../tensor/matrix.ts';
import { countLive } from '../../tensor/matrix.ts';
import type { Encoding, Shape } from '../../tensor/type.ts';
import { dense, elements, tensor } from '../../tensor/type.ts';
import type { LayerShape, PatternSpec, Sweep } from './grid.ts';
import { printShape } from './grid.ts';

/** One layer of ours. */
export interface Candidate {
  /** The layer's name in the graph. */
  readonly name: string;
  readonly shape: string;
  /** Null where no weight is zero. */
  readonly pattern: string | null;
  /** The share of weights that are zero. */
  readonly zeros: number;
  readonly encoding: Encoding;
  readonly macs: number;
  readonly nodes: readonly Node[];
}

/** Of the formats that can hold a mask so many are timed, those that the target takes for the fastest. */
const most = 4;

/** Every layer of a sweep, the dense one of each shape first. Told how many masks were made. */
export function candidatesFor(
  { shapes, patterns, zeros }: Sweep,
  target: Target,
  onMask: (done: number, of: number) => void,
): readonly Candidate[] {
  const found: Candidate[] = [];
  const masks = shapes.length * patterns.length * zeros.length;
  let done = 0;
  for (const shape of shapes) {
    const spec = specOf(shape);
    const data = randomNumbers({ dtype: 'f32', shape: spec.weights }, 1) as Float32Array<ArrayBuffer>;
    const add = (layer: Layer, pattern: string | null, encoding: Encoding): void => {
      const name = `layer_${found.length}`;
      const { call, nodes } = layerOf(name, spec, { ...layer.matrix }, encoding);
      const macs = rulesOf(call.op).macs?.(call.op, typesOf(nodes), call.type) ?? 0;
      const kept = countLive(layer.matrix) / layer.matrix.data.length;
      found.push({ name, shape: printShape(shape), pattern, zeros: 1 - kept, encoding, macs, nodes });
    };
    add(layerOf('dense', spec, spec.matrix(data)), null, dense);
    for (const pattern of patterns)
      for (const share of zeros) {
        onMask(++done, masks);
        const matrix = pruned(spec.matrix(data), pattern, share);
        if (!matrix) continue;
        const layer = layerOf('mask', spec, matrix);
        for (const { encoding } of bestOffers(layer, target)) add(layer, pattern.name, encoding);
      }
  }
  return found;
}

/** All of them side by side. What each gives is reduced to a few numbers, which are outputs. */
export function graphOf(candidates: readonly Candidate[]): Graph {
  const nodes = new Map(candidates.flatMap((c) => c.nodes.map((node) => [node.id, node] as const)));
  const inputs = [...nodes.values()].filter((node) => node.kind === 'input');
  const others = [...nodes.values()].filter((node) => node.kind !== 'input');
  const last = candidates.map(({ name, nodes: own }) => ({ name, id: own[own.length - 1].id }));
  return { name: 'crossover', file: 'crossover', nodes: [...inputs, ...others], outputs: last };
}

interface Spec {
  readonly input: Shape;
  readonly weights: Shape;
  readonly op: Op;
  readonly matrix: (data: Float32Array<ArrayBuffer>) => Matrix;
}

function specOf(shape: LayerShape): Spec {
  const linear = shape.kind === 'linear';
  const weights = linear ? [shape.outputs, shape.inputs] : [shape.filters, shape.kernel, shape.kernel, shape.channels];
  const size = { rows: weights[0], columns: elements(weights.slice(1)), run: weights[weights.length - 1] };
  const matrix = (data: Float32Array<ArrayBuffer>): Matrix => ({ ...size, data });
  if (linear) return { input: [1, shape.inputs], weights, matrix, op: { kind: 'linear', activation: 'none' } };
  const border = (shape.kernel - 1) / 2;
  return {
    input: [1, shape.size, shape.size, shape.channels],
    weights,
    matrix,
    op: {
      kind: 'conv2d',
      stride: [1, 1],
      dilation: [1, 1],
      pad: [border, border, border, border],
      groups: 1,
      activation: 'none',
    },
  };
}

/** Undefined where the pattern has no such share of zeros, or these weights cannot have it. */
function pruned(m: Matrix, { at }: PatternSpec, zeros: number): Matrix | undefined {
  const text = at(zeros);
  const pruner: Pruner | undefined = text === undefined ? undefined : parsePattern(text, (d) => bug(d.message));
  if (!pruner || pruner.refuse(m) !== undefined) return undefined;
  const mask = pruner.kind === 'fixed' ? pruner.keep(m) : pruner.keep(m, Math.round(pruner.most(m) * (1 - zeros)));
  return { ...m, data: m.data.map((v, i) => (mask[i] === 1 ? v : 0)) };
}

interface Layer {
  readonly call: Call;
  readonly matrix: Matrix;
  /** What it takes, the call itself, and what makes its result small. */
  readonly nodes: readonly Node[];
}

function layerOf(name: string, { input, weights, op }: Spec, matrix: Matrix, encoding: Encoding = dense): Layer {
  const at = `x_${input.join('_')}`;
  const x: Input = { kind: 'input', id: at, name: at, type: tensor('f32', input) };
  const w: Constant = {
    kind: 'constant',
    id: `${name}_w`,
    type: { ...tensor('f32', weights), encoding },
    data: matrix.data,
  };
  const offsets = new Float32Array(weights[0]);
  const bias: Constant = { kind: 'constant', id: `${name}_b`, type: tensor('f32', [weights[0]]), data: offsets };
  const call = callOf(name, op, { x, weights: w, bias });
  const mean: Op = { kind: 'reduce', fn: 'mean', axes: [1, 2], keep: true };
  const small = op.kind === 'conv2d' ? [callOf(`${name}_mean`, mean, { x: call })] : [];
  return { call, matrix, nodes: [x, w, bias, call, ...small] };
}

function callOf(id: string, op: Op, operands: Readonly<Record<string, Node>>): Call {
  const type = rulesOf(op).infer(op, typesOf(Object.values(operands), Object.keys(operands)));
  if (typeof type === 'string') return bug(`a layer of the sweep ${type}`);
  return { kind: 'call', id, op, type, inputs: Object.values(operands).map((node) => node.id), origin: id };
}

const typesOf = (nodes: readonly Node[], names: readonly string[] = ['x', 'weights', 'bias']) =>
  Object.fromEntries(names.map((name, i) => [name, nodes[i].type]));

/** The cheapest offer of each format but dense, the cheapest formats first. */
function bestOffers({ call, nodes }: Layer, target: Target): readonly Offer[] {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const weights = weightsOfCall(call, byId) ?? bug('a layer of the sweep has no weights');
  const best = new Map<string, { readonly offer: Offer; readonly price: number }>();
  for (const offer of offersFor(weights).offers) {
    const { format } = offer.encoding;
    const price = target.price(workOf(call, offer, byId));
    if (format !== dense.format && price < (best.get(format)?.price ?? Infinity)) best.set(format, { offer, price });
  }
  return [...best.values()]
    .sort((a, b) => a.price - b.price)
    .slice(0, most)
    .map(({ offer }) => offer);
}
