/**
 * Channels of a value brought to like sizes before it is rounded by one scale: rows of the layer that computes it are
 * divided by a factor for each channel, and weights of the layers that read it multiplied by the same. What the network
 * computes on the calibration data does not change. After Nagel et al., Data-Free Quantization Through Weight Equalization
 * and Bias Correction, ICCV 2019; by ranges that are measured, and with bounds that stay bounds.
 */
import type { Named } from '../graph/evaluate.ts';
import { evaluate } from '../graph/evaluate.ts';
import type { Call, Constant, Graph, Id } from '../graph/graph.ts';
import { rewriteNodes } from '../graph/rewrite.ts';
import type { LayerOp } from './rows-layers.ts';
import { spread } from './runs.ts';
import { isBound } from './separate.ts';
import type { Source } from './source.ts';
import { sourceOf } from './source.ts';

/** A value that layers alone compute and read. */
interface Link {
  readonly maker: Call;
  readonly readers: readonly Call[];
}

/** One number for each channel, above 0 and at most 1. */
export type Factors = Float64Array<ArrayBuffer>;

/** No channel is made larger by more: what calibration has hardly seen may be larger in use. */
const leastFactor = 2 ** -7;

/** More samples change ranges little, and take as long again. */
const mostMeasured = 32;

/** The graph with like channels where layers follow each other; `samples` are what ranges are measured on. */
export function equalise(graph: Graph, samples: readonly Named[]): Graph {
  const source = sourceOf(graph);
  const links = linksOf(source);
  if (links.size === 0 || samples.length === 0) return graph;
  const ranges = channelRanges(graph, spread(samples, mostMeasured), links);
  const factors = new Map<Id, Factors>();
  for (const [id, link] of links) {
    const made = factorsFor(link, ranges.get(id) ?? new Float64Array(0), source);
    if (made) factors.set(id, made);
  }
  return rewriteNodes(graph, (node, { emit, fresh }) => {
    if (node.kind !== 'call' || !isLayer(node)) return node;
    const [before, after] = [factors.get(node.inputs[0]), factors.get(node.id)];
    const [weights, bias] = node.inputs.slice(1).map(source.constant);
    if ((!before && !after) || !weights || !bias) return node;
    const scaled = [scaledWeights(node, weights, before, after), scaledBias(bias, after)];
    const own = scaled.map((constant) => emit({ ...constant, id: fresh(`${constant.id}_even`) }));
    return { ...node, inputs: [node.inputs[0], ...own, ...node.inputs.slice(3)] };
  });
}

const isLayer = ({ op, type }: Call): boolean =>
  (op.kind === 'conv2d' || op.kind === 'linear') && type.dtype === 'f32' && isBound(op.activation);

/** Values without steps of their own between layers whose weights have none either. */
function linksOf({ graph, constant, readers }: Source): ReadonlyMap<Id, Link> {
  const links = new Map<Id, Link>();
  const outputs = new Set(graph.outputs.map((o) => o.id));
  const isFree = (call: Call): boolean => {
    const [weights, bias] = call.inputs.slice(1).map(constant);
    const isReal = weights?.data instanceof Float32Array && weights.type.quantity === undefined;
    return isLayer(call) && isReal && bias !== undefined && !(call.op.kind === 'conv2d' && call.op.residual === true);
  };
  for (const node of graph.nodes) {
    if (node.kind !== 'call' || !isFree(node) || outputs.has(node.id)) continue;
    const users = readers(node.id);
    const isRead = (user: Call): boolean =>
      isFree(user) && user.inputs.indexOf(node.id) === 0 && user.inputs.lastIndexOf(node.id) === 0;
    if (users.length > 0 && users.every(isRead)) links.set(node.id, { maker: node, readers: users });
  }
  return links;
}

