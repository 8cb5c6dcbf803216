/** Runs a graph on calibration inputs, and gathers how large each of its values gets. */
import type { Report } from '../diagnostic.ts';
import type { Named } from '../graph/evaluate.ts';
import { evaluate } from '../graph/evaluate.ts';
import type { Graph, Id, Node } from '../graph/graph.ts';
import { originOf } from '../graph/graph.ts';
import type { Numbers } from '../tensor/numbers.ts';
import type { Histogram } from './histogram.ts';
import { emptyHistogram, observe } from './histogram.ts';
import type { Run } from './runs.ts';
import { comparedOf, runOf } from './runs.ts';

/** Of every value of real numbers that is computed or given. */
export type Histograms = ReadonlyMap<Id, Histogram>;

export interface Calibration {
  readonly histograms: Histograms;
  /** Of some of the samples: all were run, and these need not be run again. */
  readonly runs: readonly Run[];
}

/** Undefined, and reported, where what a layer computes or is given is not finite. */
export function calibrate(graph: Graph, samples: readonly Named[], report: Report): Calibration | undefined {
  const histograms = new Map<Id, Histogram>();
  for (const { id, kind, type } of graph.nodes)
    if (kind !== 'constant' && type.dtype === 'f32') histograms.set(id, emptyHistogram());
  const watch = ({ id }: Node, data: Numbers): void => {
    const histogram = histograms.get(id);
    if (histogram) observe(histogram, data);
  };
  const compared = new Set(comparedOf(graph, samples));
  const runs: Run[] = [];
  for (const sample of samples)
    if (compared.has(sample)) runs.push(runOf(graph, sample, watch));
    else evaluate(graph, sample, { watch });
  // Masks of attention hold −∞ by design; what a layer computes or is given must not.
  const odd = graph.nodes.find(
    (node) =>
      (node.kind === 'input' || (node.kind === 'call' && 'activation' in node.op)) &&
      (histograms.get(node.id)?.notFinite ?? 0) > 0,
  );
  if (!odd) return { histograms, runs };
  report({
    severity: 'error',
    code: 'quantize/not-finite',
    message: `calibration gives ${histograms.get(odd.id)?.notFinite} numbers that are not finite`,
    origin: odd.kind === 'input' ? { file: graph.file, name: odd.name } : originOf(graph, odd),
    hint: 'look for NaN and infinite numbers in the calibration data, and for inputs that are not scaled as the model wants them',
  });
  return undefined;
}
