/** ONNX operators that move elements about or say how many there are. Shapes are known, so most of these vanish. */
import { elements } from '../../tensor/type.ts';
import { reshape, transpose } from '../compose.ts';
import type { Row, Rows } from './layer.ts';

const reshapeTo: Row = (l) => {
  const x = l.operand(0);
  const asked = l.numbers(1, 'shape');
  const copied = l.int('allowzero', 0) === 0;
  const wanted = asked.map((d, axis) => (d === 0 && copied ? (x.type.shape[axis] ?? 0) : d));
  const open = wanted.filter((d) => d === -1).length;
  const rest = wanted.reduce((n, d) => (d === -1 ? n : n * d), 1);
  const count = elements(x.type.shape);
  if (open > 1 || (open === 1 && (rest === 0 || count % rest !== 0)))
    return l.fail(`cannot make [${asked.join(', ')}] of [${x.type.shape.join(', ')}]`);
  return reshape(
    l,
    x,
    wanted.map((d) => (d === -1 ? count / rest : d)),
  );
};

export const shapeRows: Rows = {
  Reshape: reshapeTo,
  Transpose: (l) => {
    const x = l.operand(0);
    return transpose(l, x, l.ints('perm', x.type.shape.map((_, i) => i).toReversed()));
  },
};
