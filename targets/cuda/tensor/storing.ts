/** What becomes of sums in the end: C++ that finishes neighbouring rows of a pixel, and stores them as wide numbers or as a part of a piece. */
import type { Routine } from '../../../src/plan/kernel.ts';
import type { Narrow } from '../../../src/tensor/type.ts';
import type { Ending } from '../ending.ts';
import type { Element } from './elements.ts';
import { inWord, packOf } from './narrowing.ts';

export interface Storing {
  /** What sets kernels apart. */
  readonly kind: string;
  /** Rows that a thread stores at once. */
  readonly each: number;
  /** C++ that stores them: `own` points to their sums in shared memory, `row` and `at` are those of the first. */
  readonly text: string;
  /** What `result` points to. */
  readonly result: string;
  /** Whether it is told how many rows there are beside those that fill pieces. */
  readonly pads?: true;
  readonly needs: readonly Routine[];
}

type Finishing = Pick<Ending, 'kind' | 'result' | 'others' | 'needs'>;

export const storeWide = ({ kind, result, needs }: Finishing, { sum }: Element): Storing => ({
  ...{ kind, needs, each: 1, result: sum },
  text: [`const ${sum} sum = *own;`, `result[at] = ${result('sum', 'row', 'at')};`].join('\n      '),
});

/** Rows of weights that a thread of a product has. */
const each = 4;

/** Of sums in shared memory. */
export const storePieces = (ending: Finishing, element: Element): Storing => ({
  ...{ kind: `${ending.kind}-to-pieces`, each, result: 'void', pads: true },
  needs: piecesNeeds(ending, element, each),
  text: [
    `const ${element.sum}4 some = *(const ${element.sum}4 *)own;`,
    `const ${element.sum} taken[${each}] = {some.x, some.y, some.z, some.w};`,
    ...pieceLines(ending, element, each),
  ]
    .map((line) => (line.startsWith('#') ? line : `      ${line}`))
    .join('\n')
    .trimStart(),
});

export const piecesNeeds = ({ needs, others }: Finishing, element: Element, count: number): readonly Routine[] => [
  ...needs,
  packOf(element),
  ...(others ? [take(others, count)] : []),
];

/** C++ that stores `taken`, the sums of so many neighbouring rows: of `own_rows` rows those that there are, and zeros behind. */
export function pieceLines(
  { result, others }: Finishing,
  element: Element,
  count: number,
  sum = 'taken[k]',
): readonly string[] {
  const { name } = element;
  const packed = Array.from(
    { length: count / inWord(element) },
    (_, i) => `pack_${name}(finished${i === 0 ? '' : ` + ${i * inWord(element)}`})`,
  );
  const place = element.bytes === 1 ? '(unsigned char *)result + at' : '(uint16_t *)result + at';
  return [
    `${element.sum} finished[${count}];`,
    ...(others ? [`float others[${count}];`, `take_${count}_${others}(others, residual, at);`] : []),
    '#pragma unroll',
    `for (int k = 0; k < ${count}; k++)`,
    `  finished[k] = row + k < own_rows ? ${result(sum, 'row + k', 'at + k')} : 0;`,
    packed.length === 1
      ? `*(uint32_t *)(${place}) = ${packed[0]};`
      : `*(uint2 *)(${place}) = make_uint2(${packed.join(', ')});`,
  ];
}

/** Neighbouring numbers of a value in pieces, as wide ones. */
export const take = (of: Narrow, count: number): Routine => ({
  name: `take-${count}-${of}`,
  template: `cuda/kernels/tensor/take-${count}.cu.hbs`,
  view: { read: of === 'f16' ? 'half_to_float' : 'bf16_to_float' },
  needs: [],
});
