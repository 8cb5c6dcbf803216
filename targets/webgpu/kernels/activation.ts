/** What becomes of a sum, as a function of WGSL: printed from the same loops as everywhere. */
import { local } from '../../../src/loop/loop.ts';
import type { Activation } from '../../../src/ops/scalar.ts';
import { lowerActivation } from '../../../src/ops/scalar.ts';
import type { Routine } from '../../../src/plan/kernel.ts';
import { functionName, printerFor } from '../print-wgsl.ts';

/** Of the sum `x`, and of `slope` where the activation is `prelu`. */
export function activationOf(fn: Activation): Routine {
  const [x, slope] = [local('x', 'f32'), local('slope', 'f32')];
  const printer = printerFor([], () => ({ buffer: 'memory', at: '' }));
  const [first, second] = [printer.name(x), printer.name(slope)];
  const text = printer.expression(lowerActivation(fn, x, () => slope));
  return {
    name: `activation-${fn}`,
    template: 'webgpu/kernels/activation.wgsl.hbs',
    view: { x: first, slope: second, text },
    needs: [...printer.needs],
  };
}

/** The same of four sums. */
export const fourOf = (one: Routine): Routine => ({
  name: `${one.name}-four`,
  template: 'webgpu/kernels/activation-four.wgsl.hbs',
  view: { one: functionName(one) },
  needs: [one],
});
