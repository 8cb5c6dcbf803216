/** Runs a graph on calibration inputs, and gathers how large each of its values gets. */
import type { Report } from '../diagnostic.ts';
import type { Named } from '../graph/evaluate.ts';
import { evaluate } from '../graph/evaluate.ts';
import type { Graph, Id } from '../graph/graph.ts';
import { originOf } from '../graph/graph.ts';
import type { Histogram } from './histogram.ts';
import { emptyHistogram, observe } from './histogram.ts';

export type Histograms = ReadonlyMap<Id, Histogram>;

/** Of every value of real numbers that is computed or given. Undefined, and reported, where one is not finite. */
export function calibrate(graph: Graph, samples: readonly Named[], report: Report): Histograms | undefined {
  const histograms = new Map<Id, Histogram>();
  for (const { id, kind, type } of graph.nodes)
    if (kind !== 'constant' && type.dtype === 'f32') histograms.set(id, emptyHistogram());
  for (const sample of samples)
    evaluate(graph, sample, {
      watch({ id }, data) {
        const histogram = histograms.get(id);
        if (histogram) observe(histogram, data);
      },
    });
  // Masks of attention hold −∞ by design; what a layer computes or is given must not.
  const odd = graph.nodes.find(
    (node) =>
      (node.kind === 'input' || (node.kind === 'call' && 'activation' in node.op)) &&
      (histograms.get(node.id)?.notFinite ?? 0) > 0,
  );
  if (!odd) return histograms;
  report({
    severity: 'error',
    code: 'quantize/not-finite',
    message: `calibration gives ${histograms.get(odd.id)?.notFinite} numbers that are not finite`,
    origin: odd.kind === 'input' ? { file: graph.file, name: odd.name } : originOf(graph, odd),
    hint: 'look for NaN and infinite numbers in the calibration data, and for inputs that are not scaled as the model wants them',
  });
  return undefined;
}
