/** Graphs, sizes and names that are not as they should be: one clear message each, that names file, layer and remedy. */
import { describe, expect, test } from 'vitest';
import { evaluate } from '../src/graph/evaluate.ts';
import { parse } from '../src/graph/parse.ts';
import { print } from '../src/graph/print.ts';
import { verify } from '../src/graph/verify.ts';
import type { ImportOptions } from '../src/import/importer.ts';
import type { Json } from './import/bad.ts';
import { changed, faults, messages, modelOf, relu } from './import/bad.ts';
import type { Files, TestModel } from './import/kit.ts';
import { filesOf, importFiles, ints, noise, shape, str, type, whole } from './import/kit.ts';

const nodeNamed = (json: Json, name: string): Json => json.modelTopology.node.find((n: Json) => n.name === name);

const plain = modelOf(relu('y', 'x'));

describe('graphs', () => {
  test('with a circle', () => {
    expect(messages(filesOf(modelOf(relu('a', 'c'), relu('b', 'a'), relu('c', 'b'))))).toEqual([
      'import/cycle c: 3 layers use each other in a circle: "c" uses "b" uses "a"',
    ]);
    expect(messages(filesOf(modelOf(relu('y', 'y'))))).toEqual(['import/cycle y: the layer uses its own result: "y"']);
  });

  test('with names twice, and with names that nothing has', () => {
    expect(messages(filesOf(modelOf(relu('y', 'x'), relu('y', 'x'))))).toEqual([
      'import/duplicate-name y: two layers have this name',
    ]);
    const [fault] = faults(filesOf(modelOf(relu('first', 'x'), relu('y', 'fist'))));
    expect([fault.message, fault.hint]).toEqual(['uses "fist", which is not in the graph', 'did you mean "first"?']);
    expect(messages(filesOf({ ...plain, outputs: ['z'] }))[0]).toBe(
      'import/missing-node -: the output "z" is not in the graph',
    );
  });

  test('that use a result which a layer does not have', () => {
    expect(messages(filesOf(modelOf(relu('a', 'x'), relu('y', 'a:1'))))).toEqual([
      'import/layer y: "Relu" uses output 1 of "a", which has 1',
    ]);
    expect(messages(filesOf({ ...plain, outputs: ['y:3'] }))).toEqual([
      'import/output -: the output "y_3" is a result that its layer does not have',
    ]);
  });

  test('deeper than the stack of the language', () => {
    const chain = Array.from({ length: 20_000 }, (_, i) => relu(`r${i}`, i === 0 ? 'x' : `r${i - 1}`));
    const { graph, diagnostics } = importFiles(filesOf(modelOf(...chain)));
    expect(diagnostics).toEqual([]);
    expect(graph?.nodes).toHaveLength(20_001);
  });

  test('with control inputs, which only order', () => {
    const { graph } = importFiles(
      filesOf(modelOf(relu('a', 'x'), { name: 'y', op: 'Relu', input: ['x', '^a', '^gone'] })),
    );
    expect(graph?.nodes.map((n) => n.origin)).toEqual(['x', 'y']);
  });

  test('whose outputs are inputs, constants, or the same', () => {
    const model: TestModel = {
      ...modelOf(relu('y', 'x'), { name: 'i', op: 'Identity', input: ['y'] }),
      outputs: ['x', 'k', 'y', 'i'],
    };
    const { graph, diagnostics } = importFiles(filesOf(model));
    expect(diagnostics).toEqual([]);
    if (!graph) throw new Error('no graph');
    verify(graph, (d) => expect(d).toBeUndefined());
    const x = noise(7, 1, 4, 4, 2).data;
    const got = evaluate(graph, { x });
    expect(got.x).toEqual(x);
    expect(got.k).toEqual(model.constants.k.data);
    expect(got.y).toEqual(got.i);
  });
});

