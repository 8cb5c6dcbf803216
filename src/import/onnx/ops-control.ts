/** ONNX operators that hold values or choose among graphs. Choices are made now: nothing is decided at run time. */
import type { Value } from '../builder.ts';
import { broken } from '../builder.ts';
import type { Layer, Row, Rows } from './layer.ts';

/** A constant, in the one attribute that is there. */
const constant: Row = (l) => {
  for (const name of ['value', 'sparse_value'])
    if (l.has(name)) {
      const { value, element } = l.tensor(name);
      l.gives(element);
      return value;
    }
  if (l.has('value_float')) return l.known(Float32Array.of(l.float('value_float')), [], 'value');
  if (l.has('value_int')) return l.known(Int32Array.of(l.int('value_int')), [], 'value');
  if (l.has('value_floats')) return list(l, Float32Array.from(l.floats('value_floats')));
  if (l.has('value_ints')) return list(l, Int32Array.from(l.ints('value_ints')));
  return l.fail('holds no numbers', 'only constants of numbers are read');
};

const list = (l: Layer, data: Float32Array<ArrayBuffer> | Int32Array<ArrayBuffer>): Value =>
  l.known(data, [data.length], 'value');

/** One of two graphs, by a condition that must be known. */
const choice: Row = (l) => {
  const condition = l.operand(0);
  if (condition === broken) return broken;
  if (!condition.data)
    return l.fail(
      'decides by a value that is computed from the input',
      'fix the input that it depends on with --constant NAME=VALUE, or export the model without the choice',
    );
  const which = condition.data[0] !== 0 ? 'then_branch' : 'else_branch';
  const graph = l.graph(which);
  if (!graph) return broken;
  const results = l.body(graph, [], `${which}/`);
  for (const [i, { element }] of results.entries()) l.gives(element, i);
  return results.map(({ value }) => value);
};

export const controlRows: Rows = {
  Constant: constant,
  Identity: (l) => l.operand(0),
  If: choice,
};