/** The largest magnitude of each channel. */
function channelRanges(graph: Graph, samples: readonly Named[], links: ReadonlyMap<Id, Link>) {
  const ranges = new Map<Id, Float64Array<ArrayBuffer>>();
  for (const [id, { maker }] of links) ranges.set(id, new Float64Array(maker.type.shape.at(-1) ?? 1));
  for (const sample of samples)
    evaluate(graph, sample, {
      watch({ id }, data) {
        const most = ranges.get(id);
        if (!most) return;
        for (let i = 0, c = 0; i < data.length; i++, c = c + 1 === most.length ? 0 : c + 1)
          most[c] = Math.max(most[c], Math.abs(data[i]));
      },
    });
  return ranges;
}

/**
 * A layer that reads each channel by rows of its own has a scale for each, and takes any factor. Elsewhere factors are between
 * what makes channels alike and what leaves weights as they are: their geometric mean for each channel. The largest that a
 * bounded channel can be stays that bound, so that the activation stays what it is.
 */
function factorsFor({ maker, readers }: Link, ranges: Float64Array, { constant }: Source): Factors | undefined {
  const bounded = (maker.op as LayerOp).activation === 'relu6';
  const top = bounded ? 6 : ranges.reduce((a, b) => Math.max(a, b), 0);
  if (!(top > 0 && top < Infinity)) return undefined;
  const sizes = new Float64Array(ranges.length);
  for (const reader of readers) {
    const weights = constant(reader.inputs[1]);
    if (weights && !isDepthwise(reader, ranges.length)) columnSizes(weights, reader, sizes);
  }
  return ranges.map((most, c) => {
    // Of what was never seen nothing is known.
    if (most === 0) return 1;
    const alike = Math.max(most / top, leastFactor);
    return sizes[c] === 0 ? alike : Math.min(Math.max(Math.sqrt(alike / sizes[c]), alike), 1);
  });
}

const isDepthwise = ({ op }: Call, channels: number): boolean => op.kind === 'conv2d' && op.groups === channels;

/** For each channel the largest weight that reads it, as a share of the largest of its row. */
function columnSizes({ data, type }: Constant, reader: Call, into: Float64Array): void {
  const { rows, columns, run, firstOf } = walkOf(reader, type.shape);
  for (let r = 0; r < rows; r++) {
    let most = 0;
    const from = r * columns;
    for (let i = from; i < from + columns; i++) most = Math.max(most, Math.abs(data[i]));
    if (most === 0) continue;
    const first = firstOf(r);
    for (let tap = from; tap < from + columns; tap += run)
      for (let k = 0; k < run; k++) into[first + k] = Math.max(into[first + k], Math.abs(data[tap + k]) / most);
  }
}

/** How weights lie: rows of taps of neighbouring channels, of which `firstOf` a row is the first that it reads. */
function walkOf({ op }: Call, shape: readonly number[]) {
  const run = shape[shape.length - 1];
  const together = shape[0] / (op.kind === 'conv2d' ? op.groups : 1);
  const columns = shape.slice(1).reduce((a, b) => a * b, 1);
  return { rows: shape[0], columns, run, firstOf: (row: number): number => Math.floor(row / together) * run };
}

/** Zeros stay zeros, and so does what says which are kept. */
function scaledWeights(node: Call, weights: Constant, before?: Factors, after?: Factors): Constant {
  const { data, type } = weights;
  const { rows, columns, run, firstOf } = walkOf(node, type.shape);
  const scaled = new Float32Array(data.length);
  for (let r = 0; r < rows; r++) {
    const [first, over] = [firstOf(r), after ? after[r] : 1];
    for (let tap = r * columns; tap < (r + 1) * columns; tap += run)
      for (let k = 0; k < run; k++) scaled[tap + k] = data[tap + k] * ((before ? before[first + k] : 1) / over);
  }
  return { ...weights, data: scaled };
}

const scaledBias = (bias: Constant, after?: Factors): Constant =>
  after ? { ...bias, data: Float32Array.from(bias.data, (b, r) => b / after[r]) } : bias;
