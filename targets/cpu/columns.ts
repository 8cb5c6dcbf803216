/**
 * Windows with their taps written out as C, column by column. What columns to the left or right read is summed in place
 * and then shifted as one, the sums of neighbouring vectors joined: that costs a load for each row of taps instead of one
 * for each tap. Vectors narrower than the widest load every tap, and add in the same order.
 */
import type { Routine } from '../../src/plan/kernel.ts';
import { identifierOf } from './routine.ts';
import type { Column, Sliding } from './sliding.ts';
import { phasesOf, slidingRoutine } from './sliding.ts';

/** Taps that are written out, at most, and how far a column may lie away: less than the widest vector. */
const mostTaps = 49;
const mostShift = 15;

/** What a routine makes of its taps. Vectors are expressions of C. */
export interface Combining {
  readonly name: string;
  readonly doc: string;
  readonly needs: readonly Routine[];
  readonly parameters: string;
  /** Declarations before the loop. */
  readonly lines: readonly string[];
  /** What all sums start with. */
  readonly start: string;
  /** The taps of one column, as they are read. */
  readonly column: (tap: number, taps: readonly string[]) => string;
  /** A sum made of the taps of a column, the first sum on its left. */
  readonly first: (tap: number, taps: readonly string[]) => string;
  /** The statement that adds a vector to `all`. */
  readonly add: (value: string) => string;
  /** The vector where the mask is set, and what counts for nothing elsewhere. */
  readonly keep: (value: string, mask: string) => string;
  readonly finished: (place: string) => string;
  /** Whether the place of a vector among all of the result's matters. */
  readonly placed: boolean;
  /** Whether all that matters of a column is which plane it reads. */
  readonly alike: boolean;
}

const letters = 'abcd';

export interface WindowRoutines {
  /** From planes. */
  readonly planes: Routine;
  /** From the flat channel, row by row: where vectors are widest, and the stride across is 2. */
  readonly rows: Routine | undefined;
}

