/** The model that takes `evaluate` longest. */
import { expect, test } from 'vitest';
import { compareReal, largest } from '../import/model.ts';

/**
 * Its detections are the hundred best of 80 heat maps after a maximum over 3 x 3 neighbours. Scores that differ by less
 * than rounding may change places there; with this input none do, and equal ones come in the order of their index on
 * both sides.
 */
test('centernet computes what TensorFlow.js computes', async () =>
  expect(largest(await compareReal('centernet'))).toBeLessThanOrEqual(1e-4));
