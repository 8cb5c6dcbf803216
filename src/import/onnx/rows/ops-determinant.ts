/** ONNX's Det, by Laplace's expansion: for matrices that are small. */
import type { Value } from '../../builder.ts';
import { broken } from '../../builder.ts';
import { binary, cast, reshape, slice } from '../../compose.ts';
import type { Row, Rows } from '../layer.ts';

/** The terms of the expansion double with every row. */
const largest = 6;

const determinant: Row = (l) => {
  const x = cast(l, l.operand(0), 'f32');
  if (x === broken) return broken;
  const { shape } = x.type;
  const size = shape.at(-1) ?? 0;
  const outer = shape.slice(0, -2);
  if (shape.length < 2 || shape.at(-2) !== size)
    return l.fail(`takes square matrices and is given [${shape.join(', ')}]`);
  if (size > largest || size < 1) return l.fail(`takes the determinant of ${size} rows, and 1 to ${largest} are read`);
  const element = (row: number, column: number): Value => {
    const begin = [...outer.map(() => 0), row, column];
    return reshape(l, slice(l, x, begin, [...outer, 1, 1]), outer);
  };
  const known = new Map<string, Value>();
  /** Of the last rows and these columns. */
  const minor = (columns: readonly number[]): Value => {
    const key = columns.join();
    const before = known.get(key);
    if (before) return before;
    const row = size - columns.length;
    if (columns.length === 1) return element(row, columns[0]);
    const terms = columns.map((column, i) => binary(l, 'mul', element(row, column), minor(columns.toSpliced(i, 1))));
    const total = terms.reduce((sum, term, i) => binary(l, i % 2 === 0 ? 'add' : 'sub', sum, term));
    known.set(key, total);
    return total;
  };
  return minor(Array.from({ length: size }, (_, column) => column));
};

export const determinantRows: Rows = { Det: determinant };
