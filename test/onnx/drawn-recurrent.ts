/** Recurrent layers, drawn, as ONNX models of one node. */
import fc from 'fast-check';
import type { Operand } from './drawn-layers.ts';
import { size, withOperands } from './drawn-layers.ts';
import { noise } from './drawn-windows.ts';
import type { Attribute, Message, TestModel } from './kit.ts';
import { node, real, reals } from './kit.ts';

const bounded = ['Tanh', 'Sigmoid', 'ScaledTanh', 'HardSigmoid', 'Softsign'] as const;
const unbounded = ['Relu', 'Affine', 'LeakyRelu', 'ThresholdedRelu', 'Elu', 'Softplus'] as const;

const recurrence = fc.record({
  steps: size,
  batch: fc.integer({ min: 1, max: 3 }),
  features: size,
  hidden: size,
  direction: fc.constantFrom('forward', 'reverse', 'bidirectional'),
  bias: fc.boolean(),
  initial: fc.boolean(),
  lengths: fc.boolean(),
  peepholes: fc.boolean(),
  clip: fc.boolean(),
  coupled: fc.nat(1),
  before: fc.nat(1),
  stored: fc.boolean(),
  functions: fc.array(fc.constantFrom(...bounded, ...unbounded), { minLength: 6, maxLength: 6 }),
  gate: fc.constantFrom(...bounded),
  named: fc.boolean(),
  seed: fc.nat(),
});

const kinds = { LSTM: [4, 3], GRU: [3, 2], RNN: [1, 1] } as const;

export const recurrences: fc.Arbitrary<TestModel> = fc
  .tuple(fc.constantFrom('LSTM', 'GRU', 'RNN'), recurrence)
  .map(([operator, r]) => {
    const [gates, functions] = kinds[operator];
    const directions = r.direction === 'bidirectional' ? 2 : 1;
    const rows = gates * r.hidden;
    const state = [directions, r.batch, r.hidden];
    const isLstm = operator === 'LSTM';
    const lengths = noise(r.seed, r.batch).map((v) => 1 + Math.floor(Math.abs(v) * r.steps));
    const operands: Operand[] = [
      { name: 'x', shape: [r.steps, r.batch, r.features], stored: false },
      { name: 'w', shape: [directions, rows, r.features], stored: r.stored },
      { name: 'r', shape: [directions, rows, r.hidden], stored: r.stored },
      ...(r.bias ? [{ name: 'b', shape: [directions, 2 * rows], stored: true }] : []),
      ...(r.initial ? [{ name: 'h', shape: state, stored: false }] : []),
      ...(r.initial && isLstm ? [{ name: 'c', shape: state, stored: false }] : []),
      ...(r.peepholes && isLstm ? [{ name: 'p', shape: [directions, 3 * r.hidden], stored: true }] : []),
    ];
    const has = (name: string): string => (operands.some((o) => o.name === name) ? name : '');
    const names = ['x', 'w', 'r', has('b'), r.lengths ? 'n' : '', has('h'), ...(isLstm ? [has('c'), has('p')] : [])];
    // Gates that grow without end make numbers of which nothing is left.
    const given = r.functions
      .slice(0, functions * directions)
      .map((fn, i) => (functions > 1 && i % functions === 0 ? r.gate : fn));
    const params = noise(r.seed + 9, given.length).map((v) => 0.5 + 0.3 * v);
    const attributes: Record<string, Attribute> = {
      hidden_size: r.hidden,
      direction: r.direction,
      ...(r.clip && { clip: real(0.4) }),
      ...(isLstm && { input_forget: r.coupled }),
      ...(operator === 'GRU' && { linear_before_reset: r.before }),
      ...(r.named && {
        activations: texts(given),
        activation_alpha: reals(...params),
        activation_beta: reals(...params.map((v) => v / 2)),
      }),
    };
    return withOperands(operands, r.seed, {
      opset: 14,
      initializers: r.lengths
        ? [{ name: 'n', dims: [r.batch], dataType: 6, rawData: new Uint8Array(Int32Array.from(lengths).buffer) }]
        : [],
      nodes: [node(operator, names, isLstm ? ['y', 'yh', 'yc'] : ['y', 'yh'], attributes)],
      outputs: isLstm ? ['y', 'yh', 'yc'] : ['y', 'yh'],
    });
  });

const texts = (strings: readonly string[]): Message => ({ type: 8, strings: strings.map((s) => Buffer.from(s)) });
