/** Threads that run a network together: what a build has for them beside the files of every build. */
import type { Arr } from '../../src/loop/loop.ts';
import type { Step } from '../../src/plan/plan.ts';
import type { Artefact, Render } from '../../src/target.ts';
import { bytesPer } from '../../src/tensor/type.ts';
import type { Cpu } from './cpus.ts';
import { levelIds } from './levels.ts';
import type { Crew } from './print-share.ts';
import { privateArrays } from './sharing.ts';

export interface PoolFiles extends Crew {
  readonly artefacts: readonly Artefact[];
  /** What the network's source includes. */
  readonly header: string;
  /** What the public header declares, and its codes for what cannot be done. */
  readonly declared: string;
  readonly refusals: readonly string[];
  /** Functions that the network's source needs. */
  readonly helpers: string;
  /** Where an array of a step lies in the workspace, in C: threads that scribble have a copy each. */
  offsetOf(step: Step, array: Arr, offset: number): string;
}

interface Names {
  readonly name: string;
  readonly symbol: string;
  readonly upper: string;
  readonly alignment: number;
}

/** The file with the threads. */
export const threadsFile = (name: string): string => `${name}_threads.c`;

/** Bytes of a pool: more than it takes on any system that is known, which is asserted where it is compiled. */
const bytesOf = (threads: number): number => 1024 + 64 * threads;

export function emitPool(
  { cpu, threads }: { readonly cpu: Cpu; readonly threads: number },
  names: Names,
  checks: readonly string[],
  render: Render,
): PoolFiles {
  const { name, symbol, upper } = names;
  const view = {
    ...names,
    most: threads,
    bytes: bytesOf(threads),
    checks,
    level: cpu.levels ? `${symbol}_level()` : '0',
    variants: cpu.levels ? levelIds(cpu.levels).map((id) => ({ symbol, id })) : [],
  };
  const alone = cpu.levels ? 'cpu/threads/levels.c.hbs' : 'cpu/threads/alone.c.hbs';
  const header = `${name}_threads.h`;
  const source = { ...view, alone: [render(alone, view).trim()] };
  return {
    meeting: `${symbol}_meet(job->meeting, parts);`,
    header,
    artefacts: [
      { path: header, contents: render('cpu/threads/threads.h.hbs', view), role: 'header' },
      { path: threadsFile(name), contents: render('cpu/threads/threads.c.hbs', source), role: 'source' },
    ],
    declared: render('cpu/threads/public.h.hbs', view).trim(),
    refusals: [
      `/* A pool cannot have so many threads. */`,
      `${upper}_TOO_MANY = 4,`,
      '/* The system has no more threads. */',
      `${upper}_NO_THREAD = 5,`,
      '/* The pool has been stopped, or never started. */',
      `${upper}_NOT_STARTED = 6,`,
      '/* The pool is running. */',
      `${upper}_BUSY = 7,`,
    ],
    helpers: render('cpu/threads/share.c.hbs', view).trim(),
    offsetOf(step, array, offset) {
      if (!privateArrays(step).has(array)) return String(offset);
      return `${offset} + part * ${(array.length / threads) * bytesPer[array.dtype]}`;
    },
  };
}
