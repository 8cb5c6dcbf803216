/** Loops with a thread for each of their turns that are proved to be independent, as a kernel in CUDA C++. */
import { bug } from '../../src/diagnostic.ts';
import type { Arr, Stmt } from '../../src/loop/loop.ts';
import { add, declare, div, local, mod } from '../../src/loop/loop.ts';
import { arraysIn } from '../arrays.ts';
import { ctype } from '../c.ts';
import { folded } from '../gpu/folded.ts';
import type { Grid } from '../gpu/parallel.ts';
import { keywords } from '../identifiers.ts';
import { printLoops } from '../print.ts';
import { partNames } from './parts.ts';
import { syntax } from './syntax.ts';

export interface PrintedGrid {
  /** The parameters and the body, which are the same for steps that differ in where their arrays lie. */
  readonly parameters: string;
  readonly body: string;
  /** What the kernel is told, in order. */
  readonly arrays: readonly Arr[];
  /** Blocks of `threadsPerBlock`. */
  readonly blocks: number;
}

/** Of kernels that are printed from loops. */
export const threadsPerBlock = 128;

/** Bytes of parameters that every driver takes, in pointers. */
export const mostArrays = 4096 / 8;

/** `constants`: what no kernel writes. */
/** `whole` is the body that the grid is a part of. */
export function printGrid({ axes, body: turns }: Grid, whole: readonly Stmt[]): PrintedGrid {
  const body = folded(turns, whole);
  const arrays = arraysIn(body);
  if (arrays.length > mostArrays)
    bug(`a kernel is told ${mostArrays} arrays at most, and "${arrays[0].name}" is one of ${arrays.length}`);
  const written = writtenIn(body);
  const names = new Map(arrays.map((array, i) => [array, `a${i}`]));
  const renamed = (array: Arr): Arr => ({ ...array, name: names.get(array) ?? array.name });
  const count = axes.reduce((product, axis) => product * axis.count, 1);
  if (count > 2 ** 31 - 1 - threadsPerBlock) bug(`${count} threads are more than an i32 counts`);

  const thread = local('thread', 'i32');
  const places = axes.map((axis, i) => {
    const below = axes.slice(0, i).reduce((product, { count }) => product * count, 1);
    const quotient = div(thread, below);
    return declare(axis.index, add(i === axes.length - 1 ? quotient : mod(quotient, axis.count), axis.from));
  });
  const lines = printLoops(
    [...places, ...body],
    {
      ...syntax,
      load: (array, index) => syntax.load(renamed(array), index),
      store: (array, index, value) => syntax.store(renamed(array), index, value),
    },
    { reserved: [...reserved, ...names.values()], indent: '  ', outer: [thread] },
  );
  return {
    parameters: arrays
      .map((a) => `${written.has(a) ? '' : 'const '}${ctype[a.dtype]} *__restrict__ ${names.get(a)}`)
      .join(', '),
    body: [
      axes.length === 0
        ? '  if (blockIdx.x * blockDim.x + threadIdx.x > 0) return;'
        : `  const int32_t thread = (int32_t)(blockIdx.x * ${threadsPerBlock}u + threadIdx.x);\n  if (thread >= ${count}) return;`,
      lines,
    ].join('\n'),
    arrays,
    blocks: Math.ceil(count / threadsPerBlock),
  };
}

function writtenIn(body: readonly Stmt[]): ReadonlySet<Arr> {
  const found = new Set<Arr>();
  const visit = (s: Stmt): void => {
    if (s.kind === 'store') found.add(s.array);
    if (s.kind === 'for' || s.kind === 'if') s.body.forEach(visit);
  };
  body.forEach(visit);
  return found;
}

/** Names of the language, of its library, and our own. */
export const reserved: readonly string[] = [
  ...keywords,
  ...partNames,
  ...'threadIdx blockIdx blockDim gridDim warpSize uint dim3 acos asin atan cos erf exp fabs floor fmodf gamma index j0 j1 jn log max min pow round sin sqrt tan tanh y0 y1 yn'.split(
    ' ',
  ),
  ...'launch present enqueue network memory stream'.split(' '),
];
