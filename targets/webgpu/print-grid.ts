/** Invocations of grids as the body of a shader. */
import { bug } from '../../src/diagnostic.ts';
import type { Arr, Stmt } from '../../src/loop/loop.ts';
import type { Routine } from '../../src/plan/kernel.ts';
import { bytesPer } from '../../src/tensor/type.ts';
import { arraysIn } from '../arrays.ts';
import type { Launch } from '../gpu/launches.ts';
import type { Axis, Grid } from '../gpu/parallel.ts';
import type { Places } from '../gpu/places.ts';
import type { Printer } from './print-wgsl.ts';
import { printerFor } from './print-wgsl.ts';
import { mostArgs } from './words.ts';

export interface PrintedLaunch {
  readonly text: string;
  readonly needs: ReadonlySet<Routine>;
  /** Where these begin is what a call is told, in order. */
  readonly arrays: readonly Arr[];
  readonly groups: readonly number[];
}

/** As the template says. */
const groupSize = 64;

/** What invocations find out about their places serves so many elements, unless there are too few invocations to fill a GPU. */
const mostEach = 8;
const manyInvocations = 16384;

/** Along one dimension, in every implementation. */
const mostGroups = 65535;

/** `whole` is the body that the grids are a part of. */
export function printLaunch(launch: Launch, whole: readonly Stmt[], { at }: Places): PrintedLaunch {
  const touched = arraysIn(launch.flatMap(({ body }) => body));
  // Of more the shader knows where they begin, and is this step's alone.
  const told = touched.length <= mostArgs ? touched : [];
  const names = new Map(told.map((array, i) => [array, `a${i}`]));
  const printer = printerFor(whole, (array) => {
    const { buffer, offset } = at.get(array) ?? bug(`"${array.name}" has no place`);
    return { buffer, at: names.get(array) ?? String(offset / bytesPer[array.dtype]) };
  });
  const head = told.map((_, i) => `  let a${i} = args[${i >> 2}].${'xyzw'[i & 3]};`);
  const all = { needs: printer.needs, arrays: told };
  if (launch.length === 1) {
    const { count, lines } = printPart(launch[0], printer, '  ');
    const invocation = '  let invocation = i32((group.y * groups.x + group.x) * 64u + lane);';
    const beyond = `  if (invocation >= ${count}) { return; }`;
    return { ...all, text: [invocation, beyond, ...head, ...lines].join('\n'), groups: spread(groupsFor(count)) };
  }
  let begin = 0;
  const parts = launch.flatMap((grid) => {
    const { count, lines } = printPart(grid, printer, '    ');
    const first = begin;
    begin += groupsFor(count);
    return [
      `  if (block >= ${first}u && block < ${begin}u) {`,
      `    let invocation = i32((block - ${first}u) * 64u + lane);`,
      `    if (invocation >= ${count}) { return; }`,
      ...lines,
      '  }',
    ];
  });
  const block = '  let block = group.y * groups.x + group.x;';
  return { ...all, text: [block, ...head, ...parts].join('\n'), groups: spread(begin) };
}

const groupsFor = (count: number): number => Math.ceil(count / groupSize);

/** What `invocation` of so many does. */
function printPart({ axes, body }: Grid, printer: Printer, margin: string) {
  const slowest = axes.at(-1);
  const others = axes.slice(0, -1);
  const below = countOf(others);
  const all = slowest ? slowest.count : 1;
  const each = Math.max(1, Math.min(mostEach, all, Math.floor((below * all) / manyInvocations)));
  const count = below * Math.ceil(all / each);
  const places = others.map((axis, i) => {
    const quotient = divided(countOf(axes.slice(0, i)));
    const place = below === count && i === others.length - 1 ? quotient : `${quotient} % ${axis.count}`;
    return `${margin}let ${printer.name(axis.index)} = ${fromText(place, axis)};`;
  });
  if (!slowest) return { count, lines: printer.statements(body, margin) };
  return { count, lines: [...places, ...along(slowest, divided(below), each)] };

  /** Of elements that one invocation has, neighbours of it have those beside. */
  function along(axis: Axis, place: string, each: number): readonly string[] {
    const name = printer.name(axis.index);
    if (each === 1) return [`${margin}let ${name} = ${fromText(place, axis)};`, ...printer.statements(body, margin)];
    const stop = axis.count % each === 0 ? `first + ${each}` : `min(first + ${each}, ${axis.from + axis.count})`;
    return [
      `${margin}let first = ${fromText(`${place} * ${each}`, axis)};`,
      `${margin}for (var ${name} = first; ${name} < ${stop}; ${name}++) {`,
      ...printer.statements(body, `${margin}  `),
      `${margin}}`,
    ];
  }
}

const countOf = (axes: readonly Axis[]): number => axes.reduce((product, { count }) => product * count, 1);

const divided = (by: number): string => (by === 1 ? 'invocation' : `invocation / ${by}`);

const fromText = (place: string, { from }: Axis): string => (from === 0 ? place : `${place} + ${from}`);

/** So many groups or a few more, along two dimensions where one is too short. */
export function spread(groups: number): readonly number[] {
  const down = Math.ceil(groups / mostGroups);
  return [Math.ceil(groups / down), down, 1];
}
