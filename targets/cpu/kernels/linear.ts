/** Dense layers, and convolutions whose taps cover all of a plain image: one dot product an output. */
import type { Linear } from '../../../src/ops/linear.ts';
import type { Kernel, KernelMatch, KernelSite, RoutineCall } from '../../../src/plan/kernel.ts';
import type { TensorType } from '../../../src/tensor/type.ts';
import { elements } from '../../../src/tensor/type.ts';
import { convolutionFault, convolve } from '../convolving.ts';
import { activationOf, endingOf } from '../ending.ts';
import { multiplied } from '../multiplying.ts';
import { isPanel, vector } from '../panels.ts';
import type { CpuRoutine } from '../routine.ts';
import { call } from '../routine.ts';
import { pointwise } from '../sequences.ts';
import { isMade } from '../units.ts';

const kernel = (asHalves: boolean): Kernel => ({
  name: 'linear',
  doc: 'dense layers, stored dense or sparse',

  match(site) {
    const { call: step, types, arrays, result, weights } = site;
    const { op } = step;
    if (op.kind !== 'linear' && !(op.kind === 'conv2d' && coversAll(op, types.x, types.weights)))
      return 'neither a dense layer nor a convolution of all pixels';
    if (op.kind === 'conv2d' && op.residual) return 'a residual is to be added';
    if (!weights) return 'the weights are not known';
    if (op.kind === 'linear' && isPanel(types.x) && isPanel(result.type)) return asConvolution(site, op);
    if (op.activation === 'prelu') return 'it ends in PReLU';
    if (types.x.layout.kind !== 'plain' || result.type.layout.kind !== 'plain') return 'the values are in panels';
    // Each weight is used once, and the loops make it where it is.
    if (isMade(weights.constant.type.encoding, weights.matrix)) return 'the weights are made of units';
    const { low, high, suffix } = endingOf(op.activation);
    const outputs = weights.matrix.rows;
    const count = elements(result.type.shape);
    const common = {
      x: arrays.x,
      y: result.array,
      bias: arrays.bias,
      batch: count / outputs,
      inputs: weights.matrix.columns,
      outputs,
      low,
      high,
    };
    const sums = multiplied(site, weights, common, asHalves);
    return { calls: [sums, ...(suffix === '' ? [] : [applied(op.activation, site, count)])] };
  },
});

export const linear = kernel(false);

/** For CPUs that convert f16: weights are stored so where that is exact. */
export const linearInHalves = kernel(true);

/** Sequences in panels: a convolution with one tap. */
function asConvolution(site: KernelSite, op: Linear): KernelMatch | string {
  const { types, arrays, result, weights } = site;
  if (!weights) return 'the weights are not known';
  const { encoding } = weights.constant.type;
  const conv = { ...pointwise(types.x, result.type, op.activation), matrix: weights.matrix, encoding };
  const fault = convolutionFault(conv);
  if (fault) return fault;
  const { x, bias, slope } = arrays;
  return { calls: convolve(site, { ...conv, x, y: result.array, bias, slope }) };
}

/** Whether the result is one pixel that sees every pixel once, in the order in which they lie. */
const coversAll = (
  op: { readonly groups: number; readonly pad: readonly number[]; readonly dilation: readonly number[] },
  x: TensorType,
  { shape: [, kh, kw] }: TensorType,
): boolean =>
  op.groups === 1 &&
  x.layout.kind === 'plain' &&
  x.shape[1] === kh &&
  x.shape[2] === kw &&
  op.pad.every((p) => p === 0) &&
  (kh === 1 || op.dilation[0] === 1) &&
  (kw === 1 || op.dilation[1] === 1);

/** The activation over all that was computed, where bounds do not express it. */
function applied(activation: Parameters<typeof activationOf>[0], { result }: KernelSite, count: number): RoutineCall {
  const all = activationOf(activation);
  const name = `apply_${activation.replaceAll('-', '_')}`;
  const routine: CpuRoutine<'y count'> = {
    name: name.replaceAll('_', '-'),
    template: 'cpu/kernels/apply.c.hbs',
    view: { name, activation, function: all.name.replaceAll('-', '_') },
    needs: [vector, all],
    struct: name,
    members: 'y count',
  };
  return call(routine, { y: result.array, count });
}
