/** What becomes of sums that lanes store one by one, and of parts of sums that blocks share. */
import type { Arr } from '../../../src/loop/loop.ts';
import type { Routine, RoutineCall } from '../../../src/plan/kernel.ts';
import type { Narrow } from '../../../src/tensor/type.ts';
import type { Ending } from '../ending.ts';
import { callOf, real, whole } from '../kernel.ts';
import type { Element } from '../tensor/elements.ts';
import type { Form } from '../tensor/forms.ts';

export interface WideStoring {
  /** What sets kernels apart. */
  readonly kind: string;
  /** C++ that stores `sum`, for `row` and `at`, a place in the result. */
  readonly text: string;
  readonly result: 'float' | 'uint16_t';
  /** Whether it is told how many rows there are beside those that fill pieces. */
  readonly pads?: true;
  readonly needs: readonly Routine[];
}

/** Numbers of 16 bits as pieces have them, as wide ones and back. */
const functions: Readonly<Record<Exclude<Narrow, 'i8'>, readonly [read: string, held: string]>> = {
  f16: ['half_to_float', 'held_as_half'],
  bf16: ['bf16_to_float', 'float_to_bf16'],
};

export function storeOne({ kind, result, others, needs }: Ending, to: Form, { narrow }: Element): WideStoring {
  const finished = result('sum', 'row', 'at');
  if (to !== 'pieces' || narrow === undefined || narrow === 'i8')
    return { kind, needs, result: 'float', text: `result[at] = ${finished};` };
  const [read, held] = functions[narrow];
  const added = others
    ? `constexpr int k = 0; const float others[1] = {${read}(((const uint16_t *)residual)[at])}; `
    : '';
  const text = `${added}result[at] = row < own_rows ? ${held}(${finished}) : (uint16_t)0;`;
  return { kind: `${kind}-to-${narrow}`, needs, result: 'uint16_t', pads: true, text };
}

/** Sums as they are. */
export const storePart: WideStoring = { kind: 'parts', text: 'result[at] = sum;', result: 'float', needs: [] };

interface Parts {
  readonly parts: Arr;
  readonly splits: number;
  /** Elements of each part, which lie as those of the result. */
  readonly count: number;
  readonly rows: number;
  /** With those that fill the last piece of a pixel. */
  readonly stored: number;
  readonly toRow: number;
  readonly result: Arr;
}

export const addParts = (
  p: Parts,
  { parameters }: Ending,
  { kind, text, result, needs, pads }: WideStoring,
): RoutineCall =>
  callOf({
    name: `add-parts-${kind}`,
    template: 'warpgroup/add-parts',
    view: { store: text },
    needs,
    parameters: [
      real('parts_of', p.parts),
      ...[whole('part_count', p.splits), whole('count', p.count), whole('row_count', p.stored)],
      ...(pads ? [whole('own_rows', p.rows)] : []),
      whole('to_row', p.toRow),
      ...parameters,
      { declare: `${result} *__restrict__ result`, argument: p.result },
    ],
    groups: [Math.ceil(p.count / addingThreads)],
    threads: addingThreads,
  });

const addingThreads = 256;
