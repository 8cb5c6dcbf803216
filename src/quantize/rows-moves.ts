/** Numbers that move and stay what they are, and those that the model quantises itself. */
import type { Call } from '../graph/graph.ts';
import type { Pad } from '../ops/pad.ts';
import type { Form } from './form.ts';
import { isAlike } from './form.ts';
import { moved } from './rows-sums.ts';
import type { Row, Site } from './site.ts';
import { rescale } from './site.ts';
import { targetOf } from './source.ts';

/** Why most calls stay as they are. */
export const givenReal = 'is given real numbers';

export const move: Row = (node, site) => {
  const x = site.form(node.inputs[0]);
  if (!x) return givenReal;
  const { op } = node;
  return moved(node, site, x, op.kind === 'pad' ? { ...op, value: borderOf(op, x, node) } : op);
};

/** What stands for the value of the border; what is beyond saturates. */
function borderOf({ value }: Pad, { scale, zero, minus, low, high }: Form, { type }: Call): number {
  const whole = type.dtype === 'i32' ? value + minus : Math.round(value / scale) + zero;
  return Math.min(Math.max(whole, low), high);
}

/** Real numbers that the model quantises: whole ones of its scale, however they came about. */
export const quantise: Row = (node, site) => {
  const aim = targetOf(node, site.source);
  if (!aim) return 'quantises along an axis, to over 8 bits, or by numbers that it computes';
  const x = site.form(node.inputs[0]);
  if (x && isAlike(x, aim) && x.low >= aim.low && x.high <= aim.high) {
    site.hold(node.id, { ...aim, low: x.low, high: x.high, id: x.id });
    return true;
  }
  if (x) {
    const { shape } = node.type;
    const form = rescale(site, node, shape, { sums: x.id, scales: [x.scale], zero: x.zero, aim, id: node.id });
    if (typeof form === 'string') return form;
    site.hold(node.id, form);
    return true;
  }
  site.hold(node.id, quantised(node, site, aim));
  return true;
};

function quantised(node: Call, site: Site, aim: NonNullable<ReturnType<typeof targetOf>>): Form {
  return site.enter(site.plain(node.inputs[0]), node, aim, node.id);
}

/** Whole numbers that become real ones: the same ones, with what they stand for. */
export const dequantise: Row = (node, site) => {
  const { op } = node;
  const x = site.form(node.inputs[0]);
  if (!x || op.kind !== 'dequantize' || op.axis >= 0)
    return 'makes real numbers of whole ones that are not quantised here';
  const [scale, zero] = node.inputs.slice(1).map((id) => site.source.constant(id)?.data[0]);
  if (scale === undefined || zero === undefined || !(scale > 0 && scale < Infinity))
    return 'has a scale that it computes';
  site.hold(node.id, { ...x, scale, zero: x.minus + zero, minus: 0 });
  return true;
};
