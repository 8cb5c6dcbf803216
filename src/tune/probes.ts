/** A grid of layers as one graph: every family of routines on every shape, with every share of weights that are kept. */
import { bug } from '../diagnostic.ts';
import type { Call, Constant, Graph, Id, Node } from '../graph/graph.ts';
import { weightsOfCall } from '../graph/weights.ts';
import type { Op } from '../ops/index.ts';
import { rulesOf } from '../ops/index.ts';
import type { Offer, Work } from '../plan/offers.ts';
import { offersFor, workOf } from '../plan/offers.ts';
import type { Counted } from '../plan/rates.ts';
import type { Blocks } from '../tensor/masked.ts';
import { maskedMatrix } from '../tensor/masked.ts';
import type { Matrix } from '../tensor/matrix.ts';
import type { Encoding, Shape } from '../tensor/type.ts';
import { dense, elements, tensor } from '../tensor/type.ts';
import type { Grid, ProbeShape } from './grid.ts';

export interface Probe extends Counted {
  /** The layer's name in the graph. */
  readonly name: string;
  /** `conv 14x14 256 -> 1024 3x3 / 2`. */
  readonly shape: string;
  readonly encoding: Encoding;
  /** The share of weights that are kept. */
  readonly density: number;
}

export interface Probes {
  readonly graph: Graph;
  readonly probes: readonly Probe[];
}

/** Layers of one shape share their input. `countsOf` is the target's: one format is taken for each family that it names. */
export function probesFor({ shapes, patterns, densities }: Grid, countsOf: (work: Work) => Counted): Probes {
  const nodes = new Map<Id, Node>();
  const outputs: Graph['outputs'][number][] = [];
  const probes: Probe[] = [];
  for (const shape of shapes) {
    const spec = layerOf(shape);
    const input: Id = `x_${spec.input.join('_')}`;
    if (!nodes.has(input)) nodes.set(input, { kind: 'input', id: input, name: input, type: tensor('f32', spec.input) });
    const done = new Set<string>();
    for (const masked of masksFor(shape, spec, patterns, densities)) {
      const id = `probe_${probes.length}`;
      const layer = layerNodes(id, spec, masked.matrix, nodes.get(input) ?? bug('the input is gone'));
      for (const { offer, counted } of offersByFamily(layer, countsOf)) {
        const key = offer.encoding.format === dense.format ? counted.family : `${counted.family} ${masked.density}`;
        if (done.has(key)) continue;
        done.add(key);
        const name = `probe_${probes.length}`;
        const { call, constants } = layerNodes(name, spec, masked.matrix, layer.input, offer.encoding);
        for (const node of [...constants, call, ...reduced(call)]) nodes.set(node.id, node);
        outputs.push({ name, id: reduced(call)[0]?.id ?? name });
        const density = offer.encoding.format === dense.format ? 1 : masked.density;
        probes.push({ ...counted, name, shape: printProbe(shape), encoding: offer.encoding, density });
      }
    }
  }
  return { graph: { name: 'tune', file: 'tune', nodes: [...nodes.values()], outputs }, probes };
}

interface Spec {
  readonly input: Shape;
  readonly weights: Shape;
  readonly run: number;
  readonly op: Op;
}

function layerOf(shape: ProbeShape): Spec {
  if (shape.kind === 'dense') {
    const { batch, inputs, outputs } = shape;
    return {
      input: [batch, inputs],
      weights: [outputs, inputs],
      run: inputs,
      op: { kind: 'linear', activation: 'none' },
    };
  }
  const { size, channels, filters, kernel, stride } = shape;
  const grouped = shape.kind === 'depthwise';
  const before = Math.floor((kernel - 1) / 2);
  return {
    input: [1, size, size, channels],
    weights: [filters, kernel, kernel, grouped ? 1 : channels],
    run: grouped ? 1 : channels,
    op: {
      kind: 'conv2d',
      stride: [stride, stride],
      dilation: [1, 1],
      pad: [before, before, before, before],
      groups: grouped ? channels : 1,
      activation: 'none',
    },
  };
}

interface Masked {
  readonly matrix: Matrix;
  readonly density: number;
}

interface Masked {
  readonly matrix: Matrix;
  readonly density: number;
}

/** Depthwise layers are not pruned. Where fewer rows or columns than a block has are left, there is no such pattern. */
function* masksFor(
  shape: ProbeShape,
  { weights, run }: Spec,
  patterns: readonly Blocks[],
  densities: Grid['densities'],
): Generator<Masked> {
  const size = { rows: weights[0], columns: elements(weights.slice(1)), run };
  if (shape.kind === 'depthwise') return yield { matrix: maskedMatrix(size, { r: 1, c: 1 }, 1), density: 1 };
  for (const pattern of patterns)
    if (size.rows % pattern.r === 0 && size.run % pattern.c === 0)
      for (const density of densities) yield { matrix: maskedMatrix(size, pattern, density), density };
}

function layerNodes(id: string, spec: Spec, { data }: Matrix, input: Node, encoding: Encoding = dense) {
  const weights: Constant = {
    kind: 'constant',
    id: `${id}_w`,
    type: { ...tensor('f32', spec.weights), encoding },
    data,
  };
  const zeros = new Float32Array(spec.weights[0]);
  const bias: Constant = { kind: 'constant', id: `${id}_b`, type: tensor('f32', [spec.weights[0]]), data: zeros };
  const call = callOf(id, spec.op, { x: input, weights, bias });
  return { call, constants: [weights, bias], input };
}

/** What a picture's channels are on average: outputs are small then, and every layer has one. */
function reduced(call: Call): readonly Call[] {
  if (call.op.kind !== 'conv2d') return [];
  const op: Op = { kind: 'reduce', fn: 'mean', axes: [1, 2], keep: false };
  return [callOf(`${call.id}_mean`, op, { x: call })];
}

function callOf(id: string, op: Op, operands: Readonly<Record<string, Node>>): Call {
  const types = Object.fromEntries(Object.entries(operands).map(([name, node]) => [name, node.type]));
  const type = rulesOf(op).infer(op, types);
  if (typeof type === 'string') return bug(`a probe ${type}`);
  return { kind: 'call', id, op, type, inputs: Object.values(operands).map((node) => node.id), origin: id };
}

/** The offer of fewest bytes for each family that the target would compute the layer by. */
function offersByFamily({ call, constants, input }: ReturnType<typeof layerNodes>, countsOf: (work: Work) => Counted) {
  const byId = new Map([call, ...constants, input].map((node) => [node.id, node]));
  const weights = weightsOfCall(call, byId) ?? bug('a probe has no weights');
  const best = new Map<string, { readonly offer: Offer; readonly counted: Counted }>();
  for (const offer of offersFor(weights).offers) {
    const counted = countsOf(workOf(call, offer, byId));
    const known = best.get(counted.family);
    if (!known || offer.cost.bytes < known.offer.cost.bytes) best.set(counted.family, { offer, counted });
  }
  return [...best.values()];
}

export function printProbe(shape: ProbeShape): string {
  if (shape.kind === 'dense')
    return `dense ${shape.inputs} -> ${shape.outputs}${shape.batch > 1 ? ` x ${shape.batch}` : ''}`;
  const { kind, size, channels, filters, kernel, stride } = shape;
  const sizes = kind === 'depthwise' ? String(channels) : `${channels} -> ${filters}`;
  return `${kind} ${size}x${size} ${sizes} ${kernel}x${kernel}${stride > 1 ? ` / ${stride}` : ''}`;
}
