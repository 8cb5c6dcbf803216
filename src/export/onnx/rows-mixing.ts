/** Shares of whole numbers: those of four pixels in one between them, and of exponentials in their sum. */
import { partOf, scaleOf } from '../../ops/resize.ts';
import type { ResizeSums } from '../../ops/resize-sums.ts';
import type { SoftmaxTable } from '../../ops/softmax-table.ts';
import { oneShare } from '../../ops/softmax-table.ts';
import type { Tensor } from './file.ts';
import { int } from './file.ts';
import type { Row } from './layer.ts';
import { asItLies, held, number } from './layer.ts';
import { total } from './rows-along.ts';

/** Along one axis after the other: pixels before and after, each as many times as it is near. */
export const resizeSums: Row<ResizeSums> = (op, l) => {
  const { tensor, order } = asItLies(l, 'x');
  const along = (x: Tensor, axis: 1 | 2): Tensor => {
    const [from, to] = [l.types.x.shape[axis], l.type.shape[axis]];
    const scale = scaleOf(op, from, to);
    const places = Array.from({ length: to }, (_, i) => partOf(scale, i, from));
    const at = order.indexOf(axis);
    const times = (which: 'first' | 'second', parts: readonly number[]): Tensor => {
      const rows = l.constant(
        'int64',
        [to],
        places.map((p) => p[which]),
        `${which}_pixels`,
      );
      const shape = [to, ...Array<number>(order.length - 1 - at).fill(1)];
      const weights = l.constant('int32', shape, parts, `${which}_parts`);
      return l.node('Mul', [l.node('Gather', [x, rows], { axis: int(at) }), weights]);
    };
    const parts = places.map((p) => p.part);
    const before = times(
      'first',
      parts.map((part) => scale.divisor - part),
    );
    return l.node('Add', [before, times('second', parts)]);
  };
  return held(l, along(along(tensor, 2), 1), order);
};

/** Division of numbers that are not negative rounds down. */
export const softmaxTable: Row<SoftmaxTable> = ({ axis }, l) => {
  const { tensor, order } = asItLies(l, 'x');
  const places = [order.indexOf(axis)];
  const last = l.types.table.shape[0] - 1;
  const largest = total(l, 'max', tensor, places, true);
  // Bounded before the difference, which would wrap around.
  const least = l.node('Sub', [l.node('Max', [largest, number(l, last - 2 ** 31, 'int32')]), number(l, last, 'int32')]);
  const entry = l.node('Sub', [largest, l.node('Max', [tensor, least])]);
  const table = l.node('Clip', [l.shaped('table', [last + 1]), number(l, 0, 'int32'), number(l, oneShare, 'int32')]);
  const each = l.node('Gather', [table, entry], { axis: int(0) });
  const sum = l.node('Max', [total(l, 'sum', each, places, true), number(l, 1, 'int32')]);
  const half = l.node('Div', [sum, number(l, 2, 'int32')]);
  const scaled = l.node('Add', [l.node('Mul', [each, number(l, oneShare, 'int32')]), half]);
  return held(l, l.node('Div', [scaled, sum]), order);
};
