/** What works on sequences: layer normalisation, which ONNX has, and attention, which is spelled out. */
import type { Attention } from '../../ops/attention.ts';
import type { LayerNorm } from '../../ops/layer-norm.ts';
import type { Tensor } from './file.ts';
import { float, int, ints } from './file.ts';
import type { Row } from './layer.ts';
import { held, number } from './layer.ts';

export const layerNorm: Row<LayerNorm> = ({ epsilon }, l) => {
  const operands = ['x', 'scale', 'offset'].map((name) => l.view(name));
  return held(l, l.node('LayerNormalization', operands, { axis: int(-1), epsilon: float(epsilon) }));
};

/** ONNX has an operator of its own for it from set 23 on, which few runtimes know. */
export const attention: Row<Attention> = ({ heads, scale, masked }, l) => {
  const byHeads = (operand: string, order: readonly number[]): Tensor => {
    const [n, length, channels] = l.types[operand].shape;
    const parts = l.shaped(operand, [n, length, heads, channels / heads]);
    return l.node('Transpose', [parts], { perm: ints(order) });
  };
  const products = l.node('MatMul', [byHeads('q', [0, 2, 1, 3]), byHeads('k', [0, 2, 3, 1])]);
  const scaled = scale === 1 ? products : l.node('Mul', [products, number(l, scale)]);
  const scores = masked ? l.node('Add', [scaled, l.view('mask')]) : scaled;
  const shares = l.node('Softmax', [scores], { axis: int(-1) });
  const mixed = l.node('MatMul', [shares, byHeads('v', [0, 2, 1, 3])]);
  return held(l, l.reshape(l.node('Transpose', [mixed], { perm: ints([0, 2, 1, 3]) }), l.type.shape));
};
