/** The meaning of a graph, its weights as matrices, and inputs made up for it. */
import { expect, test } from 'vitest';
import { evaluate } from '../src/graph/evaluate.ts';
import { parse } from '../src/graph/parse.ts';
import { randomInputs } from '../src/graph/samples.ts';
import { weightsOf } from '../src/graph/weights.ts';

const graph = parse(`graph g of "model.json"
  %x = input "x" : f32[2x3]
  %flag = input "flag" : i32[2x1]
  %w = constant [1 0 2 0 3 0] mask [1 1 1 0 1 0] : f32[2x3]
  %b = constant [10 20] : f32[2]
  %l = linear(%x, %w, %b) activation=relu : f32[2x2]
  %n = unary(%l) fn=neg : f32[2x2]
  %y = select(%flag, %l, %n) : f32[2x2]
return "y"=%y, "layer"=%l, "same"=%x, "constant"=%b`);

const inputs = { x: Float32Array.of(1, 2, 3, -100, 0, 0), flag: Int32Array.of(0, 1) };

test('every output is computed, by name', () => {
  expect(evaluate(graph, inputs)).toEqual({
    y: Float32Array.of(-17, -26, 0, 20),
    layer: Float32Array.of(17, 26, 0, 20),
    same: inputs.x,
    constant: Float32Array.of(10, 20),
  });
});

test('every value is shown as it is computed', () => {
  const seen: string[] = [];
  evaluate(graph, inputs, { watch: (node, data) => seen.push(`${node.id}:${data.length}`) });
  expect(seen).toEqual(['x:6', 'flag:2', 'w:6', 'b:2', 'l:4', 'n:4', 'y:4']);
});

test('an input without a value is a bug', () => {
  expect(() => evaluate(graph, { x: inputs.x })).toThrow('no value for input "flag"');
});

test('weights are seen as a matrix, with their mask', () => {
  const [[id, { call, constant, matrix }], ...others] = weightsOf(graph);
  expect(others).toEqual([]);
  expect([id, call.id, constant.id]).toEqual(['l', 'l', 'w']);
  expect(matrix).toEqual({
    rows: 2,
    columns: 3,
    run: 3,
    data: Float32Array.of(1, 0, 2, 0, 3, 0),
    mask: Uint8Array.of(1, 1, 1, 0, 1, 0),
  });
});

test('random inputs depend on the seed alone, and have every input', () => {
  const [one, same, other] = [randomInputs(graph, 1), randomInputs(graph, 1), randomInputs(graph, 2)];
  expect(one).toEqual(same);
  expect(one).not.toEqual(other);
  expect(Object.keys(one)).toEqual(['x', 'flag']);
  expect(one.flag).toBeInstanceOf(Int32Array);
  expect(one.x.every((v) => v >= -1 && v < 1)).toBe(true);
});
