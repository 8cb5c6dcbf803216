/** What kernels of layers do with a sum: the bias, a residual and the activation. */
import type { Arr } from '../../src/loop/loop.ts';
import { local, store } from '../../src/loop/loop.ts';
import type { Activation } from '../../src/ops/scalar.ts';
import { lowerActivation } from '../../src/ops/scalar.ts';
import type { Reading, Routine } from '../../src/plan/kernel.ts';
import type { Narrow } from '../../src/tensor/type.ts';
import { printLoops } from '../print.ts';
import type { Parameter } from './kernel.ts';
import { functionName, real } from './kernel.ts';
import { reserved } from './print-grid.ts';
import { syntax } from './syntax.ts';

export interface Ending {
  /** What sets kernels apart. */
  readonly kind: string;
  readonly parameters: readonly Parameter[];
  /** C++ of the result, from a sum, for a row of weights and a place in the result. */
  result(sum: string, row: string, at: string): string;
  /** Whether `result` reads what is added from `others[k]`, which holds neighbouring numbers of the parameter `residual`. */
  readonly others?: Narrow;
  readonly needs: readonly Routine[];
}

export function endingOf({ call, types, arrays }: Pick<Reading, 'call' | 'types' | 'arrays'>): Ending {
  const { op } = call;
  const activation: Activation = 'activation' in op ? op.activation : 'none';
  const sloped = activation === 'prelu';
  const residual = types.residual !== undefined;
  const others = types.residual?.layout.kind === 'pieces' ? types.residual.layout.of : undefined;
  const many = sloped && arrays.slope.length > 1;
  const routine = activationOf(activation);
  return {
    kind: [...(residual ? ['residual'] : []), activation, ...(many ? ['by-row'] : [])].join('-'),
    parameters: [
      real('bias', arrays.bias),
      ...(residual ? [residualOf(arrays.residual, others)] : []),
      ...(sloped ? [real('slopes', arrays.slope)] : []),
    ],
    result(sum, row, at) {
      const added = `${sum} + bias[${row}]${residual ? ` + ${others ? 'others[k]' : `residual[${at}]`}` : ''}`;
      const slope = sloped ? [many ? `slopes[${row}]` : 'slopes[0]'] : [];
      return activation === 'none' ? added : `${functionName(routine.name)}(${[added, ...slope].join(', ')})`;
    },
    needs: activation === 'none' ? [] : [routine],
    ...(others && { others }),
  };
}

const residualOf = (array: Arr, others: Narrow | undefined): Parameter =>
  others ? { declare: 'const void *__restrict__ residual', argument: array } : real('residual', array);

/** Of `x`, and of `slope` where the activation is `prelu`. Printed from the same loops as everywhere. */
function activationOf(fn: Activation): Routine {
  const [x, slope] = [local('x', 'f32'), local('slope', 'f32')];
  const nowhere: Arr = { name: 'nowhere', dtype: 'f32', length: 1 };
  const body = printLoops(
    [
      store(
        nowhere,
        0,
        lowerActivation(fn, x, () => slope),
      ),
    ],
    { ...syntax, store: (_, __, value) => `return ${value}` },
    { reserved, indent: '  ', outer: [x, slope] },
  );
  return {
    name: `activation-${fn}`,
    template: 'cuda/kernels/activation.cu.hbs',
    view: { parameters: fn === 'prelu' ? 'float x, float slope' : 'float x', body },
    needs: [],
  };
}
