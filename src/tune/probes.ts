/** A grid of layers as one graph: every family of routines on every shape, with every share of weights that are kept. */
import { bug } from '../diagnostic.ts';
import { samplingOffers } from '../explain/patterns.ts';
import { formatNamed } from '../formats/index.ts';
import type { Call, Constant, Graph, Id, Node } from '../graph/graph.ts';
import type { Op } from '../ops/index.ts';
import { rulesOf } from '../ops/index.ts';
import type { Offer, Work } from '../plan/offers.ts';
import { workOf } from '../plan/offers.ts';
import type { Counted } from '../plan/rates.ts';
import type { Blocks } from '../tensor/masked.ts';
import { maskedMatrix } from '../tensor/masked.ts';
import type { Matrix } from '../tensor/matrix.ts';
import type { Encoding, Shape } from '../tensor/type.ts';
import { dense, tensor } from '../tensor/type.ts';
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
  const offersAt = samplingOffers();
  for (const shape of shapes) {
    const spec = layerOf(shape);
    const input: Id = `x_${spec.input.join('_')}`;
    const x = nodes.get(input) ?? ({ kind: 'input', id: input, name: input, type: tensor('f32', spec.input) } as const);
    nodes.set(input, x);
    const done = new Set<string>();
    for (const masked of masksFor(shape, patterns, densities)) {
      for (const { encoding, family } of familiesOf(spec, x, offersAt(spec.size, masked, masked.density), countsOf)) {
        const density = encoding.format === dense.format ? 1 : masked.density;
        const key = `${family} ${density}`;
        if (done.has(key)) continue;
        done.add(key);
        const name = `probe_${probes.length}`;
        const { call, constants, matrix } = layerNodes(name, spec, x, masked, encoding);
        for (const node of [...constants, call, ...reduced(call)]) nodes.set(node.id, node);
        outputs.push({ name, id: reduced(call)[0]?.id ?? name });
        const cost = formatNamed(encoding.format)?.cost(matrix, encoding.params) ?? bug('an unknown format');
        const counted = countsOf(workOf(call, { encoding, cost }, nodes));
        probes.push({ ...counted, name, shape: printProbe(shape), encoding, density });
      }
    }
  }
  return { graph: { name: 'tune', file: 'tune', nodes: [...nodes.values()], outputs }, probes };
}

interface Spec {
  readonly input: Shape;
  readonly weights: Shape;
  /** Of the weights as a matrix. */
  readonly size: Pick<Matrix, 'rows' | 'columns' | 'run'>;
  readonly op: Op;
}

function layerOf(shape: ProbeShape): Spec {
  if (shape.kind === 'dense') {
    const { batch, inputs, outputs } = shape;
    return {
      input: [batch, inputs],
      weights: [outputs, inputs],
      size: { rows: outputs, columns: inputs, run: inputs },
      op: { kind: 'linear', activation: 'none' },
    };
  }
  const { size, channels, filters, kernel, stride } = shape;
  const grouped = shape.kind === 'depthwise';
  const run = grouped ? 1 : channels;
  const before = Math.floor((kernel - 1) / 2);
  return {
    input: [1, size, size, channels],
    weights: [filters, kernel, kernel, grouped ? 1 : channels],
    size: { rows: filters, columns: kernel * kernel * run, run },
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

interface Masked extends Blocks {
  readonly density: number;
}

/** Depthwise layers are not pruned. */
const masksFor = (
  { kind }: ProbeShape,
  patterns: readonly Blocks[],
  densities: Grid['densities'],
): readonly Masked[] =>
  kind === 'depthwise'
    ? [{ r: 1, c: 1, density: 1 }]
    : patterns.flatMap((pattern) => densities.map((density) => ({ ...pattern, density })));

function layerNodes(id: string, spec: Spec, input: Node, masked: Masked, encoding: Encoding) {
  const matrix = maskedMatrix(spec.size, masked, masked.density);
  const type = { ...tensor('f32', spec.weights), encoding };
  const weights: Constant = { kind: 'constant', id: `${id}_w`, type, data: matrix.data };
  const zeros = new Float32Array(spec.size.rows);
  const bias: Constant = { kind: 'constant', id: `${id}_b`, type: tensor('f32', [zeros.length]), data: zeros };
  return { call: callOf(id, spec.op, { x: input, weights, bias }), constants: [weights, bias], matrix };
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

/** The format of fewest bytes for each family that the target would compute the layer by; none where blocks do not fit. */
function familiesOf(
  { op, weights, size }: Spec,
  input: Node,
  offers: readonly Offer[] = [],
  countsOf: (work: Work) => Counted,
) {
  const constant = (id: string, shape: Shape): Node => ({
    kind: 'constant',
    id,
    type: tensor('f32', shape),
    data: new Float32Array(0),
  });
  const operands = { x: input, weights: constant('w', weights), bias: constant('b', [size.rows]) };
  const byId = new Map(Object.values(operands).map((node) => [node.id, node]));
  const call = callOf('y', op, operands);
  const best = new Map<string, Offer>();
  for (const offer of offers) {
    const { family } = countsOf(workOf(call, offer, byId));
    const known = best.get(family);
    if (!known || offer.cost.bytes < known.cost.bytes) best.set(family, offer);
  }
  return Array.from(best, ([family, { encoding }]) => ({ family, encoding }));
}

export function printProbe(shape: ProbeShape): string {
  if (shape.kind === 'dense')
    return `dense ${shape.inputs} -> ${shape.outputs}${shape.batch > 1 ? ` x ${shape.batch}` : ''}`;
  const { kind, size, channels, filters, kernel, stride } = shape;
  const sizes = kind === 'depthwise' ? String(channels) : `${channels} -> ${filters}`;
  return `${kind} ${size}x${size} ${sizes} ${kernel}x${kernel}${stride > 1 ? ` / ${stride}` : ''}`;
}
