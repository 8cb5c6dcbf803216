/** A graph whose layers are final → the same with weights, and if wanted activations, as whole numbers; and what that costs. */
import type { Report } from '../diagnostic.ts';
import type { Named } from '../graph/evaluate.ts';
import type { Call, Graph, Id } from '../graph/graph.ts';
import { originOf } from '../graph/graph.ts';
import type { Histograms } from './calibrate.ts';
import { calibrate } from './calibrate.ts';
import type { Conversion } from './convert.ts';
import { convert } from './convert.ts';
import { equalise } from './equalise.ts';
import type { Target } from './form.ts';
import { steps, symmetric } from './form.ts';
import { shareBeyond, thresholdOf } from './histogram.ts';
import type { QuantizeOptions, RangeRule } from './options.ts';
import { inPairs } from './pairs.ts';
import type { Counterpart, OutputQuality } from './quality.ts';
import { compareRuns, decibels, weightDistortion } from './quality.ts';
import { roundedBy, roundGraph, weighted } from './round.ts';
import type { Run } from './runs.ts';
import { comparedOf, runsOf } from './runs.ts';
import { separateLayers } from './separate.ts';

export interface LayerQuality {
  readonly name: string;
  readonly op: string;
  /** dB; null where there are no weights, or nothing was lost. */
  readonly weightSqnr: number | null;
  /** dB of the result against that of the graph of real numbers, on calibration data; null without any, or where nothing was lost. */
  readonly sqnr: number | null;
  /** The share of its results in calibration that are beyond what its whole numbers reach; null where it stays real. */
  readonly saturated: number | null;
  /** Bits that its sums may take; null where it has none, or they are real. */
  readonly bits: number | null;
}

export interface RealCall {
  readonly name: string;
  readonly op: string;
  /** The rest of a sentence. */
  readonly reason: string;
}

export interface Quality {
  /** In the order of the graph. */
  readonly layers: readonly LayerQuality[];
  /** What still computes with real numbers, where activations are whole ones. */
  readonly real: readonly RealCall[];
  /** Against the graph of real numbers, on some of the calibration data; empty without any. */
  readonly outputs: readonly OutputQuality[];
  /** How many inputs these were, here and by layer. */
  readonly samples: number;
}

export interface Quantised {
  readonly graph: Graph;
  /** The same as real numbers, rounded by pairs of `quantize` and `dequantize`: for who reads such. */
  readonly inPairs: () => Graph;
  readonly quality: Quality;
}

/** `samples` are values for all inputs, each for one run. Undefined after a report. */
export function quantizeGraph(
  graph: Graph,
  options: QuantizeOptions,
  samples: readonly Named[],
  report: Report,
): Quantised | undefined {
  if (options.kind === 'qdq') return withOwnScales(graph, samples, report);
  if (!options.activations) return weightsAlone(graph, options, samples);
  const fail = (code: string, message: string, hint: string): undefined =>
    void report({ severity: 'error', code, message, hint, origin: { file: graph.file } });
  const own = graph.nodes.filter((n) => n.kind === 'call' && n.op.kind === 'quantize').length;
  if (own > 0)
    return fail(
      'quantize/twice',
      `the model quantises ${own} values itself`,
      '--quantize qdq takes its own scales; weights alone are rounded without activations=int8',
    );
  if (samples.length === 0)
    return fail(
      'quantize/no-calibration',
      'activations are quantised by what they are for some inputs, and there are none',
      'give --calibrate data.npz, or a folder of .npy, .npz or .png files',
    );
  const apart = separateLayers(graph);
  const source = options.activations.equalise ? equalise(apart, samples) : apart;
  const calibration = calibrate(source, samples, report);
  if (!calibration) return undefined;
  const targets = targetsFor(source, calibration.histograms, options.activations.ranges);
  const converted = convert(
    source,
    { rounded: roundedBy(options.weights), target: (id) => targets.get(id), own: false },
    report,
  );
  if (!converted) return undefined;
  const made = finished(source, converted, calibration, report);
  return { ...made, inPairs: () => inPairs(source, converted) };
}

/** Calls that quantise in the model itself. */
export const hasOwnScales = ({ nodes }: Graph): boolean =>
  nodes.some((n) => n.kind === 'call' && n.op.kind === 'quantize');

