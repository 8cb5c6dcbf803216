/** Device functions of warpgroups: barriers with copies, and the instructions that multiply. */
import type { Routine } from '../../../src/plan/kernel.ts';
import { functionName, wrapped } from '../kernel.ts';
import type { Element } from '../tensor/elements.ts';
import type { WideWay } from './tiles.ts';

export const routine = (
  name: string,
  template: string,
  needs: readonly Routine[] = [],
  view: object = {},
): Routine => ({
  name,
  template: `cuda/kernels/warpgroup/${template}.cu.hbs`,
  view,
  needs,
});

export const barriers = routine('warpgroup-barriers', 'barriers');

export const asyncFence = routine('async-fence', 'async-fence');

/** Of blocks that share what they read. */
export const pairs = routine('warpgroup-pairs', 'pairs', [barriers]);

export const warpgroups = routine('warpgroups', 'warpgroup');

export const multiplyName = (way: WideWay, pixels: number, { name }: Element): string =>
  functionName(`wgmma-${way}-${name}-${pixels}`);

/** 64 rows by so many pixels. Assembler counts its operands: the sums, then two matrices, and what tells of sparse ones. */
export function multiplyWide(way: WideWay, pixels: number, element: Element): Routine {
  const count = pixels / 2;
  const sums = Array.from({ length: count }, (_, i) => i);
  const lines = (words: readonly string[]): readonly string[] => wrapped(words, 96).split('\n    ');
  const operands = sums.map((i) => `${i === 0 ? '{' : ''}%${i}${i === count - 1 ? '},' : ''}`);
  return routine(`wgmma-${way}-${element.name}-${pixels}`, `multiply-${way}`, [], {
    ...{ pixels, count, type: element.name },
    operands: lines(operands)
      .map((line) => `               "${line} "`)
      .join('\n'),
    sums: lines(sums.map((i) => `"+f"(sums[${i}])`))
      .map((line, i) => `               ${i === 0 ? ':' : ' '} ${line}`)
      .join('\n'),
    ...{ a: `%${count}`, b: `%${count + 1}`, places: `%${count + 2}`, selected: `%${count + 3}` },
  });
}