describe('sizes', () => {
  const open = (...sizes: number[]) => changed(plain, (json) => (nodeNamed(json, 'x').attr.shape = shape(...sizes)));

  test('that are open are 1, or what the user says', () => {
    const shapeOf = (files: Files, options: ImportOptions) => importFiles(files, options).graph?.nodes[0].type.shape;
    expect(shapeOf(open(-1, 4, 4, 2), {})).toEqual([1, 4, 4, 2]);
    expect(shapeOf(open(-1, 4, 4, 2), { batch: 3 })).toEqual([3, 4, 4, 2]);
    expect(shapeOf(open(-1, -1, -1, 2), { batch: 3 })).toEqual([3, 1, 1, 2]);
    expect(shapeOf(open(-1, -1, -1, 2), { shapes: { x: [2, 8, 9, 2] } })).toEqual([2, 8, 9, 2]);
  });

  test('that are open and make shapes impossible say how to give them', () => {
    const attr = { strides: ints(1, 1, 1, 1), padding: str('VALID') };
    const model = modelOf({ name: 'y', op: 'Conv2D', input: ['x', 'k'], attr });
    const files = changed(model, (json) => (nodeNamed(json, 'x').attr.shape = shape(-1, -1, -1, 2)));
    const [fault] = faults(files);
    expect(fault.message).toMatch(/^"Conv2D" has a kernel of 3x3 taps that does not fit/);
    expect(fault.hint).toBe(
      'the model leaves sizes open, which were taken to be 1: give them with --shape x=1,64,64,2',
    );
    expect(importFiles(files, { shapes: { x: [1, 8, 8, 2] } }).diagnostics).toEqual([]);
  });

  test('that the user gives must fit', () => {
    expect(messages(open(-1, 4, 4, 2), { shapes: { x: [1, 4, 5, 2] } })).toEqual([
      'import/input-shape x: the shape 1x4x5x2 does not fit [?, 4, 4, 2]',
    ]);
    const [fault] = faults(open(-1, 4, 4, 2), { shapes: { xx: [1] } });
    expect([fault.message, fault.hint]).toEqual([
      'there is a shape for the input "xx", and the model has no such input',
      'did you mean "x"?',
    ]);
    expect(messages(open(-1, 4), { batch: 0 })).toEqual([
      'import/batch -: the batch size 0 is not a whole number above zero',
    ]);
    expect(messages(open(-1, 4), { shapes: { x: [1.5, 4] } })).toEqual([
      'import/input-shape x: an input of shape [1.5, 4] holds nothing',
    ]);
  });

  test('that are zero, or more than any memory', () => {
    expect(messages(open(1, 0, 4, 2))[0]).toBe('import/input-shape x: an input of shape [1, 0, 4, 2] holds nothing');
    expect(messages(open(1, 2 ** 20, 2 ** 20, 2))[0]).toContain('is too large');
    const big = modelOf({ name: 'y', op: 'Tile', input: ['x', 'n'] });
    expect(messages(filesOf({ ...big, constants: { n: whole([1, 2 ** 20, 2 ** 20, 1]) } }))[0]).toMatch(
      /^import\/shape y: "Tile" would give/,
    );
    const fill = modelOf({ name: 'y', op: 'Fill', input: ['n', 'v'] });
    expect(messages(filesOf({ ...fill, constants: { n: whole([2 ** 30]), v: whole([1], []) } }))[0]).toMatch(
      /^import\/layer y: "Fill" makes/,
    );
    const count = modelOf({ name: 'y', op: 'Range', input: ['n', 'v', 'd'] });
    const ends = { n: whole([0], []), v: whole([2 ** 30], []), d: whole([1], []) };
    expect(messages(filesOf({ ...count, constants: ends }))[0]).toMatch(/^import\/layer y: "Range" counts/);
  });

  test('of inputs of other types', () => {
    const files = changed(plain, (json) => (nodeNamed(json, 'x').attr.dtype = type('DT_STRING')));
    expect(messages(files)[0]).toBe(
      'import/dtype x: an input of type "DT_STRING" is not read; those of type float32, int32 and bool are',
    );
  });

  test('that are computed from the input', () => {
    const model = modelOf(
      { name: 's', op: 'Cast', input: ['x'], attr: { DstT: type('DT_INT32') } },
      { name: 'y', op: 'Reshape', input: ['x', 's'] },
    );
    expect(messages(filesOf(model))).toEqual([
      'import/layer y: "Reshape" needs to know its shape when the model is compiled, and is given one that is computed from the input "x"',
    ]);
  });
});

test('names may be anything, and ids are identifiers that text can say', () => {
  const odd = [
    'a"b',
    'a\nb',
    'a*/b',
    '/* a',
    'int',
    'ключ',
    '__proto__',
    'constructor',
    '%x',
    '\u2028',
    'a b',
    'a_b',
    '<script>',
    "');//",
    ' ',
    'x'.repeat(5000),
  ];
  const nodes = odd.map((name, i) => relu(name, i === 0 ? 'x' : odd[i - 1]));
  const { graph, diagnostics } = importFiles(filesOf(modelOf(...nodes, relu('y', odd[odd.length - 1]))));
  expect(diagnostics).toEqual([]);
  if (!graph) throw new Error('no graph');
  verify(graph, (d) => expect(d).toBeUndefined());
  for (const { id } of graph.nodes) expect(id).toMatch(/^[A-Za-z]\w{0,99}$/);
  expect(graph.nodes.map((n) => n.origin)).toEqual(['x', ...odd, 'y']);
  const { text, sidecar } = print(graph);
  expect(text.split('\n')).toHaveLength(graph.nodes.length + 3);
  expect(parse(text, sidecar)).toEqual(graph);
});
