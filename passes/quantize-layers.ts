/** Layers compute with whole numbers, or with weights of few bits. */
import type { Named } from '../src/graph/evaluate.ts';
import type { Pass } from '../src/pass.ts';
import type { QuantizeOptions } from '../src/quantize/options.ts';
import type { Quantised } from '../src/quantize/quantize.ts';
import { quantizeGraph } from '../src/quantize/quantize.ts';

/**
 * After all that makes layers final, and before formats are chosen, which store what this leaves of weights. Changes what
 * the graph means by rounding, and tells how much.
 */
export const quantizeLayers = (
  options: QuantizeOptions,
  samples: readonly Named[],
  tell: (quantised: Quantised) => void,
): Pass => ({
  name: 'quantize-layers',
  doc: 'rounds weights to few bits, and computes with whole numbers in place of real ones',

  run(graph, report) {
    const quantised = quantizeGraph(graph, options, samples, report);
    if (!quantised) return graph;
    tell(quantised);
    return quantised.graph;
  },
});
