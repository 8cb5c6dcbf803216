/** What the kernels of layers share: the epilogue, and shaders that are told things by name. */
import type { Weights } from '../../../src/graph/weights.ts';
import type { Activation } from '../../../src/ops/scalar.ts';
import type { Argument, KernelSite, Routine } from '../../../src/plan/kernel.ts';
import type { Part } from '../../gpu/parts.ts';
import { partsOf } from '../../gpu/parts.ts';
import { windowsOf } from '../../gpu/window.ts';
import { math } from '../math.ts';
import { functionName } from '../print-wgsl.ts';
import { activationOf, fourOf } from './activation.ts';

export interface Ending {
  /** What sets shaders apart. */
  readonly kind: string;
  /** Of these names in shaders. */
  readonly names: readonly string[];
  readonly args: readonly Argument[];
  /** WGSL of the result, from a sum with its factor, for a row of weights and a place in the result. */
  result(sum: string, row: string, at: string): string;
  /** The same of four sums, for one row and four places. */
  four(sums: string, row: string, at: string): string;
  readonly needs: readonly Routine[];
  /** What shaders need that end four by four. */
  readonly fourNeeds: readonly Routine[];
}

/** The bias, a residual and the activation. */
export function endingOf({ call, types, arrays }: KernelSite): Ending {
  const { op } = call;
  const activation: Activation = 'activation' in op ? op.activation : 'none';
  const routine = activationOf(activation);
  const [four, readFour] = [fourOf(routine), math.readFour];
  const sloped = activation === 'prelu';
  const residual = types.residual !== undefined;
  const bias = (row: string): string => `bitcast<f32>(weights[bias + ${row}])`;
  const slope = (row: string): string => (sloped ? `bitcast<f32>(weights[slopes + ${row} * slope_step])` : '0.0');
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
      const added = `${sum} + ${bias(row)}${residual ? ` + bitcast<f32>(memory[residual + ${at}])` : ''}`;
      return `${functionName(routine)}(${added}, ${slope(row)})`;
    },
    four(sums, row, at) {
      const added = `${sums} + ${bias(row)}${residual ? ` + ${functionName(readFour)}(residual + ${at})` : ''}`;
      return `${functionName(four)}(${added}, ${slope(row)})`;
    },
    needs: [routine],
    fourNeeds: [four, readFour, math.writeFour],
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

export interface Layer {
  readonly weights: Weights;
  readonly parts: readonly Part[];
}

/** A convolution, a transposed one or a dense layer whose weights are known, or why it is none. */
export function layerOf(site: KernelSite): Layer | string {
  const { weights } = site;
  const windows = windowsOf(site);
  if (typeof windows === 'string') return windows;
  if (!weights) return 'takes weights that are known';
  const fault = notKnown(site);
  return fault ?? { weights, parts: partsOf(weights.matrix, windows) };
}

/** The same of weights that are not stored dense. */
export function placedLayer(site: KernelSite): Layer | string {
  if (site.weights?.constant.type.encoding.format === 'dense') return 'takes weights that are not stored dense';
  return layerOf(site);
}
