/** A grid of layers as one graph: every family of routines on every shape, with every share of weights that are kept. */
import { bug } from '../diagnostic.ts';
import type { OffersAt } from '../explain/patterns.ts';
import { samplingOffers } from '../explain/patterns.ts';
import { formatNamed } from '../formats/index.ts';
import type { Call, Graph, Id, Node } from '../graph/graph.ts';
import type { LayerSpec } from '../graph/one-layer.ts';
import { callOf, convSpec, layerWith, linearSpec } from '../graph/one-layer.ts';
import type { Op } from '../ops/index.ts';
import type { Offer, Work } from '../plan/offers.ts';
import { offersFor, workOf } from '../plan/offers.ts';
import type { Counted } from '../plan/rates.ts';
import { fromHalves, toHalves } from '../tensor/f16.ts';
import type { Blocks } from '../tensor/masked.ts';
import { groupedMatrix, maskedMatrix } from '../tensor/masked.ts';
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

/**
 * Layers of one shape share their input. `countsOf` is the target's: one format is taken for each family that it names. Their names begin with
 * `stem`.
 */
export function probesFor(grid: Grid, countsOf: (work: Work) => Counted, stem = 'probe'): Probes {
  const nodes = new Map<Id, Node>();
  const outputs: Graph['outputs'][number][] = [];
  const probes: Probe[] = [];
  const offersAt = samplingOffers();
  for (const shape of grid.shapes) {
    const spec = specOf(shape);
    const input: Id = `x_${spec.input.join('_')}`;
    const x = nodes.get(input) ?? ({ kind: 'input', id: input, name: input, type: tensor('f32', spec.input) } as const);
    nodes.set(input, x);
    const done = new Set<string>();
    for (const mask of masksFor(shape, spec, grid, offersAt)) {
      for (const { encoding, family } of familiesOf(spec, x, mask.offers, countsOf)) {
        const density = encoding.format === dense.format ? 1 : mask.density;
        if (done.has(`${family} ${density}`)) continue;
        const name = `${stem}_${probes.length}`;
        const exact = mask.matrix();
        const matrix = grid.halves ? { ...exact, data: fromHalves(toHalves(exact.data)) } : exact;
        const { call, constants } = layerWith(name, spec, x, matrix.data, encoding);
        const cost = formatNamed(encoding.format)?.cost(matrix, encoding.params) ?? bug('an unknown format');
        const byId = new Map<Id, Node>([x, ...constants].map((node) => [node.id, node]));
        const counted = countsOf(workOf(call, { encoding, cost, matrix }, byId));
        // What formats promise may be done otherwise for the weights that there are.
        const key = `${counted.family} ${density}`;
        if (done.has(key)) continue;
        done.add(`${family} ${density}`).add(key);
        for (const node of [...constants, call, ...reduced(call)]) nodes.set(node.id, node);
        outputs.push({ name, id: reduced(call)[0]?.id ?? name });
        probes.push({ ...counted, name, shape: printProbe(shape), encoding, density });
      }
    }
  }
  return { graph: { name: 'tune', file: 'tune', nodes: [...nodes.values()], outputs }, probes };
}

const specOf = (shape: ProbeShape): LayerSpec =>
  shape.kind === 'dense'
    ? linearSpec(shape.inputs, shape.outputs, shape.batch)
    : convSpec({ ...shape, depthwise: shape.kind === 'depthwise' });

interface Mask {
  readonly density: number;
  readonly offers: readonly Offer[] | undefined;
  readonly matrix: () => Matrix;
}

/** Larger matrices are not grouped: every format is asked about all of them. */
const mostGrouped = 1 << 17;

/** Depthwise layers are not pruned. */
function masksFor(
  { kind }: ProbeShape,
  { size }: LayerSpec,
  { patterns, densities, groups = [] }: Grid,
  offersAt: OffersAt,
): readonly Mask[] {
  const blocks = ({ r, c }: Blocks, density: number): Mask => ({
    density,
    offers: offersAt(size, { r, c }, density),
    matrix: () => maskedMatrix(size, { r, c }, density),
  });
  if (kind === 'depthwise') return [blocks({ r: 1, c: 1 }, 1)];
  const isSmall = size.rows * size.columns <= mostGrouped;
  const whole = groups.filter(({ m }) => isSmall && size.run % m === 0);
  return [
    ...patterns.flatMap((pattern) => densities.map((density) => blocks(pattern, density))),
    ...whole.map((group): Mask => {
      const matrix = groupedMatrix(size, group);
      return { density: group.n / group.m, offers: offersFor({ matrix }).offers, matrix: () => matrix };
    }),
  ];
}

/** What a picture's channels are on average: outputs are small then, and every layer has one. */
function reduced(call: Call): readonly Call[] {
  if (call.op.kind !== 'conv2d') return [];
  const op: Op = { kind: 'reduce', fn: 'mean', axes: [1, 2], keep: false };
  return [callOf(`${call.id}_mean`, op, { x: call })];
}

/** The format of fewest bytes for each family that the target would compute the layer by; none where blocks do not fit. */
function familiesOf(
  { op, weights, size }: LayerSpec,
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
  // What is stored beside what is kept would be counted as work, and not all routines do it.
  const kept = 1.02 * Math.min(...offers.map(({ cost }) => cost.multiplies));
  for (const offer of offers) {
    if (offer.encoding.format !== dense.format && offer.cost.multiplies > kept) continue;
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
