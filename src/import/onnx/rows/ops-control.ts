/** ONNX operators that hold values or choose among graphs. Choices are made now: nothing is decided at run time. */
import type { Value } from '../../builder.ts';
import type { Bound } from '../bound.ts';
import { absent, tensorIn } from '../bound.ts';
import type { BoundRow, BoundRows, Layer, Row, Rows } from '../layer.ts';
import { loop } from './loop.ts';

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
const choice: BoundRow = (l, operands) => {
  const condition = tensorIn(l, operands, 0)?.value;
  if (!condition) return [];
  if (condition.data?.length !== 1) {
    const why = condition.data
      ? `has [${condition.type.shape.join(', ')}] conditions`
      : `decides by a value that is computed from ${l.sources(condition)}`;
    l.fail(why, 'fix that input with --constant NAME=VALUE, or export the model without the choice');
    return [];
  }
  const which = condition.data[0] !== 0 ? 'then_branch' : 'else_branch';
  const graph = l.graph(which);
  if (!graph) return [];
  return all(l, graph.output.length, l.body(graph, [], `${which}/`));
};

/** The outputs of a graph, or as many that could not be read. */
const all = (l: Layer, count: number, results: readonly Bound[]): readonly (Bound | undefined)[] =>
  results.length === count ? results : Array<undefined>(l.outputs).fill(undefined);

export const controlRows: Rows = { Constant: constant };

export const choiceRows: BoundRows = {
  Identity: (_l, [x = absent]) => [x],
  If: choice,
  Loop: loop,
};
