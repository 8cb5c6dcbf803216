/** Loops with a thread for each of their turns that are proved to be independent, as a kernel in CUDA C++. */
import { bug } from '../../src/diagnostic.ts';
import type { Arr, Stmt } from '../../src/loop/loop.ts';
import { add, declare, div, local, mod } from '../../src/loop/loop.ts';
import { arraysIn } from '../arrays.ts';
import { ctype } from '../c.ts';
import { folded } from '../gpu/folded.ts';
import type { Launch } from '../gpu/launches.ts';
import { sizeOf } from '../gpu/launches.ts';
import { storedIn } from '../gpu/nests.ts';
import type { Grid } from '../gpu/parallel.ts';
import { keywords } from '../identifiers.ts';
import { printLoops } from '../print.ts';
import { partNames } from './parts.ts';
import { syntax } from './syntax.ts';

export interface PrintedLaunch {
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

/** `whole` is the body that the grids are a part of. */
export function printLaunch(launch: Launch, whole: readonly Stmt[]): PrintedLaunch {
  const parts = launch.map((grid) => ({ ...grid, body: folded(grid.body, whole), count: sizeOf(grid) }));
  const all = parts.flatMap(({ body }) => body);
  const arrays = arraysIn(all);
  if (arrays.length > mostArrays)
    bug(`a kernel is told ${mostArrays} arrays at most, and "${arrays[0].name}" is one of ${arrays.length}`);
  const written = storedIn(all);
  const names = new Map(arrays.map((array, i) => [array, `a${i}`]));
  let begin = 0;
  const texts = parts.map(({ axes, body, count }) => {
    if (count > 2 ** 31 - 1 - threadsPerBlock) bug(`${count} threads are more than an i32 counts`);
    const first = begin;
    begin += Math.ceil(count / threadsPerBlock);
    if (parts.length === 1) {
      const thread = threadText('blockIdx.x', count, '  ');
      const own = axes.length === 0 ? '  if (blockIdx.x * blockDim.x + threadIdx.x > 0) return;' : thread;
      return [own, printPart({ axes, body }, names, '  ')].join('\n');
    }
    const begins = first === 0 ? '' : `blockIdx.x >= ${first} && `;
    const block = first === 0 ? 'blockIdx.x' : `(blockIdx.x - ${first})`;
    const lines = [threadText(block, count, '    '), printPart({ axes, body }, names, '    ')];
    return [`  if (${begins}blockIdx.x < ${begin}) {`, ...lines, '  }'].join('\n');
  });
  return {
    parameters: arrays
      .map((a) => `${written.has(a) ? '' : 'const '}${ctype[a.dtype]} *__restrict__ ${names.get(a)}`)
      .join(', '),
    body: texts.join('\n'),
    arrays,
    blocks: begin,
  };
}

const threadText = (block: string, count: number, margin: string): string =>
  `${margin}const int32_t thread = (int32_t)(${block} * ${threadsPerBlock}u + threadIdx.x);\n${margin}if (thread >= ${count}) return;`;

/** What a thread does. */
function printPart({ axes, body }: Grid, names: ReadonlyMap<Arr, string>, indent: string): string {
  const renamed = (array: Arr): Arr => ({ ...array, name: names.get(array) ?? array.name });
  const thread = local('thread', 'i32');
  const places = axes.map((axis, i) => {
    const quotient = div(
      thread,
      axes.slice(0, i).reduce((product, { count }) => product * count, 1),
    );
    return declare(axis.index, add(i === axes.length - 1 ? quotient : mod(quotient, axis.count), axis.from));
  });
  return printLoops(
    [...places, ...body],
    {
      ...syntax,
      load: (array, index) => syntax.load(renamed(array), index),
      store: (array, index, value) => syntax.store(renamed(array), index, value),
    },
    { reserved: [...reserved, ...names.values()], indent, outer: [thread] },
  );
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
