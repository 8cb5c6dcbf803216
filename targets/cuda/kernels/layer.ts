/** What the kernels of layers share: the epilogue, and which weights they take. */
import type { Weights } from '../../../src/graph/weights.ts';
import { declare, local } from '../../../src/loop/loop.ts';
import type { Activation } from '../../../src/ops/scalar.ts';
import { lowerActivation } from '../../../src/ops/scalar.ts';
import type { KernelSite, Reading, Routine } from '../../../src/plan/kernel.ts';
import { printLoops } from '../../print.ts';
import type { Parameter } from '../kernel.ts';
import { functionName, real } from '../kernel.ts';
import { reserved } from '../print-grid.ts';
import { syntax } from '../syntax.ts';

export interface Ending {
  /** What sets kernels apart. */
  readonly kind: string;
  readonly parameters: readonly Parameter[];
  /** C++ of the result, from a sum with its factor, for a row of weights and a place in the result. */
  result(sum: string, row: string, at: string): string;
  readonly needs: readonly Routine[];
}

/** The bias, a residual and the activation. */
export function endingOf({ call, types, arrays }: KernelSite): Ending {
  const { op } = call;
  const activation: Activation = 'activation' in op ? op.activation : 'none';
  const routine = activation === 'none' ? undefined : activationOf(activation);
  const sloped = activation === 'prelu';
  const own = sloped && arrays.slope.length > 1;
  return {
    kind: `${types.residual ? 'residual-' : ''}${activation}${own ? 's' : ''}`,
    parameters: [
      real('bias', arrays.bias),
      ...(types.residual ? [real('residual', arrays.residual)] : []),
      ...(sloped ? [real('slopes', arrays.slope)] : []),
    ],
    result(sum, row, at) {
      const added = `${sum} + bias[${row}]${types.residual ? ` + residual[${at}]` : ''}`;
      if (!routine) return added;
      const slope = sloped ? `, slopes[${own ? row : '0'}]` : '';
      return `${functionName(routine.name)}(${added}${slope})`;
    },
    needs: routine ? [routine] : [],
  };
}

/** A function of the sum `x`, and of `slope` where the activation is `prelu`: printed from the same loops as everywhere. */
function activationOf(fn: Activation): Routine {
  const [x, slope, y] = [local('x', 'f32'), local('slope', 'f32'), local('y', 'f32')];
  const body = printLoops(
    [
      declare(
        y,
        lowerActivation(fn, x, () => slope),
      ),
    ],
    syntax,
    {
      ...{ reserved, indent: '  ', outer: [x, slope] },
    },
  );
  const told = fn === 'prelu' ? 'float x, float slope' : 'float x';
  return { name: `activation-${fn}`, template: 'cuda/values/activation.cu.hbs', view: { told, body }, needs: [] };
}

/** The weights of a convolution or dense layer that are known, and stored dense or not, or why it is none. */
export function weightsIn({ call, weights, constant, types }: Reading, stored: 'dense' | 'sparse'): Weights | string {
  if (call.op.kind !== 'conv2d' && call.op.kind !== 'linear') return 'takes convolutions and dense layers';
  if (!weights) return 'takes weights that are known';
  if ((weights.constant.type.encoding.format === 'dense') !== (stored === 'dense'))
    return `takes weights that are ${stored === 'dense' ? '' : 'not '}stored dense`;
  const moving = ['bias', 'slope'].find((name) => types[name] && !constant(name));
  return moving === undefined ? weights : `takes a constant "${moving}"`;
}
