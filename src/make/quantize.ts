/** An imported graph → its layers made final, and quantised as people ask for it. */
import { portable } from '../../passes/index.ts';
import { quantizeLayers } from '../../passes/quantize-layers.ts';
import type { Report } from '../diagnostic.ts';
import type { Named } from '../graph/evaluate.ts';
import type { Graph } from '../graph/graph.ts';
import { verify } from '../graph/verify.ts';
import { runPasses } from '../pass.ts';
import type { QuantizeOptions } from '../quantize/options.ts';
import { parseQuantize } from '../quantize/options.ts';
import type { Quantised } from '../quantize/quantize.ts';
import { hasOwnScales } from '../quantize/quantize.ts';
import { spread } from '../quantize/runs.ts';
import { withGraph } from './bug.ts';
import { isDrawn, readCalibration } from './calibration.ts';
import { parseRange } from './range.ts';

export interface QuantizeChoice {
  /** `qdq`, or e.g. `weights=int8,activations=int8`. */
  readonly quantize?: string | undefined;
  /** The path of calibration data. */
  readonly calibrate?: string | undefined;
  /** What black and white in pictures of it become, e.g. `-1..1`; `0..1` unless given. */
  readonly calibrateRange?: string | undefined;
}

/** Targets that compute with whole numbers alone: there a model's own scales are taken unasked. */
const wholeTargets: ReadonlySet<string> = new Set(['fpga']);

/** How a graph is to be quantised, if it is. */
export const quantizeChoiceFor = (
  graph: Graph,
  { quantize, target = '' }: Pick<QuantizeChoice, 'quantize'> & { readonly target?: string | undefined },
): string | undefined => quantize ?? (wholeTargets.has(target) && hasOwnScales(graph) ? 'qdq' : undefined);

export interface QuantizedGraph extends Quantised {
  /** A few of the calibration data, for who wants to see what the graph makes of what it is used for. None where they were drawn. */
  readonly samples: readonly Named[];
}

/** Undefined after a report. */
export function quantizeWith(imported: Graph, choice: QuantizeChoice, report: Report): QuantizedGraph | undefined {
  const options = parseQuantize(choice.quantize ?? '');
  return 'length' in options ? failed(report, ...options) : quantizeAs(imported, options, choice, report);
}

const failed = (report: Report, message: string, hint: string): undefined =>
  void report({ severity: 'error', code: 'quantize/options', message, hint });

/** Undefined after a report. */
export function quantizeAs(
  imported: Graph,
  options: QuantizeOptions,
  { calibrate, calibrateRange = '0..1' }: Omit<QuantizeChoice, 'quantize'>,
  report: Report,
): QuantizedGraph | undefined {
  const range = parseRange(calibrateRange);
  if (!range)
    return failed(
      report,
      `the range of pictures cannot be "${calibrateRange}"`,
      'say two numbers, the lower one first: -1..1',
    );
  let wrong = false;
  const heard: Report = (d) => {
    wrong ||= d.severity === 'error';
    report(d);
  };
  return withGraph(imported, () => {
    verify(imported, heard);
    const final = wrong ? imported : runPasses(imported, portable, heard);
    if (wrong) return undefined;
    const { samples: most } = options.kind === 'qdq' ? { samples: mostOwn } : options;
    const samples = calibrate === undefined ? [] : readCalibration(calibrate, final, { samples: most, range }, heard);
    const told: Quantised[] = [];
    const graph = samples && runPasses(final, [quantizeLayers(options, samples, (q) => void told.push(q))], heard);
    if (!samples || !graph || told.length === 0 || wrong) return undefined;
    return { ...told[0], graph, samples: calibrate && isDrawn(calibrate) ? [] : spread(samples, mostKept) };
  });
}

/** Pictures are large, and what is recorded of them is text. */
const mostKept = 4;

/** Where the model has its own scales, calibration data is for the report alone. */
const mostOwn = 32;