/** The routines, or undefined where there are too many taps to write out, or they lie too far apart. */
export function windowRoutines({ columns, window }: Sliding, c: Combining): WindowRoutines | undefined {
  const [down] = window.kernel;
  const phases = phasesOf(columns);
  if (down * columns.length > mostTaps || phases.length > letters.length) return undefined;
  if (columns.some(({ shift }) => Math.abs(shift) > mostShift)) return undefined;

  const letter = ({ phase }: Column): string => letters[phases.indexOf(phase)];
  const numbers = Array.from({ length: down }, (_, j) => j);
  const rows = phases.flatMap((phase, k) =>
    numbers.map((j) => ({
      row: `${letters[k]}${j}`,
      now: `${letters[k]}${j}_now`,
      index: k * down + j,
      phase,
      apart: `vec_${phase === 0 ? 'even' : 'odd'}(row${j}_low, row${j}_high)`,
    })),
  );
  const parts = phases.map((phase, k) => ({
    part: `${letters[k]}_part`,
    value: c.column(
      0,
      numbers.map((j) => `${letters[k]}${j}_now`),
    ),
    phase,
  }));
  const all = columns.map((column, tap) => {
    const { shift, masked } = column;
    const taps = numbers.map((j) => `${letter(column)}${j}_now`);
    const [before, after] = [`before${tap}`, `after${tap}`];
    const value = c.alike ? `${letter(column)}_part` : c.column(tap, taps);
    const joined =
      shift < 0
        ? `VEC_JOIN(${before}, ${after}, WIDTH - ${-shift})`
        : shift > 0
          ? `VEC_JOIN(${before}, ${after}, ${shift})`
          : value;
    const masking = (vector: string, place: string): string =>
      masked ? c.keep(vector, `mask_load(mask${tap} + ${place})`) : vector;
    const narrow = numbers.map(
      (j) => `vec_load(${letter(column)}${j} + i${shift === 0 ? '' : shift < 0 ? ` - ${-shift}` : ` + ${shift}`})`,
    );
    return {
      ...{ column, tap, shift, masked, before, after, value, taps, narrow },
      add: c.add(masking(joined, shift > 0 ? 'last' : 'column')),
      narrowAdd: c.add(masking(c.column(tap, narrow), 'column')),
    };
  });
  const left = all.filter(({ shift }) => shift < 0);
  const right = all.filter(({ shift }) => shift > 0);
  const [first, ...here] = all.filter(({ shift, masked }) => shift === 0 && !masked);
  const masked = [...here, ...all.filter((column) => column.shift === 0 && column.masked)];
  const readBy = <T extends { readonly phase: number }>(of: typeof all, items: readonly T[]): readonly T[] =>
    items.filter(({ phase }) => of.some(({ column }) => column.phase === phase));
  const partsOf = (of: typeof all) => (c.alike ? readBy(of, parts) : []);

  const word = ({ column, shift, masked: m }: (typeof all)[number]): string =>
    `${letter(column)}${shift < 0 ? `l${-shift}` : shift > 0 ? `r${shift}` : ''}${m ? 'm' : ''}`;
  const name = `${c.name}-${down}-${all.map(word).join('-')}`;
  const masks = all
    .filter((column) => column.masked)
    .map(({ tap }) => `const int32_t *const mask${tap} = s->masks + ${tap} * (s->pitch + SLIDING_REACH);`);
  const pairs = numbers.map((j) => ({ row: `row${j}`, index: phases.length * down + j }));
  const routine = (template: string, title: string, view: object): Routine => ({
    name: title,
    template: `cpu/kernels/${template}.c.hbs`,
    view: {
      name: title.replaceAll('-', '_'),
      doc: `${c.doc} with ${down} x ${columns.length} taps`,
      parameters: c.parameters,
      rows,
      leftRows: readBy(left, rows),
      rightRows: readBy(right, rows),
      parts: partsOf(all),
      leftParts: partsOf(left),
      rightParts: partsOf(right),
      left,
      right,
      masked,
      reach: Math.max(0, ...right.map(({ shift }) => shift)),
      here: first ? (c.alike ? first.value : c.first(first.tap, first.taps)) : c.start,
      ...view,
    },
    needs: [slidingRoutine, ...c.needs],
  });
  const linesOf = (lines: readonly string[]) => [...lines, ...masks, ...c.lines].map((line) => ({ line }));
  return {
    planes: routine('sliding-window', name, {
      lines: linesOf(rows.map(({ row, index }) => `const float *const ${row} = x + s->rows[${index}];`)),
      narrow: {
        here: first ? c.first(first.tap, first.narrow) : c.start,
        columns: [...masked, ...left, ...right].map(({ narrowAdd }) => ({ add: narrowAdd })),
      },
      finished: c.finished('place'),
      advance: c.placed ? `\n${' '.repeat(6)}place += WIDTH;` : '',
    }),
    rows:
      window.stride[1] === 2
        ? routine('sliding-rows', `${name}-rows`, {
            lines: linesOf(pairs.map(({ row, index }) => `const int32_t ${row} = s->rows[${index}];`)),
            pairs,
            rightPairs: right.length > 0 ? pairs : [],
            finished: c.finished('place + last'),
            rowAdvance: c.placed ? `\n${' '.repeat(4)}place += s->pitch;` : '',
          })
        : undefined,
  };
}

export const routinesOf = ({ planes, rows }: WindowRoutines): readonly Routine[] => [planes, ...(rows ? [rows] : [])];

/** What templates of routines that use the windows say of rows. */
export const rowsView = (windows: WindowRoutines | undefined) => ({
  byRows: windows?.rows ? 'VECTOR_BYTES == 64' : '0',
  rows: windows?.rows ? [{ rows: identifierOf(windows.rows) }] : [],
});
