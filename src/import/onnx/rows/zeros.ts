/** Biases and states that a layer implies: zeros, as many as a model says, within reason. */
import { zeros } from '../../../tensor/numbers.ts';
import type { DType, Shape } from '../../../tensor/type.ts';
import { elements } from '../../../tensor/type.ts';
import type { Value } from '../../builder.ts';
import type { Scope } from '../../scope.ts';

const most = 2 ** 22;

export function zerosOf(scope: Scope, dtype: DType, shape: Shape, what = 'bias'): Value {
  const count = elements(shape);
  if (!(count <= most)) return scope.fail(`needs ${count} zeros as ${what}, and at most ${most} are made`);
  return scope.known(zeros(dtype === 'i32' ? 'i32' : 'f32', count), shape, what);
}
