/** Depthwise convolutions that add a residual: the convolution, the sum and the activation by the kernels that compute each. */
import type { Op } from '../../../src/ops/index.ts';
import type { Kernel, KernelSite, RoutineCall } from '../../../src/plan/kernel.ts';
import { sameLayout, storedLength } from '../../../src/tensor/type.ts';
import { binary } from './binary.ts';
import { depthwise } from './depthwise.ts';
import { unary } from './unary.ts';

export const residual: Kernel = {
  name: 'residual',
  doc: 'depthwise convolutions that add a residual',

  match(site) {
    const { arrays, result, types } = site;
    const { op, inputs } = site.call;
    if (op.kind !== 'conv2d' || !op.residual) return 'no residual is added';
    const { residual: _added, ...rest } = op;
    const { type } = result;
    if (!sameLayout(types.residual.layout, type.layout)) return 'the residual lies otherwise than the result';
    const apart = { type, array: site.scratch('apart', 'f32', storedLength(type)) };
    // The routines take no array twice.
    const [first, second] = op.activation === 'none' ? [apart, result] : [result, apart];
    const asked = (kernel: Kernel, next: Op, more: Partial<KernelSite>) =>
      kernel.match({ ...site, ...more, call: { ...site.call, op: next, inputs: inputs.slice(0, -1) } });

    const bare: Op = { ...rest, activation: 'none' };
    const layer = asked(depthwise, bare, { result: first });
    const added = asked(
      binary,
      { kind: 'binary', fn: 'add' },
      { types: { a: type, b: types.residual }, arrays: { a: first.array, b: arrays.residual }, result: second },
    );
    const activated = activate();
    const calls: RoutineCall[] = [];
    for (const match of [layer, added, ...(activated ? [activated] : [])]) {
      if (typeof match === 'string') return match;
      calls.push(...match.calls);
    }
    return { calls };

    function activate() {
      if (rest.activation === 'none') return undefined;
      const { array } = second;
      if (rest.activation !== 'prelu')
        return asked(unary, { kind: 'unary', fn: rest.activation }, { types: { x: type }, arrays: { x: array } });
      const operands = { types: { a: type, b: types.slope }, arrays: { a: array, b: arrays.slope } };
      return asked(binary, { kind: 'binary', fn: 'prelu' }, operands);
    }
  },
};
