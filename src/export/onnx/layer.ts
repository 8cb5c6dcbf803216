/** One call of a graph as its row writes it: operands by name, nodes added, the tensor that holds the result given back. */
import type { Element } from '../../import/onnx/elements.ts';
import type { Types } from '../../ops/rules.ts';
import type { Numbers } from '../../tensor/numbers.ts';
import type { Shape, TensorType } from '../../tensor/type.ts';
import { elements } from '../../tensor/type.ts';
import type { Attributes, MadeNode, Tensor } from './file.ts';
import { elementOf } from './file.ts';
import type { Order } from './order.ts';
import { plainOrder, sameOrder, sameSequence } from './order.ts';
import type { Range } from './ranges.ts';
import type { Held } from './values.ts';

export interface Layer {
  /** The operator set that the file uses. */
  readonly opset: number;
  /** Of the operands, by name. */
  readonly types: Types;
  /** Of the result. */
  readonly type: TensorType;
  /** The order in which users of the result would like to have it, if that is known. */
  readonly want: Order | undefined;
  /** How an operand was computed, and how else it is there; empty for a constant. */
  views(operand: string): readonly Held[];
  /** The numbers of an operand that is a constant, plain. */
  known(operand: string): Numbers | undefined;
  /** Between which numbers an operand of whole numbers lies, where that is known. */
  range(operand: string): Range | undefined;
  /** An operand in an order, plain unless given, and an element type, its own unless given. */
  view(operand: string, order?: Order, element?: Element): Tensor;
  /** The elements of an operand, plain, in another shape. */
  shaped(operand: string, shape: Shape, element?: Element): Tensor;
  /** An operand so that it broadcasts with the result where that is in an order. */
  aligned(operand: string, order: Order, element?: Element): Tensor;
  /** A node with one result. */
  node(opType: string, inputs: readonly Tensor[], attributes?: Attributes): Tensor;
  nodes(opType: string, inputs: readonly Tensor[], attributes: Attributes, outputs: number): readonly Tensor[];
  /** The element type of a constant. */
  elementOf(tensor: Tensor): Element | undefined;
  /** The number that a constant of one element holds. */
  numberOf(tensor: Tensor): number | undefined;
  /** The node that computes a tensor. */
  maker(tensor: Tensor): MadeNode | undefined;
  /** The sizes of a tensor, where they are known. */
  sizeOf(tensor: Tensor): Shape | undefined;
  /** Says what sizes a tensor has. */
  size(tensor: Tensor, shape: Shape): void;
  reshape(tensor: Tensor, shape: Shape): Tensor;
  /** A constant of the file, by its numbers. */
  constant(element: Element, shape: Shape, numbers: readonly number[], wish: string): Tensor;
}

/** A row of the table of operators: adds nodes and says which tensor holds the result, and how. */
export type Row<O extends { readonly kind: string }> = (op: O, layer: Layer) => Held;

/** One number that broadcasts with anything. */
export const number = (l: Layer, value: number, element: Element = 'float'): Tensor =>
  l.constant(element, [], [value], `constant_${value}`);

/** A list of whole numbers, as nodes take sizes, axes and the like. */
export const list = (l: Layer, numbers: readonly number[], wish: string): Tensor =>
  l.constant('int64', [numbers.length], numbers, wish);

/** What a tensor holds that is in the result's own element type. */
export const held = (l: Layer, tensor: Tensor, order: Order = plainOrder(l.type.shape.length)): Held => ({
  tensor,
  order,
  element: elementOf[l.type.dtype],
});

/** The order that an operand was computed in; plain for a constant. */
export const orderOf = (l: Layer, operand: string): Order =>
  l.views(operand)[0]?.order ?? plainOrder(l.types[operand].shape.length);

/** An operand in the order that it was computed in: for what treats all axes alike. */
export function asItLies(l: Layer, operand: string): { readonly tensor: Tensor; readonly order: Order } {
  const order = orderOf(l, operand);
  return { tensor: l.view(operand, order), order };
}

/** An operand as it was computed stands for the result: nothing is to be done. */
export const same = (l: Layer, operand: string): Held => {
  const order = orderOf(l, operand);
  return l.views(operand)[0] ?? held(l, l.view(operand, order), order);
};

/** The order for a result that is computed element by element whose transposes, those of its users among them, cost least. */
export function commonOrder(l: Layer, operands: readonly string[]): Order {
  const rank = l.type.shape.length;
  const full = operands.filter((name) => l.types[name].shape.length === rank && !l.known(name));
  const short = operands.filter((name) => l.types[name].shape.length < rank && !l.known(name));
  const isPlain = (order: Order): boolean => sameOrder(order, plainOrder(rank));
  const isWanted = (order: Order): boolean => sameSequence(l.type.shape, order, l.want ?? plainOrder(rank));
  const cost = (order: Order): number =>
    full.reduce((sum, name) => {
      const { shape } = l.types[name];
      return sum + (l.views(name).some((v) => sameSequence(shape, v.order, order)) ? 0 : elements(shape));
    }, 0) +
    (isWanted(order) ? 0 : elements(l.type.shape)) +
    (isPlain(order) ? 0 : short.reduce((sum, name) => sum + elements(l.types[name].shape) / 2, 0));
  const candidates = full.flatMap((name) => l.views(name).map((v) => v.order));
  const wanted = candidates.filter((order) => l.want && sameOrder(order, l.want));
  return [...wanted, ...candidates, plainOrder(rank)].reduce((best, order) =>
    cost(order) < cost(best) ? order : best,
  );
}

/** Whether every number of a constant is 0. */
export const isZero = (l: Layer, operand: string): boolean => l.known(operand)?.every((v) => v === 0) ?? false;
