/**
 * What `--weights` asks for: weights of real numbers rounded to what few bits hold exactly, so that formats store them as such.
 * Everything else stays as it is: zeros, masks, biases, and weights that have scales already.
 */
import { targets } from '../../targets/index.ts';
import { weightsPattern, weightsRule } from '../config.ts';
import type { Report } from '../diagnostic.ts';
import { bug } from '../diagnostic.ts';
import type { Graph } from '../graph/graph.ts';
import { nodesById } from '../graph/graph.ts';
import type { QuantizeOptions } from '../quantize/options.ts';
import { parseGrid } from '../quantize/options.ts';
import { hasOwnScales } from '../quantize/quantize.ts';
import { weighted } from '../quantize/round.ts';
import type { ManifestWeights } from './manifest.ts';
import type { QuantizeChoice, QuantizedGraph } from './quantize.ts';
import { quantizeAs } from './quantize.ts';

/** Weights as they are. */
export const exact = 'f32';

/** What a codebook holds unless it is said: codes of six bits, with one for what is not kept. */
const usualCodebook = 'codebook:63';

/** Measured on one, where there are no data to measure on. */
const drawn = 'random:1';
const mostSamples = 16;

export interface StorageChoice extends QuantizeChoice {
  readonly weights: string;
  readonly target?: string | undefined;
  readonly smartdeal?: unknown;
}

export interface StoredGraph extends QuantizedGraph {
  readonly storage: string;
}

/** The graph with rounded weights, and what that costs, on calibration data or a random input. Undefined after a report. */
export function storedAs(graph: Graph, choice: StorageChoice, report: Report): StoredGraph | undefined {
  const fault = faultOf(graph, choice);
  if (fault) {
    const [code, message, hint] = fault;
    return void report({ severity: 'error', code, message, hint, origin: { file: graph.file } });
  }
  const { weights, calibrate = drawn } = choice;
  const storage = weights === 'codebook' ? usualCodebook : weights;
  const grid = parseGrid(storage) ?? bug(`no grid "${storage}"`);
  const options: QuantizeOptions = {
    kind: 'calibrated',
    weights: grid.kind === 'codebook' ? { ...grid, stored: true } : grid,
    samples: calibrate === drawn ? 1 : mostSamples,
  };
  const made = quantizeAs(graph, options, { ...choice, calibrate }, report);
  if (made?.quality.layers.length === 0)
    report({
      severity: 'warning',
      code: 'weights/none',
      message: `no layer has weights that can be rounded to ${storage}`,
      origin: { file: graph.file },
    });
  return made && { ...made, storage };
}

type Fault = readonly [code: string, message: string, hint: string];

function faultOf(graph: Graph, { weights, target, quantize, smartdeal }: StorageChoice): Fault | undefined {
  if (!weightsPattern.test(weights))
    return ['weights/unknown', `weights cannot be stored as "${weights}"`, `weights ${weightsRule}`];
  if (targets.some(({ name, hardwareFault }) => name === target && hardwareFault))
    return [
      'weights/target',
      `the target "${target}" computes with whole numbers, and weights are to be stored as ${weights}`,
      'leave out --weights, and give --quantize weights=int8,activations=int8',
    ];
  if (quantize !== undefined)
    return [
      'weights/twice',
      `weights are to be stored as ${weights}, and to be quantised: "${quantize}"`,
      'leave out --weights, or --quantize',
    ];
  if (smartdeal !== undefined && smartdeal !== false)
    return [
      'weights/twice',
      `weights are to be stored as ${weights}, and to be made of powers of two`,
      'leave out --weights, or --smartdeal',
    ];
  if (hasOwnScales(graph) || hasWholeWeights(graph))
    return [
      'weights/whole',
      `the model is quantised already, and its weights are to be stored as ${weights}`,
      'leave out --weights: whole numbers are stored as such',
    ];
  return undefined;
}

function hasWholeWeights(graph: Graph): boolean {
  const byId = nodesById(graph);
  return graph.nodes.some(
    (n) => n.kind === 'call' && weighted.has(n.op.kind) && byId.get(n.inputs[1])?.type.dtype === 'i32',
  );
}

/** What the manifest says of it. */
export function manifestWeights({ storage, quality }: Partial<StoredGraph>): ManifestWeights | undefined {
  if (storage === undefined || !quality) return undefined;
  const { layers, outputs, samples } = quality;
  const worst = layers.toSorted((a, b) => (a.sqnr ?? Infinity) - (b.sqnr ?? Infinity))[0];
  return {
    storage,
    layers: layers.length,
    worst: worst ? { name: worst.name, sqnr: worst.sqnr, weightSqnr: worst.weightSqnr } : null,
    outputs,
    samples,
  };
}
