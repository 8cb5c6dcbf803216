/** One of two values, element by element. */
import { select as choose } from '../loop/loop.ts';
import { zeros } from '../tensor/numbers.ts';
import { elements } from '../tensor/type.ts';
import { broadcast, elementwiseLoops, expand } from './broadcast.ts';
import { dtypeFault, printSizes, resultType } from './check.ts';
import type { Rules } from './rules.ts';

/** `yes` where the i32 `condition` is not 0, and `no` elsewhere. All three broadcast as in numpy. */
export interface Select {
  readonly kind: 'select';
}

export const select: Rules<Select> = {
  doc: 'one of two values, element by element, broadcast as in numpy',
  operands: () => ['condition', 'yes', 'no'],

  infer(_op, types) {
    const { condition, yes, no } = types;
    const fault = dtypeFault(types, 'i32', ['condition']);
    if (fault) return fault;
    if (yes.dtype !== no.dtype) return `takes two values of one type and is given ${yes.dtype} and ${no.dtype}`;
    const values = broadcast(yes.shape, no.shape);
    const shape = values && broadcast(condition.shape, values);
    if (!shape)
      return `cannot broadcast ${printSizes(condition.shape)} with ${printSizes(yes.shape)} and ${printSizes(no.shape)}`;
    return resultType(yes.dtype, shape);
  },

  evaluate(_op, { condition, yes, no }, { dtype, shape }) {
    const out = zeros(dtype, elements(shape));
    const [test, a, b] = [expand(condition, shape), expand(yes, shape), expand(no, shape)];
    for (let i = 0; i < out.length; i++) out[i] = test[i] ? a[i] : b[i];
    return out;
  },

  lower: (_op, site) =>
    elementwiseLoops(site, ['condition', 'yes', 'no'], ([condition, yes, no]) => choose(condition, yes, no)),
};
