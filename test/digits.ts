/** The networks of examples/digits, digits with what they show, and how many of them something gets right. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { unzipSync } from 'fflate';
import { inputOf, readDigits, side } from '../examples/digits/data.ts';
import type { Graph } from '../src/graph/graph.ts';
import { loadModel } from '../src/make/load.ts';
import { readNpy } from '../src/make/npy.ts';
import { packageFolder } from '../src/make/package.ts';
import type { Numbers } from '../src/tensor/numbers.ts';

const folder = fileURLToPath(new URL('examples/digits/', packageFolder()));

/** The same layers as trained, with nine tenths of the weights cut, and with two of every four cut. */
export const digitModels = ['digits-dense', 'digits-pruned', 'digits-2-4'] as const;

export type DigitModel = (typeof digitModels)[number];

/** The path of a model's model.json. */
export const digitPath = (name: DigitModel): string => `${folder}${name}/model.json`;

/** Input `image`, f32 [1, 28, 28, 1] from 0 to 1; output `logits`, f32 [1, 10]. */
export function digitGraph(name: DigitModel): Graph {
  const loaded = loadModel(digitPath(name), {}, ({ message }) => {
    throw new Error(message);
  });
  if (!loaded) throw new Error(`${name} is not read`);
  return loaded.graph;
}

export interface LabelledDigits {
  /** Each f32 [1, 28, 28, 1] from 0 to 1. */
  readonly images: readonly Float32Array<ArrayBuffer>[];
  /** 0 to 9, one an image. */
  readonly labels: ArrayLike<number>;
}

/** The first digits of the 2000 that nothing was trained with. */
export function testDigits(count = 2000, { test } = readDigits()): LabelledDigits {
  return { images: Array.from({ length: count }, (_, i) => inputOf(test, i, i + 1)), labels: test.labels };
}

/** The 64 images of examples/digits/calibration.npz, from those that the networks were trained with. */
export function calibrationImages(): readonly Float32Array<ArrayBuffer>[] {
  const entries = unzipSync(readFileSync(`${folder}calibration.npz`));
  const data = readNpy(entries['image.npy'], { dtype: 'f32', shape: [64, side, side, 1] });
  if (!(data instanceof Float32Array)) throw new Error(`calibration.npz: image.npy ${data}`);
  return Array.from({ length: 64 }, (_, i) => data.slice(i * side * side, (i + 1) * side * side));
}

/** For how many of the images `logitsOf` gives the highest of its ten numbers to what they show. */
export const countRight = (
  { images, labels }: LabelledDigits,
  logitsOf: (image: Float32Array<ArrayBuffer>) => Numbers,
): number => images.reduce((right, image, i) => right + (highest(logitsOf(image)) === labels[i] ? 1 : 0), 0);

/** The index of the highest number; of equals the first. */
export function highest(numbers: Numbers): number {
  let best = 0;
  for (let i = 1; i < numbers.length; i++) if (numbers[i] > numbers[best]) best = i;
  return best;
}
