/** What is computed element by element, in whichever order the operands lie. */
import type { Cast } from '../../ops/cast.ts';
import type { Binary, Unary } from '../../ops/elementwise.ts';
import type { Select } from '../../ops/select.ts';
import { elementOf } from './file.ts';
import { functions1, functions2 } from './functions.ts';
import type { Row } from './layer.ts';
import { commonOrder, held, orderOf } from './layer.ts';

export const unary: Row<Unary> = ({ fn }, l) => {
  const { write, takes, gives } = functions1[fn];
  const { dtype } = l.types.x;
  const order = orderOf(l, 'x');
  const tensor = write(l, l.view('x', order, takes ?? elementOf[dtype]), dtype);
  return { ...held(l, tensor, order), ...(gives && { element: gives }) };
};

export const binary: Row<Binary> = ({ fn }, l) => {
  const { write, takes, gives } = functions2[fn];
  const { dtype } = l.types.a;
  const order = commonOrder(l, ['a', 'b']);
  const [a, b] = ['a', 'b'].map((name) => l.aligned(name, order, takes ?? elementOf[dtype]));
  return { ...held(l, write(l, a, b, dtype), order), ...(gives && { element: gives }) };
};

export const select: Row<Select> = (_op, l) => {
  const order = commonOrder(l, ['condition', 'yes', 'no']);
  const condition = l.aligned('condition', order, 'bool');
  return held(l, l.node('Where', [condition, l.aligned('yes', order), l.aligned('no', order)]), order);
};

/** Numbers out of range, and NaN, become what the runtime makes of them. */
export const cast: Row<Cast> = (_op, l) => {
  const order = orderOf(l, 'x');
  return held(l, l.view('x', order, elementOf[l.type.dtype]), order);
};
