/** The real models: imported, verified, and run by `evaluate` against TensorFlow.js. The largest is under test/slow/. */
import { describe, expect, test } from 'vitest';
import { compareReal, importReal, largest } from './import/model.ts';
import type { ModelName } from './models.ts';
import { modelNames } from './models.ts';

/** What is left of each: its steps by operator. Shape arithmetic is gone. */
const steps: Readonly<Record<ModelName, string>> = {
  'blazepose-detector': 'binary 15, concat 3, conv2d 73, depth-to-space 3, pad 8, reshape 6, resize 2, unary 4',
  'handlandmark-full': 'binary 56, conv2d 47, linear 4, reduce 1, unary 34',
  iris: 'binary 52, concat 1, conv2d 81, pad 1, pool2d 6',
  facemesh: 'binary 48, conv2d 55, pad 3, pool2d 7, reshape 3, unary 1',
  meet: 'binary 108, concat 3, conv-transpose2d 1, conv2d 42, linear 12, pool2d 10, reshape 24, resize 3, unary 40',
  'blazeface-front': 'binary 16, conv2d 37, pad 11, pool2d 3, reshape 4, unary 16',
  antispoof: 'conv2d 3, linear 2, pool2d 3, reshape 1, unary 4',
  centernet:
    'binary 116, cast 4, concat 4, conv2d 89, gather 1, pool2d 1, reduce 9, reshape 8, resize 3, slice 4, top-k 2, unary 33',
  'nsfwjs-mobilenet_v2':
    'batch-norm 52, binary 10, conv2d 52, linear 3, pad 5, pool2d 1, reshape 1, softmax 1, unary 35',
  'upscaler-default': 'binary 3, concat 3, conv2d 12, resize 1, unary 4',
  'basic-pitch': 'binary 7, concat 13, conv2d 32, pad 31, reduce 3, reshape 79, slice 17, transpose 53, unary 16',
};

describe('imports to the steps that the model computes', () => {
  for (const name of modelNames)
    test(name, () => {
      const counts = new Map<string, number>();
      for (const node of importReal(name).nodes)
        if (node.kind === 'call') counts.set(node.op.kind, (counts.get(node.op.kind) ?? 0) + 1);
      const text = [...counts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([kind, n]) => `${kind} ${n}`);
      expect(text.join(', ')).toBe(steps[name]);
    });
});

describe('computes what TensorFlow.js computes', () => {
  for (const name of modelNames.filter((n) => n !== 'centernet'))
    test(name, async () => expect(largest(await compareReal(name))).toBeLessThanOrEqual(1e-4));
});
