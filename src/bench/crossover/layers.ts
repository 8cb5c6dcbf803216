/** The layers of a sweep as graphs: all of ours in one, so that they are compiled at once, and each shape alone for peers. */
import { bug } from '../../diagnostic.ts';
import type { Call, Graph, Input, Node } from '../../graph/graph.ts';
import type { LayerSpec } from '../../graph/one-layer.ts';
import { callOf, convSpec, layerWith, linearSpec } from '../../graph/one-layer.ts';
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
import type { Encoding } from '../../tensor/type.ts';
import { dense, tensor } from '../../tensor/type.ts';
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
    add(layerOf('dense', spec, { ...spec.size, data }), null, dense);
    for (const pattern of patterns)
      for (const share of zeros) {
        onMask(++done, masks);
        const matrix = pruned({ ...spec.size, data }, pattern, share);
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

const specOf = (shape: LayerShape): LayerSpec =>
  shape.kind === 'linear' ? linearSpec(shape.inputs, shape.outputs) : convSpec(shape);

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

function layerOf(name: string, spec: LayerSpec, matrix: Matrix, encoding: Encoding = dense): Layer {
  const at = `x_${spec.input.join('_')}`;
  const x: Input = { kind: 'input', id: at, name: at, type: tensor('f32', spec.input) };
  const { call, constants } = layerWith(name, spec, x, matrix.data, encoding);
  const mean: Op = { kind: 'reduce', fn: 'mean', axes: [1, 2], keep: true };
  const small = call.op.kind === 'conv2d' ? [callOf(`${name}_mean`, mean, { x: call })] : [];
  return { call, matrix, nodes: [x, ...constants, call, ...small] };
}

const typesOf = (nodes: readonly Node[]) =>
  Object.fromEntries(['x', 'weights', 'bias'].map((name, i) => [name, nodes[i].type]));

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