function withOwnScales(graph: Graph, samples: readonly Named[], report: Report): Quantised | undefined {
  if (!hasOwnScales(graph)) {
    report({
      severity: 'error',
      code: 'quantize/no-scales',
      message: 'the model has no scales of its own: nothing in it quantises',
      origin: { file: graph.file },
      hint: 'give --quantize weights=int8,activations=int8 and --calibrate',
    });
    return undefined;
  }
  const source = separateLayers(graph);
  const converted = convert(source, { rounded: roundedBy(undefined), target: () => undefined, own: true }, report);
  return (
    converted && {
      ...finished(source, converted, { runs: runsOf(source, comparedOf(source, samples)) }, report),
      inPairs: () => graph,
    }
  );
}

function weightsAlone(
  graph: Graph,
  { weights: grid }: Extract<QuantizeOptions, { kind: 'calibrated' }>,
  samples: readonly Named[],
): Quantised {
  const { graph: rounded, weights } = roundGraph(graph, grid);
  const calls = graph.nodes.filter(
    (n): n is Call => n.kind === 'call' && weighted.has(n.op.kind) && weights.has(n.inputs[1]),
  );
  const counterparts = new Map(calls.map(({ id }): [Id, Counterpart] => [id, { id, scale: 1, zero: 0 }]));
  const compared = compareRuns(runsOf(graph, comparedOf(graph, samples)), rounded, counterparts);
  const layers = calls.map((call): LayerQuality => {
    const made = weights.get(call.inputs[1]);
    return {
      ...nameOf(call),
      weightSqnr: made ? decibels(weightDistortion(made.before.data, made.after)) : null,
      sqnr: decibels(compared.values.get(call.id)),
      saturated: null,
      bits: null,
    };
  });
  const quality = { layers, real: [], outputs: compared.outputs, samples: compared.samples };
  return { graph: rounded, inPairs: () => rounded, quality };
}

/** By the id of a value. Values that are joined share the scale of the whole, so that nothing is rounded twice. */
function targetsFor(graph: Graph, histograms: Histograms, rule: RangeRule): ReadonlyMap<Id, Target> {
  const targets = new Map<Id, Target>();
  for (const [id, histogram] of histograms) targets.set(id, symmetric(thresholdOf(histogram, rule, steps)));
  const uses = new Map<Id, number>();
  for (const node of graph.nodes)
    if (node.kind === 'call') for (const id of node.inputs) uses.set(id, (uses.get(id) ?? 0) + 1);
  for (const node of graph.nodes.toReversed()) {
    const whole = node.kind === 'call' && node.op.kind === 'concat' ? targets.get(node.id) : undefined;
    if (node.kind === 'call' && whole)
      for (const id of node.inputs) if (uses.get(id) === 1 && targets.has(id)) targets.set(id, whole);
  }
  return targets;
}

interface Evidence {
  readonly runs: Iterable<Run>;
  readonly histograms?: Histograms;
}

/** More of a layer's results than this are not cut without a word. */
const mostSaturated = 0.01;

function finished(
  source: Graph,
  { graph, layers, islands, forms }: Conversion,
  { runs, histograms }: Evidence,
  report: Report,
): Omit<Quantised, 'inPairs'> {
  const counterparts = new Map<Id, Counterpart>();
  for (const { landing } of layers) {
    counterparts.set(landing, forms.get(landing) ?? { id: landing, scale: 1, zero: 0 });
  }
  const compared = compareRuns(runs, graph, counterparts);
  const qualities = layers.map(({ call, landing, form, weights, bits }): LayerQuality => {
    const histogram = histograms?.get(landing);
    const reach = (form?.scale ?? Infinity) * (steps + 0.5);
    const saturated = histogram && form ? shareBeyond(histogram, reach) : null;
    if (saturated !== null && saturated > mostSaturated)
      report({
        severity: 'warning',
        code: 'quantize/saturation',
        message: `${(100 * saturated).toFixed(1)} % of its results in calibration are beyond ${Number(reach.toPrecision(4))}, and saturate`,
        origin: originOf(source, call),
        hint: 'ranges=minmax keeps them, at larger steps; or calibrate with inputs more like those in use',
      });
    return {
      ...nameOf(call),
      weightSqnr: weights ? decibels(weightDistortion(weights.before.data, weights.after)) : null,
      sqnr: decibels(compared.values.get(landing)),
      saturated,
      bits: bits ?? null,
    };
  });
  const real = islands.map(({ call, reason }) => ({ ...nameOf(call), reason }));
  return { graph, quality: { layers: qualities, real, outputs: compared.outputs, samples: compared.samples } };
}

const nameOf = ({ id, origin, op }: Call): { readonly name: string; readonly op: string } => ({
  name: origin ?? id,
  op: op.kind === 'unary' || op.kind === 'binary' ? op.fn : op.kind,
});
