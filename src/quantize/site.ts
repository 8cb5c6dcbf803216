/** What rows of the conversion may use, and what they share: nodes of the quantised graph, made as they are asked for. */
import type { Report } from '../diagnostic.ts';
import { bug } from '../diagnostic.ts';
import type { Call, Constant, Id, Node } from '../graph/graph.ts';
import type { Op } from '../ops/index.ts';
import { withQuantity } from '../tensor/quantity.ts';
import type { Shape } from '../tensor/type.ts';
import { tensor } from '../tensor/type.ts';
import type { Form, Target } from './form.ts';
import { bounded, isAlike, quantityOf } from './form.ts';
import type { Rounded } from './grids.ts';
import { multiplierFor } from './multiplier.ts';
import type { Landing, Source } from './source.ts';

/** A layer as it came out, for the report. */
export interface ConvertedLayer {
  /** Of the source graph. */
  readonly call: Call;
  readonly landing: Id;
  /** Absent where its sums become real numbers at once. */
  readonly form?: Form;
  readonly weights?: ConvertedWeights;
  /** Bits that its largest possible sum takes, the sign among them. */
  readonly bits?: number;
}

export interface ConvertedWeights {
  /** Real weights, and those that the whole numbers stand for. */
  readonly before: Constant;
  readonly after: Float32Array<ArrayBuffer>;
  /** What a step of each row's weights is worth, and of its sums. */
  readonly scales: readonly number[];
  readonly products: readonly number[];
  /** In steps of the sums. */
  readonly biases: readonly number[];
}

export interface Site {
  readonly source: Source;
  readonly report: Report;
  /** Whether scales are those of the model alone: what has none stays real. */
  readonly own: boolean;
  /** Weights as whole numbers, or why there are none. */
  readonly rounded: (weights: Constant, rows: number) => Rounded | string;
  /** What real numbers of the source graph are quantised to. */
  readonly target: (id: Id) => Target | undefined;
  /** The whole numbers that a value was made into already, or that an input is made into now. */
  readonly form: (id: Id) => Form | undefined;
  /** The same, made now if need be; undefined where nothing says at which scale. */
  readonly whole: (id: Id) => Form | undefined;
  /** The value as real numbers, or as the source graph has it. */
  readonly plain: (id: Id) => Id;
  /** Whole numbers of a value of the quantised graph, under an id. */
  readonly enter: (x: Id, like: Node, aim: Target, id: Id) => Form;
  readonly hold: (id: Id, form: Form) => void;
  readonly absorb: (ids: readonly Id[]) => void;
  readonly emit: (node: Node) => Id;
  readonly fresh: (stem: string) => Id;
  readonly layer: (layer: ConvertedLayer) => void;
}

/** Done, or why the call stays as it is: the rest of a sentence about it. */
export type Outcome = true | string;

export type Row = (node: Call, site: Site) => Outcome;

/** What a call whose result is rounded aims at. */
export const aimOf = (site: Site, landing: Landing): Target | undefined => landing.own ?? site.target(landing.id);

export function integers(site: Site, stem: Id, shape: Shape, data: Iterable<number>, like: Node): Id {
  const id = site.fresh(stem);
  site.emit({ kind: 'constant', id, type: tensor('i32', shape), data: Int32Array.from(data), ...originIn(like) });
  return id;
}

export const originIn = ({ origin }: Node): { readonly origin?: string } => (origin === undefined ? {} : { origin });

/** A call of whole numbers, under an id of its own unless one is given. */
export function wholeCall(
  site: Site,
  like: Node,
  {
    op,
    inputs,
    shape,
    id,
  }: { readonly op: Op; readonly inputs: readonly Id[]; readonly shape: Shape; readonly id?: Id },
  of?: Pick<Target, 'scale' | 'zero'>,
): Id {
  const type = withQuantity(tensor('i32', shape), of && quantityOf(of));
  return site.emit({ kind: 'call', id: id ?? site.fresh(`${like.id}_whole`), op, inputs, type, ...originIn(like) });
}

export interface Rescaling {
  /** Whole numbers, and what a step of each is worth: one, or one for each index of the last axis. */
  readonly sums: Id;
  readonly scales: readonly number[];
  /** The whole number that stands for 0 in them. */
  readonly zero?: number;
  readonly aim: Target;
  readonly low?: number;
  readonly high?: number;
  readonly id?: Id;
}

/** Brings whole numbers to another scale; the reason if the step between the scales is too large. */
export function rescale(site: Site, like: Node, shape: Shape, { sums, scales, ...rest }: Rescaling): Form | string {
  const { aim, zero = 0, low = aim.low, high = aim.high, id } = rest;
  const factors = scales.map((s) => multiplierFor(s / aim.scale));
  const known = factors.flatMap((f) => (f ? [f] : []));
  if (known.length < factors.length) return `has sums of a scale that is over 2^14 times that of its result`;
  const stem = id ?? like.id;
  const place = aim.zero - Math.round((zero * scales[0]) / aim.scale);
  const multiplier = integers(
    site,
    `${stem}_multiplier`,
    [known.length],
    known.map((f) => f.multiplier),
    like,
  );
  const shift = integers(
    site,
    `${stem}_shift`,
    [known.length],
    known.map((f) => f.shift),
    like,
  );
  const offset = integers(site, `${stem}_zero`, [1], [place], like);
  const op = { kind: 'requantize', low, high } as const;
  const inputs = [sums, multiplier, shift, offset];
  const at = wholeCall(site, like, { op, inputs, shape, ...(id !== undefined && { id }) }, aim);
  return { ...aim, low, high, id: at };
}

/** A value as whole numbers of an aim; what it is already where the scales are alike. */
export function brought(site: Site, form: Form, aim: Target, like: Node, shape: Shape): Form | string {
  if (isAlike(form, aim)) return form;
  return rescale(site, like, shape, { sums: form.id, scales: [form.scale], zero: form.zero, aim });
}

/** Ends a call whose sums are to be rounded: requantises them where they land, and notes the layer. */
export function land(
  site: Site,
  node: Call,
  landing: Landing,
  rescaling: Omit<Rescaling, 'id' | 'low' | 'high'>,
  more: Pick<ConvertedLayer, 'weights' | 'bits'> = {},
): Outcome {
  const { aim } = rescaling;
  const { shape } = node.type;
  const form = rescale(site, node, shape, { ...rescaling, ...bounded(aim, landing.bounds), id: landing.id });
  if (typeof form === 'string') return form;
  return landed(site, node, landing, form, more);
}

export function landed(
  site: Site,
  node: Call,
  landing: Landing,
  form: Form,
  more: Pick<ConvertedLayer, 'weights' | 'bits'> = {},
): true {
  site.hold(landing.id, form);
  site.absorb(landing.absorbed);
  site.layer({ call: node, landing: landing.id, form, ...more });
  return true;
}

export const typeOf = (site: Site, id: Id) => (site.source.byId.get(id) ?? bug(`%${id} is not defined`)).type;

/** A border of what stands for 0, which the padding of a layer is not. */
export function withBorder(site: Site, node: Call, pad: readonly number[], x: Form, value: number): Id {
  const [top, left, bottom, right] = pad;
  const [n, h, w, c] = typeOf(site, node.inputs[0]).shape;
  const op = { kind: 'pad', before: [0, top, left, 0], after: [0, bottom, right, 0], mode: 'constant', value } as const;
  const shape = [n, h + top + bottom, w + left + right, c];
  return wholeCall(site, node, { op, inputs: [x.id], shape, id: site.fresh(`${node.id}_border`) }, x);
}
