/** Functions of one number: of so few whole numbers, all results are written down. */

import { evaluateCall } from '../graph/evaluate.ts';
import type { Call } from '../graph/graph.ts';
import { roundTiesToEven } from '../loop/meaning.ts';
import { elements, tensor } from '../tensor/type.ts';
import type { Bounds, Form, Target } from './form.ts';
import { bounded, boundsOf } from './form.ts';
import type { Outcome, Row, Site } from './site.ts';
import { aimOf, integers, land, landed, typeOf, wholeCall } from './site.ts';
import { landingOf } from './source.ts';

export const unary: Row = (node, site) => {
  const { op } = node;
  if (op.kind !== 'unary') return 'is no function of one number';
  const x = site.form(node.inputs[0]);
  if (!x) return 'is given real numbers';
  if (op.fn !== 'relu' && op.fn !== 'relu6') return written(node, site, 0, 1, x);
  const landing = landingOf(node, site.source, boundsOf[op.fn]);
  const aim = aimOf(site, landing);
  if (!aim) return 'gives numbers without a scale';
  return land(site, node, landing, { sums: x.id, scales: [x.scale], zero: x.zero, aim });
};

/** A function of two values of which operand `known` is one number, or one for each index of the last axis. */
export function byTable(node: Call, site: Site, known: number): Outcome {
  const at = 1 - known;
  const x = site.form(node.inputs[at]);
  const { shape } = typeOf(site, node.inputs[known]);
  if (!x) return 'is given real numbers';
  const channels = node.type.shape.at(-1) ?? 1;
  const count = elements(shape);
  const spread = elements(typeOf(site, node.inputs[at]).shape) !== elements(node.type.shape);
  if (spread || (count !== 1 && !(count === channels && shape.at(-1) === channels)))
    return 'takes a constant of numbers that differ along more than the last axis';
  const { op } = node;
  const factors = site.source.constant(node.inputs[known])?.data;
  // A positive factor changes the scale alone.
  if (op.kind === 'binary' && op.fn === 'mul' && factors?.every((f) => f > 0)) {
    const landing = landingOf(node, site.source);
    const aim = aimOf(site, landing);
    const scales = Array.from(factors, (f) => f * x.scale);
    if (aim && (x.zero === 0 || count === 1))
      return land(site, node, landing, { sums: x.id, scales, zero: x.zero, aim });
  }
  return written(node, site, at, count === 1 ? 1 : channels, x);
}

/** Normalisation by known numbers is a function of each channel. */
export const batchNorm: Row = (node, site) => {
  const x = site.form(node.inputs[0]);
  if (!x) return 'is given real numbers';
  if (!node.inputs.slice(1).every(site.source.constant)) return 'normalises by numbers that it computes';
  return written(node, site, 0, node.type.shape.at(-1) ?? 1, x);
};

/** Entries that all tables of a call may have together. */
const mostEntries = 2 ** 22;

/** A table of what the call gives for every whole number that x may be, one for each of `channels`. */
function written(node: Call, site: Site, at: number, channels: number, x: Form): Outcome {
  const landing = landingOf(node, site.source);
  const aim = aimOf(site, landing);
  if (!aim) return 'gives numbers without a scale';
  const count = x.high - x.low + 1;
  if (count * channels > mostEntries) return `would take ${channels} tables of ${count} entries`;
  const { low, high } = bounded(aim, landing.bounds);
  const entries = entriesOf(node, site, at, { channels, count, x });
  if (!entries) return 'gives no real numbers';
  const table = integers(
    site,
    `${landing.id}_table`,
    channels === 1 ? [count] : [channels, count],
    entries.map((y) => wholeOf(y, aim, { from: low, to: high })),
    node,
  );
  const { shape } = node.type;
  const inputs = [x.id, table];
  const id = wholeCall(site, node, { op: { kind: 'lookup', low: x.low }, inputs, shape, id: landing.id }, aim);
  return landed(site, node, landing, { ...aim, low, high, id });
}

/** As `quantize` has it: NaN becomes the lowest. */
const wholeOf = (y: number, { scale, zero }: Target, { from, to }: Bounds): number => {
  const placed = roundTiesToEven(y / scale) + zero;
  return from < placed ? Math.min(placed, to) : from;
};

/** The call's own meaning on [count, channels] numbers, table after table. */
function entriesOf(
  { op, inputs, type }: Call,
  site: Site,
  at: number,
  { channels, count, x }: { readonly channels: number; readonly count: number; readonly x: Form },
): Float64Array | undefined {
  if (type.dtype !== 'f32') return undefined;
  const shape = [count, channels];
  const reals = new Float32Array(count * channels);
  for (let i = 0; i < reals.length; i++) reals[i] = Math.fround(x.low + Math.floor(i / channels) - x.zero) * x.scale;
  const values = inputs.map((id, i) => {
    if (i === at) return { type: tensor('f32', shape), data: reals };
    const constant = site.source.constant(id);
    const data = constant?.data ?? new Float32Array(channels);
    return { type: tensor('f32', [data.length]), data };
  });
  const results = evaluateCall({ op, type: tensor('f32', shape) }, values);
  const out = new Float64Array(results.length);
  for (let c = 0; c < channels; c++) for (let i = 0; i < count; i++) out[c * count + i] = results[i * channels + c];
  return out;
}
