/** Files and operators that cannot be compiled: one clear message each, that names file, layer and remedy. */
import { describe, expect, test } from 'vitest';
import type { Json } from './import/bad.ts';
import { changed, faults, messages, modelOf, relu } from './import/bad.ts';
import type { TestNode } from './import/kit.ts';
import { bool, bytes, filesOf, importFiles, int, ints, modelJson, str, whole } from './import/kit.ts';

const nodeNamed = (json: Json, name: string): Json => json.modelTopology.node.find((n: Json) => n.name === name);

const plain = modelOf(relu('y', 'x'));

describe('files', () => {
  const read = (text: string | Uint8Array<ArrayBuffer>) =>
    messages({ 'model.json': typeof text === 'string' ? bytes(text) : text })[0];

  test('that are no JSON', () => {
    for (const text of ['', '{', 'hello', '{"a":1,}', '\u0000'])
      expect(read(text)).toMatch(/^import\/json -: is not JSON: /);
    expect(read(Uint8Array.of(0x7b, 0xff, 0xfe))).toMatch(/^import\/json -: is not JSON: /);
  });

  test('that are another JSON', () => {
    for (const text of ['null', '7', '[]', '"x"', '{}', '{"modelTopology":null}', '{"modelTopology":{}}'])
      expect(read(text)).toMatch(/^import\/json -: "[\w .]+" is not as it must be: /);
  });

  test('that are nested without end', () => {
    const deep = (n: number, open: string, close: string) => open.repeat(n) + close.repeat(n);
    expect(read(deep(100_000, '[', ']'))).toMatch(/^import\/json/);
    const attr = JSON.stringify(modelJson(plain)).replace(
      '"attr":{}',
      `"attr":{"T":{"list":${deep(20_000, '[', ']')}}}`,
    );
    expect(read(attr)).toMatch(/^import\/json y: "modelTopology\.node\[\d\]\.attr\.T\.list"/);
  });

  test('that are not there, or of no kind that is read', () => {
    expect(messages({})).toEqual(['import/missing-file -: the file is not there or cannot be read']);
    const { diagnostics } = importFiles({ 'net.tflite': bytes('?') }, {}, 'net.tflite');
    expect(diagnostics[0]).toMatchObject({ code: 'import/unknown-file', hint: expect.stringContaining('model.json') });
  });

  test('say where a field is wrong, and in which layer', () => {
    const files = changed(plain, (json) => {
      nodeNamed(json, 'y').input = 'x';
    });
    expect(messages(files)).toEqual([
      'import/json y: "modelTopology.node[3].input" is not as it must be: invalid input: expected array, received string',
    ]);
  });
});

describe('operators', () => {
  test('that are unknown are all reported at once, with the nearest that is known', () => {
    const model = modelOf(
      { name: 'a', op: 'Conv2d', input: ['x', 'k'] },
      { name: 'b', op: 'Relux', input: ['a'] },
      { name: 'c', op: 'Zorble', input: ['b'] },
    );
    const found = faults(filesOf(model));
    expect(found.map(({ code, message, origin, hint }) => [code, origin?.name, message, hint])).toEqual([
      ['import/unknown-op', 'a', 'there is no reader for the operator "Conv2d"', 'did you mean "Conv2D"?'],
      ['import/unknown-op', 'b', 'there is no reader for the operator "Relux"', 'did you mean "Relu"?'],
      ['import/unknown-op', 'c', 'there is no reader for the operator "Zorble"', expect.stringContaining('')],
    ]);
  });

  test('that cannot be compiled are refused by what they do', () => {
    const said = (op: string) => faults(filesOf(modelOf({ name: 'y', op, input: ['x'] })))[0].message;
    expect(said('Switch')).toBe('the operator "Switch" is control flow, which is decided at run time');
    expect(said('StatelessWhile')).toContain('is control flow');
    expect(said('TensorListReserve')).toContain('is control flow');
    expect(said('NonMaxSuppressionV5')).toContain('shape depends on the input’s values');
    expect(said('RandomUniform')).toContain('draws random numbers');
    expect(said('HashTableV2')).toContain('works on texts, tables or ragged values');
  });

  test('that no output needs do not matter', () => {
    const model = { ...modelOf({ name: 'z', op: 'Zorble', input: ['x'] }, relu('y', 'x')), outputs: ['y'] };
    expect(importFiles(filesOf(model)).diagnostics).toEqual([]);
  });

  test('with names that every object has', () => {
    for (const op of ['constructor', '__proto__', 'toString'])
      expect(faults(filesOf(modelOf({ name: 'y', op, input: ['x'] })))[0].code).toBe('import/unknown-op');
  });

  test('with channels first', () => {
    const conv = { strides: ints(1, 1, 1, 1), padding: str('SAME'), data_format: str('NCHW') };
    expect(messages(filesOf(modelOf({ name: 'y', op: 'Conv2D', input: ['x', 'k'], attr: conv })))).toEqual([
      'import/layer y: "Conv2D" has its channels first: data_format "NCHW"',
    ]);
  });

  test('with weights that are computed', () => {
    const conv = { strides: ints(1, 1, 1, 1), padding: str('SAME') };
    const model = modelOf(
      { name: 'k2', op: 'Pad', input: ['x', 'p'] },
      { name: 'y', op: 'Conv2D', input: ['x', 'k2'], attr: conv },
    );
    expect(messages(filesOf({ ...model, constants: { p: whole([0, 2, 0, 0, 0, 0, 0, 0], [4, 2]) } }))).toEqual([
      'import/layer y: "Conv2D" has weights that are computed from the input',
    ]);
  });

  test('whose attributes are missing or of another kind', () => {
    const said = (attr: TestNode['attr']) =>
      messages(filesOf(modelOf({ name: 'y', op: 'DepthToSpace', input: ['x'], ...(attr && { attr }) })))[0];
    expect(said({})).toBe('import/layer y: "DepthToSpace" has no whole number as attribute "block_size"');
    expect(said({ block_size: str('two') })).toBe(
      'import/layer y: "DepthToSpace" has no whole number as attribute "block_size"',
    );
    expect(said({ block_size: int(0) })).toMatch(/^import\/shape y: "DepthToSpace" /);
    expect(said({ block_size: int(3) })).toMatch(/^import\/shape y: "DepthToSpace" /);
  });

  test('of several layers that fail are reported together, each once', () => {
    const wrong = (name: string) => ({ name, op: 'DepthToSpace', input: ['x'], attr: { block_size: int(5) } });
    const model = modelOf(wrong('a'), wrong('b'), relu('c', 'a'), { name: 'y', op: 'AddN', input: ['a', 'b', 'c'] });
    expect(faults(filesOf(model)).map((d) => d.origin?.name)).toEqual(['a', 'b']);
  });
});

test('booleans in attributes are told from numbers', () => {
  const attr = { transpose_a: int(1), transpose_b: bool(false) };
  const model = { ...modelOf({ name: 'y', op: 'MatMul', input: ['x', 'k'], attr }) };
  expect(messages(filesOf(model))).toEqual(['import/layer y: "MatMul" has no truth value as attribute "transpose_a"']);
});
