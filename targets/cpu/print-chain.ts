/** Steps that run band by band as C: a table with a row for each band, and a loop over its rows. */
import { bug } from '../../src/diagnostic.ts';
import type { Arr } from '../../src/loop/loop.ts';
import type { Chain } from '../../src/plan/chains.ts';
import type { RoutineCall } from '../../src/plan/kernel.ts';
import type { Step } from '../../src/plan/plan.ts';
import type { Place } from './print-step.ts';
import { printCall } from './print-step.ts';
import { innermost, membersOf } from './routine.ts';

export interface PrintedChain {
  readonly definition: string;
  /** Statements, one a line. */
  readonly code: readonly string[];
}

export function printChain(chain: Chain, steps: readonly Step[], place: Place): PrintedChain {
  const { first, last, windows, bands } = chain;
  const name = `bands_${first}`;
  const inside = steps.slice(first, last + 1);
  const writers = inside.map(({ work }) => (work.kind === 'routines' ? work.calls[0].range?.writes : undefined));
  // A row: of each window how far it moves, how many panels stay and which is its first; of each step from where to where.
  const rows = bands.map(({ ranges, kept }, i) => [
    ...kept.flatMap(([begin, end], w) => [i > 0 ? begin - bands[i - 1].kept[w][0] : 0, end - begin, begin]),
    ...ranges.flat(),
  ]);
  const windowAt = (array: Arr): number => windows.findIndex((w) => w.array === array);
  const begins = (array: Arr): string | undefined =>
    windowAt(array) < 0 ? undefined : `band[${3 * windowAt(array) + 2}]`;
  const range = (step: number, end: 0 | 1): string => `band[${3 * windows.length + 2 * step + end}]`;

  const moved = windows.map(
    ({ array, size }, w) => `  slide_panels(${place(array)}, ${size}, band[${3 * w}], band[${3 * w + 1}]);`,
  );
  const calls = inside.flatMap(({ line, work }, step) => {
    const call = work.kind === 'routines' ? work.calls[0] : bug('a chain has loops');
    const of = arrayOf(call);
    const said: Readonly<Record<string, string | undefined>> = {
      begin: range(step, 0),
      end: range(step, 1),
      x_begin: begins(of('x')),
      x_end: windowAt(of('x')) < 0 ? undefined : range(writers.indexOf(of('x')), 1),
      y_begin: begins(of('y')),
      add_begin: begins(of('residual')),
    };
    const printed = printCall(call, place, (member) => said[innermost(member)]);
    return [`// ${line}`, ...printed].map((text) => `  ${text}`);
  });
  const table = rows.map((row) => `  {${row.join(', ')}},`).join('\n');
  return {
    definition: `/*
 * What the bands of steps ${first} to ${last} compute. Of each window: by how many panels it moves, how many are still read,
 * and which comes first. Then of each step: its first panel, and the one behind its last.
 */
static const int32_t ${name}[${rows.length}][${rows[0].length}] = {\n${table}\n};`,
    code: [
      `STEP(${first}) for (int32_t i = 0; i < ${rows.length}; ++i) {`,
      `  const int32_t *const band = ${name}[i];`,
      ...moved,
      ...calls,
      '}',
    ],
  };
}

const none: Arr = { name: 'none', dtype: 'f32', length: 0 };

/** The array that a call is given as a member of its struct, or of the struct in it. */
function arrayOf({ routine, args }: RoutineCall): (member: string) => Arr {
  const members = membersOf(routine);
  return (member) => {
    const found = args[members.findIndex((m) => innermost(m) === member)];
    return typeof found === 'object' && 'dtype' in found ? found : none;
  };
}
