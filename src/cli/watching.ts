/** What `build` can show of its own work: graphs after passes, the plan, and how long everything took. */

import type { Compiled, Job } from '../compile.ts';
import type { Report } from '../diagnostic.ts';
import type { Graph } from '../graph/graph.ts';
import { print } from '../graph/print.ts';
import { packSidecar, sidecarPath } from '../graph/sidecar.ts';
import { suggestion } from '../import/nearest.ts';
import type { Pass } from '../pass.ts';
import type { Argument } from '../plan/kernel.ts';
import type { Plan, Step } from '../plan/plan.ts';
import { bytesStored } from '../plan/plan.ts';
import type { Artefact } from '../target.ts';
import { printBytes, printTime, table } from './paint.ts';

/** A graph, and when it stood so: after a pass, or as it was imported. */
export interface Dump {
  readonly at: string;
  readonly graph: Graph;
}

/** The name for the graph before any pass. */
const imported = 'import';

/** Whether there is such a pass to dump after; reports if not. */
export function isDumpable(at: string | undefined, passes: readonly Pass[], report: Report): boolean {
  const names = [...new Set([imported, ...passes.map((p) => p.name)])];
  if (at === undefined || at === 'all' || names.includes(at)) return true;
  report({
    severity: 'error',
    code: 'cli/unknown-pass',
    message: `there is no pass "${at}"`,
    hint: [suggestion(at, names), `passes are ${names.join(', ')}, all`].filter(Boolean).join(' '),
  });
  return false;
}

export interface Watching {
  readonly watch: NonNullable<Job['watch']>;
  readonly onStage: NonNullable<Job['onStage']>;
  /** Ends a stage that the compiler knows nothing of. */
  readonly stage: (name: string) => void;
  readonly dumps: readonly Dump[];
  /** What was done and the milliseconds that it took, in order. */
  readonly times: readonly (readonly [string, number])[];
}

/** Watches a compilation; dumps are kept after the pass `at`, or after all of them. */
export function watching(at: string | undefined): Watching & { readonly read: (graph: Graph) => void } {
  const dumps: Dump[] = [];
  const times: [string, number][] = [];
  let since = performance.now();
  const stage = (name: string): void => {
    const now = performance.now();
    times.push([name, now - since]);
    since = now;
  };
  const keep = (name: string, graph: Graph): void => {
    if (at === 'all' || at === name) dumps.push({ at: name, graph });
  };
  return {
    read: (graph) => {
      stage(imported);
      keep(imported, graph);
    },
    watch: ({ name }, before, after) => {
      stage(`pass ${name}`);
      // Of all graphs, those that a pass left as they were need no second look.
      if (at === name || after !== before) keep(name, after);
      // What printing a dump takes is nobody's time.
      since = performance.now();
    },
    onStage: (name) => {
      if (name !== 'passes') stage(name);
    },
    stage,
    dumps,
    times,
  };
}

/** Graphs as text, for people. */
export const printDumps = (dumps: readonly Dump[]): string =>
  dumps
    .map(({ at, graph }) => `// ${at === imported ? 'as imported' : `after pass "${at}"`}\n${print(graph).text}\n`)
    .join('');

/** Graphs as files that can be built again: the text, and its long constants beside it. */
export const dumpFiles = (dumps: readonly Dump[]): readonly Pick<Artefact, 'path' | 'contents'>[] =>
  dumps.flatMap(({ at, graph }, i) => {
    const { text, sidecar } = print(graph);
    const path = `ir/${String(i).padStart(2, '0')}-${at}.graph`;
    const beside = sidecar.size === 0 ? [] : [{ path: sidecarPath(path), contents: packSidecar(sidecar) }];
    return [{ path, contents: text }, ...beside];
  });

export function printTimes(times: Watching['times']): readonly string[] {
  const total = times.reduce((sum, [, ms]) => sum + ms, 0);
  const rows = [...times, ['total', total] as const].map(([name, ms]) => [
    name,
    printTime(ms),
    `${Math.round((100 * ms) / total)} %`,
  ]);
  return table(rows, ['left', 'right', 'right']);
}

/** The plan as text: ports, constants and steps, with the place of each array in the arena. */
export function printPlan({ graph, plan }: Pick<Compiled, 'graph' | 'plan'>): readonly string[] {
  const { name, inputs, outputs, constants, arena, steps } = plan;
  const bytes = constants.reduce((sum, constant) => sum + bytesStored(constant), 0);
  return [
    `plan ${name} of ${JSON.stringify(graph.file)}`,
    ...inputs.map(({ array }) => `  input ${array.name}: ${array.dtype} x ${array.length}`),
    ...outputs.map(({ array }) => `  output ${array.name}: ${array.dtype} x ${array.length}`),
    `  ${constants.length} constants, ${printBytes(bytes)}`,
    `  arena ${arena.peak} bytes (side by side ${arena.sum}, at least ${arena.bound})`,
    ...steps.flatMap((step, i) => printStep(step, i, plan)),
  ];
}

function printStep({ line, work, writes, refused }: Step, index: number, { arena }: Plan): readonly string[] {
  const places = writes.map((a) => `${a.name}${arena.places.has(a) ? ` at ${arena.places.get(a)}` : ''}`);
  const how =
    work.kind === 'loops'
      ? ['      by loops']
      : work.calls.map(
          ({ routine, args }) => `      ${work.kernel}: ${routine.name}(${args.map(printArgument).join(', ')})`,
        );
  const why = refused.map(({ kernel, reason }) => `      not ${kernel}: ${reason}`);
  return [`  ${index}: ${line}`, `      writes ${places.join(', ')}`, ...how, ...why];
}

function printArgument(argument: Argument): string {
  if (typeof argument === 'number') return String(argument);
  return 'f32' in argument ? `${argument.f32}f` : argument.name;
}
