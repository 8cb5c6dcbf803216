/** Pooling as C++: rows and columns of a window are kept, so that one number a cycle goes in and every window is read once. */
import type { Pool } from '../pipeline/pipeline.ts';
import { memoryFor } from './stage.ts';

interface Types {
  /** Of numbers that come in, and of results. */
  readonly fromElement: string;
  readonly element: string;
}

/** Memories side by side, each `length` numbers, as lines of C++. */
const declared = (name: string, type: string, count: number, length: number): readonly string[] =>
  count === 0
    ? []
    : [
        `  static ${type} ${name}[${count}][${length}];`,
        `#pragma HLS ARRAY_PARTITION variable=${name} type=complete dim=1`,
        `#pragma HLS BIND_STORAGE variable=${name} type=ram_s2p impl=${memoryFor(length)}`,
      ];

export function poolView({ fn, channels, input, output, window, stride, pad }: Pool, types: Types): object {
  const [above, before] = [window[0] - 1, window[1] - 1];
  const pitch = input[1] + pad[1] + pad[3];
  const start = fn === 'max' ? 'int64_t(-2147483647) - 1' : 'int64_t(0)';
  const step = (number: string): string =>
    `best = ${fn === 'max' ? `best < ${number} ? ${number} : best` : `best + ${number}`};`;
  // What was kept first stands first, and moves on by one when it was read.
  const steps = (stem: string, type: string, count: number, at: string, valid: (behind: number) => string) =>
    Array.from({ length: count }, (_, k) => [
      `const ${type} ${stem}${k} = ${stem}s[${k}][${at}];`,
      ...(k > 0 ? [`${stem}s[${k - 1}][${at}] = ${stem}${k};`] : []),
      `const int64_t ${stem}${k}_number = ${valid(count - k)} ? static_cast<int64_t>(${stem}${k}) : ${start};`,
      step(`${stem}${k}_number`),
    ]).flat();
  const kept = (stem: string, type: string, count: number, at: string, value: string): readonly string[] =>
    count === 0 ? [] : [`${stem}s[${count - 1}][${at}] = static_cast<${type}>(${value});`];
  const place = `x * ${channels} + c`;
  return {
    channels,
    pitch,
    height: input[0] + pad[0] + pad[2],
    padTop: pad[0],
    padLeft: pad[1],
    bottom: pad[0] + input[0],
    right: pad[1] + input[1],
    kept: [
      ...declared('lines', types.fromElement, above, pitch * channels),
      ...declared('columns', types.element, before, channels),
    ],
    above: [
      ...steps('line', types.fromElement, above, place, (behind) => {
        return `across && y >= ${pad[0] + behind} && y < ${pad[0] + input[0] + behind}`;
      }),
      ...kept('line', types.fromElement, above, place, 'newest'),
    ],
    before: [
      ...(before > 0 ? ['const int64_t newest_column = best;'] : []),
      ...steps('column', types.element, before, 'c', (behind) => {
        return `x >= ${pad[1] + behind} && x < ${pad[1] + input[1] + behind}`;
      }),
      ...kept('column', types.element, before, 'c', 'newest_column'),
    ],
    lastRow: above,
    lastColumn: before,
    strideY: stride[0],
    strideX: stride[1],
    outRows: output[0] * stride[0],
    outColumns: output[1] * stride[1],
    start,
    result: fn === 'max' ? 'best' : 'wrapped(best)',
  };
}
