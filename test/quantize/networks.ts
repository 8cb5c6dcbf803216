/** Networks to quantise: small, random, and with every kind of layer that has a form in whole numbers. */
import type { Graph, Id } from '../../src/graph/graph.ts';
import type { Op } from '../../src/ops/index.ts';
import { conv, pool, resize } from '../ops/makers.ts';
import { builder } from '../passes/builder.ts';

type Conv = Parameters<typeof conv>[0];

export function network(): Graph {
  const made = builder();
  let state = 12345;
  /** Sums of four: most are small, some large, as weights are. */
  const normal = (): number => {
    let sum = -2;
    for (let i = 0; i < 4; i++) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      sum += state / 2 ** 32;
    }
    return sum;
  };
  const constant = (shape: readonly number[], spread: number): Id => made.constant(shape, () => spread * normal());
  const layer = (x: Id, o: number, size: number, more: Conv = {}, extra: readonly Id[] = []): Id => {
    const c = made.shape(x)[3] / (more?.groups ?? 1);
    const weights = constant([o, size, size, c], 2 / Math.sqrt(size * size * c));
    return made.call(conv({ pad: Array(4).fill(size >> 1), ...more }), [x, weights, constant([o], 0.3), ...extra]);
  };
  const call = (op: Op, ...inputs: readonly Id[]): Id => made.call(op, inputs);

  const x = made.input('x', [1, 12, 12, 3]);
  const first = layer(x, 8, 3, { activation: 'relu' });
  const strided = layer(first, 8, 3, { stride: [2, 2], activation: 'relu6' });
  const depthwise = layer(strided, 8, 3, { groups: 8, activation: 'swish' });
  const residual = layer(depthwise, 8, 1, { residual: true, activation: 'relu' }, [strided]);
  const dilated = layer(residual, 8, 3, { dilation: [2, 2], pad: [2, 2, 2, 2] });
  const sloped = call({ kind: 'binary', fn: 'prelu' }, dilated, constant([8], 0.5));
  const small = call(pool({ stride: [2, 2] }), sloped);
  const large = call(resize({ method: 'nearest', size: [6, 6] }), small);
  const averaged = call(pool({ fn: 'avg', window: [3, 3], pad: [1, 1, 1, 1], countPad: true }), residual);
  const between = call(resize({ method: 'bilinear', size: [6, 6], coordinates: 'half-pixel' }), small);
  const joined = call(
    { kind: 'concat', axis: 3, count: 2 },
    call({ kind: 'binary', fn: 'add' }, large, between),
    averaged,
  );
  const mean = call({ kind: 'reduce', fn: 'mean', axes: [1, 2], keep: true }, joined);
  const gate = layer(layer(mean, 4, 1, { activation: 'relu' }), 16, 1, { activation: 'sigmoid' });
  const gated = call({ kind: 'binary', fn: 'mul' }, joined, gate);
  const shifted = call({ kind: 'binary', fn: 'sub' }, gated, constant([16], 0.2));
  const last = layer(shifted, 6, 3, { stride: [3, 3], pad: [0, 1, 1, 0], activation: 'hard-swish' });
  const flat = call({ kind: 'reshape', shape: [1, 24] }, last);
  const scores = made.call({ kind: 'linear', activation: 'none' }, [flat, constant([5, 24], 0.4), constant([5], 0.3)]);
  return made.graph([call({ kind: 'softmax', axis: 1 }, scores), joined]);
}
