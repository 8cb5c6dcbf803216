/** Sums, products and choices of two values, averages, and values side by side. */
import type { Call, Constant, Id } from '../graph/graph.ts';
import { roundTiesToEven } from '../loop/meaning.ts';
import type { Binary } from '../ops/elementwise.ts';
import type { Pool2d } from '../ops/pool2d.ts';
import type { Reduce } from '../ops/reduce.ts';
import type { Shape } from '../tensor/type.ts';
import { elements, tensor } from '../tensor/type.ts';
import type { Form, Target } from './form.ts';
import { bounded, isAlike } from './form.ts';
import { byTable } from './rows-tables.ts';
import type { Outcome, Row, Site } from './site.ts';
import { aimOf, brought, integers, land, landed, originIn, rescale, typeOf, wholeCall, withBorder } from './site.ts';
import { landingOf } from './source.ts';

/** Two values, of which one may be known. */
export const binary: Row = (node, site) => {
  const { fn } = node.op as Binary;
  const known = node.inputs.findIndex((id) => site.source.constant(id));
  if (known >= 0) {
    const done = byTable(node, site, known);
    if (done !== 'takes a constant of numbers that differ along more than the last axis') return done;
  }
  if (!['add', 'sub', 'mul', 'max', 'min'].includes(fn)) return `computes "${fn}" of two values`;
  if (!node.inputs.some((id) => site.form(id))) return 'is given real numbers alone';
  const landing = landingOf(node, site.source);
  const aim = aimOf(site, landing);
  if (!aim) return 'gives numbers without a scale';
  const pair = node.inputs.map((id) => operand(site, id));
  const [a, b] = pair;
  if (!a || !b) return 'is given numbers without a scale';
  if (fn === 'mul') return product(node, site, a, b, aim);
  if (fn === 'add' || fn === 'sub') return sum(node, site, fn, [a, b], aim);
  return choice(node, site, fn === 'max' ? 'max' : 'min', [a, b], aim);
};

type Operand = (Form & { readonly known?: undefined }) | { readonly known: Constant };

function operand(site: Site, id: Id): Operand | undefined {
  const constant = site.source.constant(id);
  return constant ? { known: constant } : site.whole(id);
}

/** The largest magnitude that it can have. */
function magnitude(x: Operand): number {
  if (!x.known) return Math.max(x.high - x.zero, x.zero - x.low) * x.scale;
  let most = 0;
  for (const v of x.known.data) most = Math.max(most, Math.abs(v));
  return most;
}

/** Bits below a step of the result that sums are made with, and how large their operands may be. */
const [mostFine, mostTerm] = [8, 2 ** 14];

/** Both at a scale that is finer than that of the result by a power of two, so that one rounding counts. */
function sum(node: Call, site: Site, fn: 'add' | 'sub', pair: readonly Operand[], aim: Target): Outcome {
  let fine = mostFine;
  while (fine >= 0 && pair.some((x) => magnitude(x) > (aim.scale / 2 ** fine) * mostTerm)) fine--;
  if (fine < 0) return 'adds numbers that are over 2^14 times a step of the sum';
  const scale = aim.scale / 2 ** fine;
  const common: Target = { scale, zero: 0, low: -2 * mostTerm, high: 2 * mostTerm - 1, minus: 0 };
  const terms = pair.map((x, i) => term(site, node, node.inputs[i], x, common));
  const ids: Id[] = [];
  for (const t of terms) {
    if (typeof t === 'string') return t;
    ids.push(t.id);
  }
  const sums = wholeCall(site, node, { op: { kind: 'binary', fn }, inputs: ids, shape: node.type.shape }, common);
  return land(site, node, landingOf(node, site.source), { sums, scales: [scale], aim });
}

/** At another scale; numbers that are known are rounded to it. */
function term(site: Site, node: Call, id: Id, x: Operand, aim: Target): Form | string {
  const { shape } = typeOf(site, id);
  if (!x.known) return brought(site, x, aim, node, shape);
  const whole = (v: number): number => Math.min(Math.max(roundTiesToEven(v / aim.scale) + aim.zero, aim.low), aim.high);
  return { ...aim, id: integers(site, `${id}_whole`, shape, Array.from(x.known.data, whole), x.known) };
}

function choice(node: Call, site: Site, fn: 'max' | 'min', pair: readonly Operand[], aim: Target): Outcome {
  const landing = landingOf(node, site.source);
  const within = { ...aim, ...bounded(aim, landing.bounds) };
  const ids: Id[] = [];
  for (const [i, x] of pair.entries()) {
    const { shape } = typeOf(site, node.inputs[i]);
    // Also at the same scale: bounds are for both sides.
    const made = x.known
      ? term(site, node, node.inputs[i], x, within)
      : rescale(site, node, shape, { sums: x.id, scales: [x.scale], zero: x.zero, aim: within });
    if (typeof made === 'string') return made;
    ids.push(made.id);
  }
  const op = { kind: 'binary', fn } as const;
  const at = wholeCall(site, node, { op, inputs: ids, shape: node.type.shape, id: landing.id }, aim);
  return landed(site, node, landing, { ...within, id: at });
}

