/** What the kernels of layers share: the epilogue, and shaders that are told things by name. */
import type { Weights } from '../../../src/graph/weights.ts';
import type { Activation } from '../../../src/ops/scalar.ts';
import type { Argument, KernelSite, Routine } from '../../../src/plan/kernel.ts';
import type { Window } from '../../gpu/window.ts';
import { windowOf } from '../../gpu/window.ts';
import { functionName } from '../print-wgsl.ts';
import { activationOf } from './activation.ts';

export interface Ending {
  /** What sets shaders apart. */
  readonly kind: string;
  /** Of these names in shaders. */
  readonly names: readonly string[];
  readonly args: readonly Argument[];
  /** WGSL of the result, from a sum with its factor, for a row of weights and a place in the result. */
  result(sum: string, row: string, at: string): string;
  readonly needs: readonly Routine[];
}

/** The bias, a residual and the activation. */
export function endingOf({ call, types, arrays }: KernelSite): Ending {
  const { op } = call;
  const activation: Activation = 'activation' in op ? op.activation : 'none';
  const routine = activationOf(activation);
  const sloped = activation === 'prelu';
  const residual = types.residual !== undefined;
  return {
    kind: `${residual ? 'residual-' : ''}${activation}`,
    names: ['bias', 'residual', 'slopes', 'slope_step'],
    args: [
      arrays.bias,
      residual ? arrays.residual : 0,
      sloped ? arrays.slope : 0,
      sloped && arrays.slope.length > 1 ? 1 : 0,
    ],
    result(sum, row, at) {
      const added = `${sum} + bitcast<f32>(weights[bias + ${row}])${residual ? ` + bitcast<f32>(memory[residual + ${at}])` : ''}`;
      const slope = sloped ? `bitcast<f32>(weights[slopes + ${row} * slope_step])` : '0.0';
      return `${functionName(routine)}(${added}, ${slope})`;
    },
    needs: [routine],
  };
}

/** Declarations of what a shader is told, by name. */
export const declared = (names: readonly string[]): string =>
  names.map((name, i) => `  let ${name} = args[${i >> 2}].${'xyzw'[i & 3]};`).join('\n');

/** Why a layer's operands are no constants, if one is not: weights, biases and slopes lie with the weights. */
export function notKnown({ constant, types }: KernelSite): string | undefined {
  const moving = ['bias', 'slope'].find((name) => types[name] && !constant(name));
  return moving && `takes a constant "${moving}"`;
}

export interface PlacedLayer {
  readonly weights: Weights;
  readonly window: Window;
}

/** A convolution or a dense layer whose weights are known and not stored dense, or why it is none. */
export function placedLayer(site: KernelSite): PlacedLayer | string {
  const { call, weights } = site;
  if (call.op.kind !== 'conv2d' && call.op.kind !== 'linear') return 'takes convolutions and dense layers';
  if (call.op.kind === 'conv2d' && call.op.groups > 1) return 'takes one group';
  if (!weights) return 'takes weights that are known';
  if (weights.constant.type.encoding.format === 'dense') return 'takes weights that are not stored dense';
  const fault = notKnown(site);
  if (fault !== undefined) return fault;
  const window = windowOf(site);
  return typeof window === 'string' ? window : { weights, window };
}
