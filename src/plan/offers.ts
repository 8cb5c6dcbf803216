/** Every format that can hold a layer's weights, with its price: what choose-formats decides by, and reports show. */
import type { Cost } from '../formats/format.ts';
import { formatNamed, formats } from '../formats/index.ts';
import type { Bounds } from '../graph/bounds.ts';
import { boundsOfAll } from '../graph/bounds.ts';
import type { Call, Id, Node } from '../graph/graph.ts';
import { operandsOf } from '../graph/graph.ts';
import type { Weights } from '../graph/weights.ts';
import { rulesOf } from '../ops/index.ts';
import type { Types } from '../ops/rules.ts';
import type { Matrix } from '../tensor/matrix.ts';
import type { Encoding } from '../tensor/type.ts';
import { elements } from '../tensor/type.ts';

export interface Offer {
  readonly encoding: Encoding;
  readonly cost: Cost;
  /** That it is taken wherever it has a price at all. */
  readonly asked?: true;
  /** The weights themselves; absent where others are supposed to cost as much. */
  readonly matrix?: Matrix;
}

export interface Refusal {
  readonly encoding: Encoding;
  /** The rest of a sentence: `row 3 has 3 nonzeros in columns 8..11`. */
  readonly reason: string;
}

export interface Offers {
  readonly offers: readonly Offer[];
  readonly refused: readonly Refusal[];
}

/** Weights in one of the formats that can hold them, and what they are used for: what a target prices. */
export interface Work {
  readonly call: Call;
  readonly types: Types;
  readonly encoding: Encoding;
  readonly cost: Cost;
  /** Whether the weights were made to be stored so. */
  readonly asked?: true;
  /** The weights themselves, where they are known. */
  readonly matrix?: Matrix;
  /** Which whole numbers an operand can be, where that is known. */
  readonly bounds?: (operand: string) => Bounds | undefined;
  /** How often each weight is multiplied in one run. */
  readonly reuse: number;
}

/** Of weights that were asked about: a build chooses by them, and says afterwards what it chose from. */
const known = new WeakMap<Float32Array, { readonly matrix: Matrix; readonly offers: Offers }>();

export function offersFor({ matrix }: Pick<Weights, 'matrix'>): Offers {
  const before = known.get(matrix.data);
  if (before && areSame(before.matrix, matrix)) return before.offers;
  const offers = findOffers(matrix);
  known.set(matrix.data, { matrix, offers });
  return offers;
}

/** Whether matrices of the same numbers are the same to every format. */
function areSame(a: Matrix, b: Matrix): boolean {
  const sizes = (['rows', 'columns', 'run', 'mask', 'quantity', 'whole'] as const).every((key) => a[key] === b[key]);
  return sizes && !a.units && !b.units && JSON.stringify(a.plane) === JSON.stringify(b.plane);
}

function findOffers(matrix: Matrix): Offers {
  const detections = formats.map((format) => ({ format, found: format.detect(matrix) }));
  return {
    offers: detections.flatMap(({ format, found }) =>
      found.fits.map((params) => ({
        encoding: { format: format.name, params },
        cost: format.cost(matrix, params),
        matrix,
        ...(found.asked && { asked: found.asked }),
      })),
    ),
    refused: detections.flatMap(({ format, found }) =>
      found.refused.map(({ params, reason }) => ({ encoding: { format: format.name, params }, reason })),
    ),
  };
}

/** What calls that share weights can share: it is offered for the first, and holds where the others read. */
export function offersForAll(layers: readonly Weights[]): readonly Offer[] {
  const [first, ...others] = layers;
  return offersFor(first).offers.filter(({ encoding: { format, params } }) =>
    others.every(({ matrix }) => formatNamed(format)?.fault?.(matrix, params) === undefined),
  );
}

/** `call` with its weights stored as `offer` says. */
export function workOf(call: Call, offer: Offer, byId: ReadonlyMap<Id, Node>): Work {
  const types = typesOf(call, byId);
  const work = { call, types, ...offer, reuse: macsOf(call, types) / elements(types.weights.shape) };
  if (types.weights.dtype !== 'i32') return work;
  const bounds = (operand: string): Bounds | undefined => {
    const node = operandsOf(call, byId)[operand];
    return node && boundsAmong(byId)(node.id);
  };
  return { ...work, bounds };
}

/** Found when they are first asked for. */
const bounded = new WeakMap<ReadonlyMap<Id, Node>, ReturnType<typeof boundsOfAll>>();

function boundsAmong(byId: ReadonlyMap<Id, Node>): ReturnType<typeof boundsOfAll> {
  const found = bounded.get(byId) ?? boundsOfAll(byId);
  bounded.set(byId, found);
  return found;
}

export const typesOf = (call: Call, byId: ReadonlyMap<Id, Node>): Types =>
  Object.fromEntries(Object.entries(operandsOf(call, byId)).map(([name, node]) => [name, node.type]));

/** Multiply-adds of one run with dense weights. */
export const macsOf = ({ op, type }: Call, types: Types): number => rulesOf(op).macs?.(op, types, type) ?? 0;
