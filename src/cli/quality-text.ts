/** What quantisation cost, for people. */
import type { LayerQuality, Quality, RealCall } from '../quantize/quantize.ts';
import type { Paint } from './paint.ts';
import { printPercent, shortName, table } from './paint.ts';

/** A row a layer, then the outputs, and what still computes with real numbers. */
export function qualityTable(quality: Quality, paint: Paint): readonly string[] {
  const { layers, real } = quality;
  const head = ['layer', 'op', 'weights', 'result', 'saturated', 'sums'].map((word) => paint.dim(word));
  const rows = layers.map(({ name, op, weightSqnr, sqnr, saturated, bits }) => [
    shortName(name),
    op,
    hasWeights(op) ? decibels(weightSqnr) : '',
    quality.samples === 0 ? '' : decibels(sqnr),
    saturated === null ? '' : saturated === 0 ? '0' : printPercent(saturated),
    bits === null ? '' : `${bits} bits`,
  ]);
  return [
    ...table([head, ...rows], ['left', 'left', 'right', 'right', 'right', 'right']),
    ...(real.length === 0 ? [] : ['', `${paint.dim('in real numbers')}`, ...realTable(real, paint)]),
    '',
    ...outputsOf(quality, paint),
  ];
}

/** A few lines for the end of a build. `storage`: what weights alone were rounded to. */
export function qualityLines(quality: Quality, paint: Paint, storage?: string): readonly string[] {
  const { layers, real } = quality;
  const worst = layers.reduce<LayerQuality | undefined>(
    (least, layer) => ((layer.sqnr ?? Infinity) < (least?.sqnr ?? Infinity) ? layer : least),
    undefined,
  );
  const least = worst ? `; the least of a layer is ${decibels(worst.sqnr)}, of "${shortName(worst.name)}"` : '';
  return [
    storage === undefined
      ? `${paint.bold('quantised')} ${layers.length} ${layers.length === 1 ? 'step' : 'steps'}${least}`
      : `${paint.bold(`weights as ${storage}`)} in ${layers.length} ${layers.length === 1 ? 'layer' : 'layers'}${least}`,
    ...outputsOf(quality, paint),
    ...(real.length === 0 ? [] : [`${real.length} in real numbers, ${kindsOf(real)}: espalier quantize says why`]),
  ];
}

const hasWeights = (op: string): boolean => ['conv2d', 'conv-transpose2d', 'linear', 'matmul'].includes(op);

const decibels = (sqnr: number | null): string => (sqnr === null ? 'exact' : `${sqnr.toFixed(1)} dB`);

const outputsOf = ({ outputs, samples }: Quality, paint: Paint): readonly string[] =>
  outputs.map(
    ({ name, sqnr, largestError }) =>
      `output ${paint.bold(shortName(name))}: ${decibels(sqnr)} against real numbers, largest error ${printPercent(largestError)} of the largest number, ${samples} ${samples === 1 ? 'sample' : 'samples'}`,
  );

/** Calls that are real for the same reason in one row, with the first of them. */
function realTable(real: readonly RealCall[], paint: Paint): readonly string[] {
  const by = new Map<string, RealCall[]>();
  for (const call of real) {
    const key = `${call.op} ${call.reason}`;
    by.set(key, [...(by.get(key) ?? []), call]);
  }
  const rows = [...by.values()].map((calls) => [
    calls[0].op,
    String(calls.length),
    `${calls[0].reason}${calls.length > 1 ? `, e.g. "${shortName(calls[0].name)}"` : `: "${shortName(calls[0].name)}"`}`,
  ]);
  return table([['op', 'calls', ''].map((word) => paint.dim(word)), ...rows], ['left', 'right']);
}

const kindsOf = (real: readonly RealCall[]): string => [...new Set(real.map(({ op }) => op))].sort().join(', ');
