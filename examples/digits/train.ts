/**
 * `npm run train:digits`: trains the network on 8000 digits, prunes it, and writes the models that README.md here describes.
 * Nothing depends on the clock or on chance: the same versions of the packages give the same bytes.
 */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as tf from '@tensorflow/tfjs-core';
import { zipSync } from 'fflate';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { writeNpy } from '../../src/make/npy.ts';
import { packageFolder } from '../../src/make/package.ts';
import { inputOf, readDigits, shuffle, side } from './data.ts';
import type { Masks, Patterns } from './masks.ts';
import { applyMasks, masksFor } from './masks.ts';
import { countRight, makeNetwork, roundWeights, saveNetwork, startBackend, stepsFor, trainEpoch } from './network.ts';

interface Lesson {
  readonly epochs: number;
  /** The learning rate at the beginning. Along half a cosine it falls to a hundredth of that. */
  readonly rate: number;
  readonly patterns: Patterns;
  /**
   * Epochs over which weights are cut, after which masks stay as they are. After a part t of them, 1 − (1 − t)³ of what is
   * to be cut is: Zhu and Gupta, "To prune, or not to prune", 2017. At 0 all is cut before the first step.
   */
  readonly cutting: number;
}

const lessons: Readonly<Record<string, Lesson>> = {
  'digits-dense': { epochs: 14, rate: 2e-3, patterns: {}, cutting: 0 },
  'digits-pruned': {
    epochs: 18,
    rate: 1e-3,
    // The first layer has few weights, on which much depends.
    patterns: {
      conv1: 'unstructured:0.5',
      conv2: 'unstructured:0.9',
      conv3: 'unstructured:0.91',
      logits: 'unstructured:0.9',
    },
    cutting: 9,
  },
  'digits-2-4': {
    epochs: 6,
    rate: 1e-3,
    patterns: { conv2: 'nm:2:4', conv3: 'nm:2:4', logits: 'nm:2:4' },
    cutting: 0,
  },
};

/** Steps between two choices of what is cut. */
const every = 25;

const since = performance.now();
const say = (text: string): void =>
  console.log(`${((performance.now() - since) / 1000).toFixed(0).padStart(4)} s  ${text}`);

const folder = fileURLToPath(new URL('examples/digits/', packageFolder()));
const { training, test } = readDigits();
const generator = xoroshiro128plus(1);
await startBackend();
const model = makeNetwork();
const steps = stepsFor(training.count);

let dense: tf.Tensor[] | undefined;
for (const [name, lesson] of Object.entries(lessons)) {
  if (dense) model.setWeights(dense);
  learn(name, lesson);
  dense ??= model.getWeights().map((w) => w.clone());
  roundWeights(model);
  saveNetwork(model, folder + name);
  const right = countRight(model, test);
  say(`${name}: ${right} of ${test.count} right, ${((100 * right) / test.count).toFixed(2)} %`);
}

// The earliest time that a zip file can hold.
const calibration = zipSync(
  { 'image.npy': writeNpy(inputOf(training, 0, 64), [64, side, side, 1]) },
  { level: 9, mtime: new Date(1980, 0, 1) },
);
writeFileSync(`${folder}calibration.npz`, calibration);

function learn(name: string, { epochs, rate, patterns, cutting }: Lesson): void {
  const adam = tf.train.adam(rate);
  let masks: Masks = new Map();
  const cut = (part: number): void => {
    tf.dispose([...masks.values()]);
    masks = masksFor(model, patterns, 1 - (1 - part) ** 3);
    applyMasks(model, masks);
  };
  if (cutting === 0) cut(1);
  for (let epoch = 0; epoch < epochs; epoch++) {
    const loss = trainEpoch(model, adam, {
      digits: training,
      ...orderAndMoves(),
      rate: (step) => rate * (0.505 + 0.495 * Math.cos((Math.PI * (epoch * steps + step)) / (epochs * steps))),
      after: (step) => {
        const done = epoch * steps + step + 1;
        if (done % every === 0 && done <= cutting * steps) cut(done / (cutting * steps));
        else applyMasks(model, masks);
      },
    });
    say(`${name}, epoch ${epoch + 1} of ${epochs}: loss ${loss.toFixed(4)}`);
  }
  adam.dispose();
  tf.dispose([...masks.values()]);
}

function orderAndMoves(): { readonly order: Uint32Array; readonly moves: Int8Array } {
  const order = Uint32Array.from({ length: training.count }, (_, i) => i);
  shuffle(order, generator);
  return { order, moves: Int8Array.from({ length: 2 * training.count }, () => uniformInt(generator, -2, 2)) };
}
