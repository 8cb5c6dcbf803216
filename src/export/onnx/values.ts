/**
 * The values of a graph as tensors of the file. A value has a tensor as it was computed, and others in another order of
 * axes or of another element type where somebody needs them; a constant is written in the form that is needed.
 */
import { bug } from '../../diagnostic.ts';
import type { Constant, Id, Node } from '../../graph/graph.ts';
import type { Element } from '../../import/onnx/elements.ts';
import { elementNumber } from '../../import/onnx/elements.ts';
import type { Shape } from '../../tensor/type.ts';
import { sameShape } from '../../tensor/type.ts';
import type { OnnxFile, Tensor } from './file.ts';
import { elementOf, int, ints, numbersOf } from './file.ts';
import type { Order } from './order.ts';
import { plainOrder, reordered, reorderedData, sameOrder, sameSequence } from './order.ts';
import { quantisedWeights } from './quantised-weights.ts';

/** A tensor, and how it holds a value. `bool` holds whether the value is not 0; other types its numbers exactly. */
export interface Held {
  readonly tensor: Tensor;
  readonly order: Order;
  readonly element: Element;
}

export interface Values {
  hold(node: Node, held: Held, stem: string): void;
  constant(node: Constant, stem: string): void;
  /** How the value was computed, and every other way that it is there already; empty for a constant. */
  views(id: Id): readonly Held[];
  /** The value in an order and an element type. */
  view(id: Id, order: Order, element: Element): Tensor;
  /** The same elements, in plain order, in a shape of its own. */
  shaped(id: Id, shape: Shape, element: Element): Tensor;
  /** The value so that it broadcasts, as in numpy, with tensors of `rank` axes that are in an order. */
  aligned(id: Id, rank: number, order: Order, element: Element): Tensor;
}

interface Computed {
  readonly shape: Shape;
  readonly stem: string;
  readonly views: Held[];
}

interface Known {
  readonly node: Constant;
  readonly stem: string;
  readonly written: Map<string, Tensor>;
}

export function valuesIn(file: OnnxFile): Values {
  const computed = new Map<Id, Computed>();
  const known = new Map<Id, Known>();
  const find = (id: Id): Computed => computed.get(id) ?? bug(`%${id} is not in the file`);

  const see = ({ shape, stem, views }: Computed, order: Order, element: Element): Tensor => {
    const found = views.find((v) => v.element === element && sameOrder(v.order, order));
    if (found) return found.tensor;
    const tensor = derive({ shape, stem, views }, order, element);
    views.push({ tensor, order, element });
    return tensor;
  };

  /** Casts lose nothing only from the type that the value was computed in, and transposing comes before them. */
  const derive = (value: Computed, order: Order, element: Element): Tensor => {
    const { shape, stem, views } = value;
    const [primary] = views;
    if (element !== primary.element)
      return file.node('Cast', [see(value, order, primary.element)], { to: int(elementNumber(element)) }, stem)[0];
    if (sameSequence(shape, primary.order, order)) return file.reshape(primary.tensor, reordered(shape, order), stem);
    const perm = order.map((axis) => primary.order.indexOf(axis));
    return file.node('Transpose', [primary.tensor], { perm: ints(perm) }, stem)[0];
  };

  /** Writes a constant that, with axes of size 1 before its own, has the shape `long`, in an order and as `sizes`. */
  const write = ({ node, stem, written }: Known, long: Shape, order: Order, element: Element, sizes: Shape): Tensor => {
    const key = [order, element, sizes].join(' | ');
    const there = written.get(key);
    if (there !== undefined) return there;
    const { type, data, mask } = node;
    const isWhole = element === 'float' && sameShape(long, type.shape);
    const quantised = isWhole ? quantisedWeights(file, node, { order, sizes, stem }) : undefined;
    if (quantised !== undefined) {
      written.set(key, quantised);
      return quantised;
    }
    const numbers = reorderedData(data, type.dtype, long, order);
    const tensor = file.store(
      {
        element,
        shape: sizes,
        data: element === elementOf[type.dtype] ? numbers : numbersOf(element, numbers),
        mask: mask && (reorderedData(mask, 'u8', long, order) as Uint8Array<ArrayBuffer>),
      },
      stem,
    );
    written.set(key, tensor);
    return tensor;
  };

  const view: Values['view'] = (id, order, element) => {
    const constant = known.get(id);
    if (!constant) return see(find(id), order, element);
    const { shape } = constant.node.type;
    return write(constant, shape, order, element, reordered(shape, order));
  };

  return {
    view,
    hold({ id, type }, held, stem) {
      computed.set(id, { shape: type.shape, stem, views: [held] });
      file.size(held.tensor, reordered(type.shape, held.order));
    },
    constant: (node, stem) => void known.set(node.id, { node, stem, written: new Map() }),
    views: (id) => (known.has(id) ? [] : find(id).views),

    shaped(id, shape, element) {
      const constant = known.get(id);
      if (constant) {
        const own = constant.node.type.shape;
        return write(constant, own, plainOrder(own.length), element, shape);
      }
      const value = find(id);
      const plain = plainOrder(value.shape.length);
      const held = value.views.find((v) => v.element === element && sameSequence(value.shape, v.order, plain));
      return file.reshape(held?.tensor ?? see(value, plain, element), shape, value.stem);
    },

    aligned(id, rank, order, element) {
      const constant = known.get(id);
      const shape = constant?.node.type.shape ?? find(id).shape;
      const own = plainOrder(shape.length);
      if (shape.length === rank) return view(id, order, element);
      if (sameOrder(order, plainOrder(rank))) return view(id, own, element);
      const long = [...Array.from({ length: rank - shape.length }, () => 1), ...shape];
      if (constant) {
        // A bias is [c, 1, 1] beside [n, c, h, w].
        const sizes = reordered(long, order);
        const first = sizes.findIndex((size) => size > 1);
        return write(constant, long, order, element, first < 0 ? [] : sizes.slice(first));
      }
      const { stem } = find(id);
      const key = `${id} in ${rank}`;
      if (!computed.has(key)) {
        const held = find(id).views[0].element;
        const tensor = file.reshape(view(id, own, held), long, stem);
        computed.set(key, { shape: long, stem, views: [{ tensor, order: plainOrder(rank), element: held }] });
      }
      return view(key, order, element);
    },
  };
}
