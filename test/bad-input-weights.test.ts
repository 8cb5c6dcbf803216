/** Weights that are not what `model.json` says: one clear message each, that names file, weight and remedy. */
import { describe, expect, test } from 'vitest';
import { pathFault } from '../src/import/shards.ts';
import type { Json } from './import/bad.ts';
import { changed as changedModel, faults, messages } from './import/bad.ts';
import type { Files, TestModel } from './import/kit.ts';
import { filesOf, importFiles, denseLayer as model, noise, weightBytes } from './import/kit.ts';

const changed = (change: (json: Json) => void, files: Files = filesOf(model)): Files =>
  changedModel(model, change, files);

const weight = (json: Json, i = 0): Json => json.weightsManifest[0].weights[i];

describe('shards', () => {
  test('that are truncated', () => {
    const files = { ...filesOf(model), 'weights.bin': weightBytes(model.constants).slice(0, 50) };
    expect(messages(files)).toEqual([
      'import/shard-size b: a weight of shape [3] ends beyond its shards: "weights.bin" has 50 bytes, and 60 are needed',
    ]);
  });

  test('that are too long', () => {
    const files = { ...filesOf(model), 'weights.bin': new Uint8Array(64) };
    expect(messages(files)).toEqual(['import/shard-size -: "weights.bin" has 64 bytes, and the weights in it take 60']);
  });

  test('that are missing', () => {
    const { 'weights.bin': _, ...files } = filesOf(model);
    expect(messages(files)).toEqual(['import/shard-missing -: the shard "weights.bin" is not there or cannot be read']);
  });

  test('that are several are one after another', () => {
    const all = weightBytes(model.constants);
    const files = changed((json) => {
      json.weightsManifest[0].paths = ['a.bin', 'sub/b.bin'];
    });
    const { graph, diagnostics } = importFiles({ ...files, 'a.bin': all.slice(0, 13), 'sub/b.bin': all.slice(13) });
    expect(diagnostics).toEqual([]);
    const [w] = graph?.nodes.filter((n) => n.origin === 'w') ?? [];
    expect(w).toMatchObject({ kind: 'constant', type: { shape: [3, 4] } });
  });

  const paths: Readonly<Record<string, string>> = {
    '/etc/passwd': 'is absolute',
    '../secret.bin': 'leaves the folder of the model',
    'a/../../secret.bin': 'leaves the folder of the model',
    'https://example.com/w.bin': 'is a URL or has a drive letter',
    'file:///etc/passwd': 'is a URL or has a drive letter',
    'C:secret.bin': 'is a URL or has a drive letter',
    '\\\\server\\share': 'holds a backslash',
    '..\\secret.bin': 'holds a backslash',
    'a\0.bin': 'holds a control character',
    'a\nb.bin': 'holds a control character',
    '': 'is empty',
  };
  for (const [path, fault] of Object.entries(paths))
    test(`never leave the folder: ${JSON.stringify(path)}`, () => {
      const files = changed((json) => {
        json.weightsManifest[0].paths = [path];
      });
      const asked: string[] = [];
      const spy = new Proxy(files, {
        getOwnPropertyDescriptor(target, key) {
          asked.push(String(key));
          return Reflect.getOwnPropertyDescriptor(target, key);
        },
      });
      expect(messages(spy)).toEqual([`import/shard-path -: the path of the shard "${path}" ${fault}`]);
      expect(new Set(asked)).toEqual(new Set(['model.json']));
    });

  test('in folders below are fine', () => {
    for (const path of ['w.bin', 'a/b.bin', './w.bin', 'a..b', '..a/b', 'шард.bin'])
      expect(pathFault(path)).toBeUndefined();
  });
});

describe('the manifest', () => {
  test('of a type that is not read', () => {
    const files = changed((json) => {
      weight(json).dtype = 'string';
      weight(json, 1).dtype = 'complex64';
    });
    expect(messages(files)).toEqual([
      'import/dtype w: weights of type "string" are not read; those of type float32, int32, bool are',
      'import/dtype b: weights of type "complex64" are not read; those of type float32, int32, bool are',
    ]);
  });

  test('of another type than the topology', () => {
    const files = changed((json) => {
      weight(json, 1).dtype = 'int32';
    });
    expect(messages(files)).toEqual([
      'import/layer b: "Const" has the type float32 in the topology and int32 in the manifest',
    ]);
  });

  test('of another shape than the topology', () => {
    const files = changed((json) => {
      weight(json).shape = [3, 4];
    });
    expect(messages(files)).toEqual([
      'import/layer w: "Const" has the shape [4, 3] in the topology and [3, 4] in the manifest',
    ]);
  });

  test('with sizes that no file can have', () => {
    for (const shape of [
      [65536, 65536, 65536],
      [2 ** 52, 2],
      [2 ** 31, 4],
    ]) {
      const files = changed((json) => {
        weight(json).shape = shape;
      });
      expect(messages(files)[0]).toContain(
        `import/shard-size w: a weight of shape [${shape.join(', ')}] ends beyond its shards`,
      );
    }
  });

  test('with sizes that are no sizes', () => {
    for (const shape of [[-1, 3], [1.5], ['4'], null, 'x', [[4]]]) {
      const [fault] = faults(
        changed((json) => {
          weight(json).shape = shape;
        }),
      );
      expect(fault.message).toMatch(/^"weightsManifest\[0\]\.weights\[0\]\.shape(\[\d\])?" is not as it must be: /);
      expect(fault.origin?.name).toBe('w');
    }
  });

  test('with a weight that is missing, or that two have', () => {
    expect(
      messages(
        changed((json) => json.weightsManifest[0].weights.pop(), {
          ...filesOf(model),
          'weights.bin': weightBytes({ w: noise(2, 4, 3) }),
        }),
      ),
    ).toEqual(['import/layer b: "Const" has no values: "weightsManifest" does not list it']);
    expect(
      messages(
        changed((json) => {
          weight(json, 1).name = 'w';
        }),
      ),
    ).toEqual(['import/duplicate-name w: two weights have this name']);
  });

  test('with a quantization that is not known or not complete', () => {
    for (const quantization of [{ dtype: 'uint4' }, { dtype: 'uint8' }, { dtype: 'uint8', scale: 1 }, {}, 7]) {
      const files = changed((json) => {
        weight(json).quantization = quantization;
      });
      expect(messages(files)[0]).toMatch(/^import\/json w: "weightsManifest\[0\]\.weights\[0\]\.quantization/);
    }
    const files = changed((json) => {
      Object.assign(weight(json), { dtype: 'bool', quantization: { dtype: 'float16' } });
    });
    expect(messages(files)).toEqual(['import/dtype w: weights of type "bool" cannot be stored as "float16"']);
  });

  test('with names that every object has', () => {
    for (const name of ['__proto__', 'constructor', 'toString', 'hasOwnProperty']) {
      const odd: TestModel = {
        ...model,
        constants: Object.fromEntries([
          [name, model.constants.w],
          ['b', model.constants.b],
        ]),
        nodes: [{ name: 'product', op: 'MatMul', input: ['x', name], attr: {} }, model.nodes[1]],
      };
      const { graph, diagnostics } = importFiles(filesOf(odd));
      expect(diagnostics).toEqual([]);
      expect(graph?.nodes.some((n) => n.kind === 'constant' && n.origin === name)).toBe(true);
    }
  });
});