/** Numbers that are known and multiply have so many steps on both sides of 0. */
const factorSteps = 2047;

function product(node: Call, site: Site, a: Operand, b: Operand, aim: Target): Outcome {
  const scales: number[] = [];
  const ids = [a, b].map((x, i) => {
    const id = node.inputs[i];
    const { shape } = typeOf(site, id);
    if (x.known) {
      const scale = Math.max(Math.fround(magnitude(x) / factorSteps), 2 ** -100);
      scales.push(scale);
      return integers(
        site,
        `${id}_whole`,
        shape,
        Array.from(x.known.data, (v) => roundTiesToEven(v / scale)),
        x.known,
      );
    }
    scales.push(x.scale);
    if (x.zero === 0) return x.id;
    const zero = integers(site, `${id}_zero`, [1], [x.zero], node);
    return wholeCall(site, node, { op: { kind: 'binary', fn: 'sub' }, inputs: [x.id, zero], shape });
  });
  const op = { kind: 'binary', fn: 'mul' } as const;
  const sums = wholeCall(site, node, { op, inputs: ids, shape: node.type.shape });
  return land(site, node, landingOf(node, site.source), { sums, scales: [scales[0] * scales[1]], aim });
}

/** Means and sums along some axes: exact, then rounded once. */
export const reduce: Row = (node, site) => {
  const op = node.op as Reduce;
  if (op.fn === 'prod') return 'multiplies along an axis';
  const x = site.form(node.inputs[0]);
  if (!x) return 'is given real numbers';
  if (op.fn === 'max' || op.fn === 'min') return moved(node, site, x, op);
  const landing = landingOf(node, site.source);
  const aim = aimOf(site, landing);
  if (!aim) return 'gives numbers without a scale';
  const { shape } = node.type;
  const count = elements(typeOf(site, node.inputs[0]).shape) / elements(shape);
  const sums = wholeCall(site, node, { op: { ...op, fn: 'sum' }, inputs: [x.id], shape });
  const scale = op.fn === 'mean' ? x.scale / count : x.scale;
  return land(site, node, landing, { sums, scales: [scale], zero: x.zero * count, aim });
};

/** An average is a convolution of each channel with ones. */
export const pool: Row = (node, site) => {
  const op = node.op as Pool2d;
  const x = site.form(node.inputs[0]);
  if (!x) return 'is given real numbers';
  if (op.fn === 'max') return moved(node, site, x, op);
  if (!op.countPad && op.pad.some((p) => p > 0)) return 'averages fewer numbers at its borders';
  const landing = landingOf(node, site.source);
  const aim = aimOf(site, landing);
  if (!aim) return 'gives numbers without a scale';
  const { shape } = node.type;
  const [c, size] = [shape[3], op.window[0] * op.window[1]];
  const ones = integers(site, `${node.id}_ones`, [c, ...op.window, 1], Array<number>(c * size).fill(1), node);
  const bias = integers(site, `${node.id}_bias`, [c], Array<number>(c).fill(-size * x.zero), node);
  const bordered = x.zero !== 0 && op.pad.some((p) => p > 0);
  const { stride } = op;
  const pad = bordered ? [0, 0, 0, 0] : op.pad;
  const sums = site.emit({
    kind: 'call',
    id: site.fresh(`${node.id}_sums`),
    op: { kind: 'conv2d', stride, dilation: [1, 1], pad, groups: c, activation: 'none' },
    inputs: [bordered ? withBorder(site, node, op.pad, x, x.zero) : x.id, ones, bias],
    type: tensor('i32', shape),
    ...originIn(node),
  });
  return land(site, node, landing, { sums, scales: [x.scale / size], aim });
};

/** Each at the scale of the whole. */
export const concat: Row = (node, site) => {
  if (!node.inputs.some((id) => site.form(id))) return 'is given real numbers alone';
  const parts = node.inputs.map((id) => operand(site, id));
  const forms = parts.flatMap((p) => (p && !p.known ? [p] : []));
  const alike = forms.length === parts.length && forms.every((f) => isAlike(f, forms[0]) && f.minus === forms[0].minus);
  const aim = alike && site.own ? forms[0] : site.target(node.id);
  if (!aim || !parts.every((p) => p !== undefined)) return 'joins numbers without a scale';
  const made = parts.map((part, i) => term(site, node, node.inputs[i], part, aim));
  const ids: Id[] = [];
  let [low, high] = [0, 0];
  for (const part of made) {
    if (typeof part === 'string') return part;
    ids.push(part.id);
    [low, high] = [Math.min(low, part.low), Math.max(high, part.high)];
  }
  const at = wholeCall(site, node, { op: node.op, inputs: ids, shape: node.type.shape, id: node.id }, aim);
  site.hold(node.id, { ...aim, low, high, id: at });
  return true;
};

/** The same call on whole numbers, whose scale and bounds stay. */
export function moved(node: Call, site: Site, x: Form, op: Call['op'], shape: Shape = node.type.shape): true {
  const inputs = [x.id, ...node.inputs.slice(1).map(site.plain)];
  const at = wholeCall(site, node, { op, inputs, shape, id: node.id }, x);
  site.hold(node.id, { ...x, id: at });
  return true;
}
