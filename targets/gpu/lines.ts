/**
 * What is computed of all numbers along some axes: sums and the like, softmax, normalisation. A group has one line, of which each invocation
 * takes every 64th number, and they put together what they found. Many lines that are short, or lie side by side, are left to loops: with an
 * invocation for each of them a GPU is full, and neighbours find near each other what they read.
 */
import type { KernelSite } from '../../src/plan/kernel.ts';
import type { Shape, TensorType } from '../../src/tensor/type.ts';
import { elements } from '../../src/tensor/type.ts';
import { isPlanes } from './planes.ts';

export interface Lines {
  readonly count: number;
  /** Numbers of a line, and how far apart they are. */
  readonly size: number;
  readonly step: number;
  /** Whether lines are in memory as a row-major tensor of their own would have them. */
  readonly inOrder: boolean;
}

/** Which lines a target leaves to loops. */
export interface Leaving {
  /** Of shorter lines most invocations of a group would have nothing to do. */
  readonly leastSize: number;
  /** Of longer lines, neighbours that lie one behind the other are not near each other. */
  readonly shortSize: number;
  /** So many invocations fill a GPU. */
  readonly manyLines: number;
}

const usual: Leaving = { leastSize: 32, shortSize: 256, manyLines: 1024 };

/** Axes that follow each other, in the order of memory. */
export function linesOf(
  { x }: KernelSite['types'],
  axes: readonly number[],
  { leastSize, shortSize, manyLines }: Leaving = usual,
): Lines | string {
  const lines = linesAlong(x, axes);
  if (!lines) return 'takes axes that lie together in memory';
  if (lines.size < leastSize) return `takes lines of ${leastSize} numbers, and is given ${lines.size}`;
  if (lines.count >= manyLines && (lines.step > 1 || lines.size < shortSize))
    return `leaves ${lines.count} lines of ${lines.size} numbers to loops, which have an invocation for each`;
  return lines;
}

function linesAlong(type: TensorType, axes: readonly number[]): Lines | undefined {
  const order = memoryOrder(type);
  if (!order || axes.length === 0) return undefined;
  const sizes: Shape = order.map((axis) => type.shape[axis]);
  const places = order.flatMap((axis, place) => (axes.includes(axis) && type.shape[axis] > 1 ? [place] : []));
  const [first, last] = [places[0] ?? 0, places.at(-1) ?? 0];
  // Axes of one number may lie between.
  if (sizes.slice(first, last + 1).some((size, i) => size > 1 && !places.includes(first + i))) return undefined;
  const size = places.length === 0 ? 1 : elements(sizes.slice(first, last + 1));
  const others = order.filter((axis, place) => type.shape[axis] > 1 && !places.includes(place));
  const inOrder = others.every((axis, i) => i === 0 || others[i - 1] < axis);
  return { count: elements(type.shape) / size, size, step: elements(sizes.slice(last + 1)), inOrder };
}

/** The axes as memory has them, the one that changes fastest last. */
function memoryOrder(type: TensorType): readonly number[] | undefined {
  if (type.layout.kind === 'plain') return type.shape.map((_, axis) => axis);
  return isPlanes(type) ? [0, 3, 1, 2] : undefined;
}
