/** Moves of whole numbers that lie in pairs of channels: those of words, as real numbers are moved. */
import type { Op } from '../../../src/ops/index.ts';
import type { Kernel, KernelSite } from '../../../src/plan/kernel.ts';
import { isPairs, wordsOf } from '../panels.ts';
import { blocks } from './blocks.ts';
import { pixels } from './pixels.ts';

export const wholeMoves: Kernel = {
  name: 'whole-moves',
  doc: 'concat, slice, pad, tile, nearest resize and depth-to-space on pairs of channels',
  integers: true,

  match(site) {
    const { call, types, result } = site;
    if (!isPairs(result.type) || !Object.values(types).every(isPairs)) return 'does not go from pairs to pairs';
    const op = inWords(call.op, site);
    if (typeof op === 'string') return op;
    const words: KernelSite = {
      ...site,
      call: { ...call, op },
      types: Object.fromEntries(Object.entries(types).map(([name, type]) => [name, wordsOf(type)])),
      result: { ...result, type: wordsOf(result.type) },
    };
    const copied = blocks.match(words);
    return typeof copied === 'string' ? pixels.match(words) : copied;
  },
};

/** The op on words, each a pair of channels. */
function inWords(op: Op, { types, result }: KernelSite): Op | string {
  switch (op.kind) {
    case 'concat': {
      const names = Object.keys(types).slice(0, -1);
      return op.axis === 3 && names.every((name) => types[name].shape[3] % 2 === 0)
        ? op
        : 'pairs of channels would part';
    }
    case 'slice': {
      const [first, count] = [op.begin[3], op.size[3]];
      if (first % 2 > 0 || (op.step[3] !== 1 && count > 1)) return 'pairs of channels would part';
      return { ...op, begin: op.begin.with(3, first / 2), size: op.size.with(3, Math.ceil(count / 2)) };
    }
    case 'pad': {
      if (op.before[3] + op.after[3] > 0) return 'adds channels';
      const value = repeated(op.value);
      return Number.isNaN(value) ? 'a pair of such numbers cannot be written as a real one' : { ...op, value };
    }
    case 'tile':
      return op.repeats[3] === 1 ? op : 'repeats channels';
    case 'resize':
      return op.method === 'nearest' ? op : 'computes with its numbers';
    case 'depth-to-space':
      return result.type.shape[3] % 2 === 0 ? op : 'pairs of channels would part';
    default:
      return 'does not move pixels or channels';
  }
}

/** The real number whose bits are those of a whole one of 16 bits, twice. */
export function repeated(value: number): number {
  const word = Int32Array.of((value & 0xffff) | (value << 16));
  return new Float32Array(word.buffer)[0];
}
