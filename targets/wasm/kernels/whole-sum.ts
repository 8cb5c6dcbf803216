/** Whole numbers of 16 bits brought to another scale, and sums of two such values, in pairs of channels. */
import type { Call } from '../../../src/graph/graph.ts';
import type { Arr } from '../../../src/loop/loop.ts';
import type { Requantize } from '../../../src/ops/requantize.ts';
import { mostMultiplier, mostShift } from '../../../src/ops/requantize.ts';
import type { Kernel, Reading, Routine } from '../../../src/plan/kernel.ts';
import { sameShape } from '../../../src/tensor/type.ts';
import { isPairs } from '../panels.ts';
import { mostShort } from '../wish-whole.ts';
import { isNarrow } from './whole-conv.ts';

export const wholeSum: Kernel = {
  name: 'whole-sum',
  doc: 'whole numbers brought to another scale, and sums of two such values, in pairs of channels',
  integers: true,

  absorbs(site) {
    const sum = sumOf(site);
    return typeof sum === 'string' ? [] : sum.calls;
  },

  match(site) {
    const { result, arrays } = site;
    const bounds = site.call.op as Requantize;
    const sum = sumOf(site);
    if (typeof sum !== 'string') {
      const { terms, scale } = sum;
      const [a, b] = terms;
      const words = [...wordsOf(a.scale), ...wordsOf(b.scale), ...wordsOf(scale), bounds.low, bounds.high];
      return { calls: [{ routine: add, args: [a.array, b.array, result.array, result.array.length / 2, ...words] }] };
    }
    const one = scaleOf(site);
    if (typeof one === 'string') return one;
    if (!isPairs(site.types.x) || !isPairs(result.type)) return 'does not go from pairs to pairs';
    if (!isNarrow(bounds, one.zero)) return 'bounds do not have 14 bits';
    const words = [...wordsOf(one), bounds.low, bounds.high];
    return { calls: [{ routine: rescale, args: [arrays.x, result.array, result.array.length / 2, ...words] }] };
  },
};

interface Scale {
  readonly multiplier: number;
  readonly shift: number;
  readonly zero: number;
}

/** Multiplier, shift and what is added to the result. Products of 15 bits and 16 are rounded to 0 beyond a shift of 31. */
const wordsOf = ({ multiplier, shift, zero }: Scale): readonly number[] => [multiplier, Math.min(shift, 31), zero];

/** One for all numbers. */
function scaleOf(site: Reading): Scale | string {
  if (site.call.op.kind !== 'requantize') return 'does not bring numbers to another scale';
  const [multiplier, shift, zero] = ['multiplier', 'shift', 'zero'].map((name) => site.constant(name));
  if (!multiplier || !shift || !zero) return 'parameters are computed';
  if (multiplier.length > 1 || shift.length > 1) return 'has a scale for each channel';
  const inside = (x: number, low: number, high: number): number => Math.min(Math.max(x, low), high);
  return {
    multiplier: inside(multiplier[0], 0, mostMultiplier),
    shift: inside(shift[0], 1, mostShift),
    zero: zero[0],
  };
}

interface Term {
  readonly array: Arr;
  readonly scale: Scale;
  /** The largest magnitude. */
  readonly most: number;
}

interface Sum {
  readonly calls: readonly Call[];
  readonly terms: readonly Term[];
  readonly scale: Scale;
}

/** Two values brought to one scale, added, and brought to that of the result. */
function sumOf(site: Reading): Sum | string {
  const scale = scaleOf(site);
  if (typeof scale === 'string') return scale;
  const sum = site.behind('x');
  if (sum?.call.op.kind !== 'binary' || sum.call.op.fn !== 'add') return 'not given a sum, or others read it too';
  if (!isPairs(site.result.type)) return 'the result is not in pairs';
  if (!isNarrow(site.call.op as Requantize, scale.zero)) return 'bounds do not have 14 bits';
  const calls: Call[] = [sum.call];
  const terms: Term[] = [];
  for (const name of ['a', 'b']) {
    if (!sameShape(sum.types[name].shape, site.result.type.shape)) return 'the sum repeats an operand';
    const term = sum.behind(name);
    const made = term && termOf(term);
    if (!made || typeof made === 'string') return made ?? 'others read a term of the sum too';
    calls.push(term.call);
    terms.push(made);
  }
  const most = terms.reduce((total, term) => total + term.most, 0) * scale.multiplier;
  const half = 2 ** (Math.min(scale.shift, 31) - 1);
  if (most + half >= 2 ** 31 || (scale.shift > 31 && most >= 2 ** 30)) return 'the sum may not fit 32 bits';
  return { calls, terms, scale };
}

function termOf(term: Reading): Term | string {
  const scale = scaleOf(term);
  if (typeof scale === 'string') return scale;
  const { low, high } = term.call.op as Requantize;
  // What packs numbers in 16 bits bounds them so.
  if (low !== -mostShort - 1 || high !== mostShort || scale.zero !== 0) return 'a term has bounds of its own';
  const bounds = term.bounds('x');
  if (!isPairs(term.types.x) || !bounds) return 'a term is not in pairs';
  const reach = Math.max(-bounds.low, bounds.high) * (scale.multiplier / 2 ** scale.shift) + 1;
  return { array: term.arrays.x, scale, most: Math.min(reach, mostShort + 1) };
}

const add: Routine = { name: 'whole-add', template: 'wasm/kernels/whole-add.wat.hbs', view: {}, needs: [] };
const rescale: Routine = { name: 'whole-rescale', template: 'wasm/kernels/whole-rescale.wat.hbs', view: {}, needs: [] };
