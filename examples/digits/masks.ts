/** Which weights of the network are kept, by the patterns of `espalier prune`. */
import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { printDiagnostic } from '../../src/diagnostic.ts';
import { parsePattern } from '../../src/prune/index.ts';
import type { Mask, Pruner } from '../../src/prune/pruner.ts';
import { kernelOf } from './network.ts';

/** The pattern of each layer that is pruned, by its name. */
export type Patterns = Readonly<Record<string, string>>;

/** 1 for each weight of a layer that is kept, by its name, in the shape of its kernel. */
export type Masks = ReadonlyMap<string, tf.Tensor>;

/** Masks by magnitude that cut a part of what the patterns are to cut: 0 nothing, 1 all. To be disposed of. */
export function masksFor(model: LayersModel, patterns: Patterns, part: number): Masks {
  const masks = Object.entries(patterns).map(([name, pattern]): [string, tf.Tensor] => {
    const kernel = kernelOf(model, name).read();
    const outputs = kernel.shape[kernel.shape.length - 1];
    const columns = kernel.size / outputs;
    // Kernels are [.., in, out], and a matrix has a row for each output.
    const data = tf.tidy(() => tf.transpose(tf.reshape(kernel, [columns, outputs])).dataSync() as Float32Array);
    const run = kernel.shape[kernel.shape.length - 2];
    const keep = maskOf(prunerOf(pattern), { rows: outputs, columns, run, data: Float32Array.from(data) }, part);
    const mask = tf.tidy(() => tf.reshape(tf.transpose(tf.tensor2d(keep, [outputs, columns])), kernel.shape));
    return [name, mask];
  });
  return new Map(masks);
}

/** Sets what is not kept to zero. */
export function applyMasks(model: LayersModel, masks: Masks): void {
  for (const [name, mask] of masks) {
    const kernel = kernelOf(model, name);
    tf.tidy(() => void kernel.write(tf.mul(kernel.read(), mask)));
  }
}

function maskOf(pruner: Pruner, matrix: Parameters<Pruner['keep']>[0], part: number): Mask {
  if (pruner.kind === 'fixed') return pruner.keep(matrix);
  return pruner.keep(matrix, pruner.most(matrix) * (1 - pruner.ratio * part));
}

function prunerOf(pattern: string): Pruner {
  const pruner = parsePattern(pattern, (d) => console.error(printDiagnostic(d)));
  if (!pruner) throw new Error(`no pattern: ${pattern}`);
  return pruner;
}
