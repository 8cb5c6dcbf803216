/** Attention and rotated positions, drawn, as ONNX models of one node. */
import fc from 'fast-check';
import type { Operand } from './drawn-layers.ts';
import { size, withOperands } from './drawn-layers.ts';
import type { TestModel } from './kit.ts';
import { int64s, node, real } from './kit.ts';

export const attentions: fc.Arbitrary<TestModel> = fc
  .record({
    batch: fc.integer({ min: 1, max: 2 }),
    heads: fc.integer({ min: 1, max: 2 }),
    shared: fc.integer({ min: 1, max: 2 }),
    lengths: fc.tuple(size, size, size),
    features: fc.tuple(size, size),
    flat: fc.boolean(),
    causal: fc.nat(1),
    mask: fc.constantFrom('none', 'pairs', 'all'),
    past: fc.boolean(),
    scale: fc.boolean(),
    cap: fc.boolean(),
  })
  .map(({ batch, heads, shared, lengths: [queries, drawn, before], features: [d, dv], flat, ...r }) => {
    const axes = (count: number, length: number, width: number): readonly number[] =>
      flat ? [batch, length, count * width] : [batch, count, length, width];
    const isGrown = r.past;
    // onnxruntime lets a single query see all keys, however many came with it.
    const keys = isGrown && r.causal ? queries : drawn;
    const total = keys + (isGrown ? before : 0);
    const operands: Operand[] = [
      { name: 'q', shape: axes(heads * shared, queries, d), stored: false },
      { name: 'k', shape: axes(heads, keys, d), stored: false },
      { name: 'v', shape: axes(heads, keys, dv), stored: false },
      ...(r.mask === 'none'
        ? []
        : [{ name: 'm', shape: r.mask === 'pairs' ? [queries, total] : [batch, 1, queries, total], stored: true }]),
      ...(isGrown ? [{ name: 'pk', shape: [batch, heads, before, d], stored: false }] : []),
      ...(isGrown ? [{ name: 'pv', shape: [batch, heads, before, dv], stored: false }] : []),
    ];
    const names = ['q', 'k', 'v', r.mask === 'none' ? '' : 'm', ...(isGrown ? ['pk', 'pv'] : [])];
    return withOperands(operands, 5, {
      opset: 23,
      nodes: [
        node('Attention', names, isGrown ? ['y', 'nk', 'nv'] : ['y'], {
          is_causal: r.causal,
          ...(flat && { q_num_heads: heads * shared, kv_num_heads: heads }),
          ...(r.scale && { scale: real(0.7) }),
          ...(r.cap && { softcap: real(0.5) }),
        }),
      ],
      outputs: isGrown ? ['y', 'nk', 'nv'] : ['y'],
    });
  });

export const rotations: fc.Arbitrary<TestModel> = fc
  .record({
    batch: fc.integer({ min: 1, max: 2 }),
    heads: size,
    length: size,
    half: fc.integer({ min: 1, max: 4 }),
    rest: fc.integer({ min: 0, max: 2 }),
    flat: fc.boolean(),
    interleaved: fc.nat(1),
    positions: fc.boolean(),
  })
  .map(({ batch, heads, length, half, rest, flat, interleaved, positions }) => {
    const features = 2 * (half + rest);
    const table = positions ? [9, half] : [batch, length, half];
    const operands: Operand[] = [
      { name: 'x', shape: flat ? [batch, length, heads * features] : [batch, heads, length, features], stored: false },
      { name: 'cos', shape: table, stored: true },
      { name: 'sin', shape: table, stored: true },
    ];
    const ids = Array.from({ length: batch * length }, (_, i) => (5 * i + 2) % 9);
    return withOperands(operands, 6, {
      opset: 23,
      initializers: positions ? [int64s('p', [batch, length], ids)] : [],
      nodes: [
        node('RotaryEmbedding', ['x', 'cos', 'sin', ...(positions ? ['p'] : [])], ['y'], {
          interleaved,
          ...(flat && { num_heads: heads }),
          ...(rest > 0 && { rotary_embedding_dim: 2 * half }),
        }),
      ],
      outputs: ['y'],
    });
  });
