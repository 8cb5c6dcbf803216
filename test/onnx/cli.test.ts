/** ONNX models on the command line: paths, inputs fixed to values, and the comparison with ONNX Runtime. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { divergingImport } from '../../src/check/bisect.ts';
import { loadOrt } from '../../src/check/ort.ts';
import { inputShapes } from '../../src/check/peer.ts';
import type { Call, Graph } from '../../src/graph/graph.ts';
import { loadModel } from '../../src/make/load.ts';
import { writeNpy } from '../../src/make/npy.ts';
import { ensureBuilt, espalier, spawnEspalier } from '../cli-kit.ts';
import { bytesOfModel, floats, modelOf, node, port } from './kit.ts';

let root: string;
const at = (path: string): string => join(root, path);

/** y = relu(x w + b) * rate where `loud`: `rate` is an int64 of no axes, `loud` a truth value for each column. */
const small = modelOf({
  inputs: [port('x', ['batch', 3]), port('rate', [], 7), port('loud', [2], 9)],
  outputs: [port('y', ['batch', 2])],
  initializers: [floats('w', [3, 2], [1, -2, 3, 0.5, -1, 2]), floats('b', [2], [0.25, -0.5])],
  nodes: [
    node('MatMul', ['x', 'w'], ['xw']),
    node('Add', ['xw', 'b'], ['sum']),
    node('Relu', ['sum'], ['kept']),
    node('Cast', ['rate'], ['factor'], { to: 1 }),
    node('Mul', ['kept', 'factor'], ['scaled']),
    node('Cast', ['loud'], ['gain'], { to: 1 }),
    node('Mul', ['scaled', 'gain'], ['y']),
  ],
});

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'espalier-onnx-'));
  mkdirSync(at('net'));
  writeFileSync(at('net/small.onnx'), bytesOfModel(small));
  writeFileSync(at('rate.npy'), writeNpy(new Int32Array([3]), []));
  writeFileSync(at('rates.npy'), writeNpy(new Int32Array([3, 4]), [2]));
});
afterAll(() => rmSync(root, { recursive: true }));

const said = (text: string): string => text.replaceAll(root, '<root>');

describe('a path', () => {
  test('of a folder with one .onnx file', async () => {
    const { code, out } = await espalier(['inspect', at('net'), '--json']);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ model: 'small' });
  });

  test('that is misspelt', async () => {
    const { err } = await espalier(['inspect', at('net/smal.onnx')]);
    expect(said(err)).toContain('hint: did you mean "<root>/net/small.onnx"?');
  });
});

describe('--constant', () => {
  const inputs = async (...more: readonly string[]): Promise<readonly string[]> => {
    const { out, err } = await espalier(['inspect', at('net'), '--json', ...more]);
    expect(err).toBe('');
    return (JSON.parse(out) as { inputs: { name: string }[] }).inputs.map(({ name }) => name);
  };

  test('takes inputs away', async () => {
    expect(await inputs()).toEqual(['x', 'rate', 'loud']);
    expect(await inputs('--constant', 'rate=2')).toEqual(['x', 'loud']);
    expect(await inputs('--constant', `rate=${at('rate.npy')}`)).toEqual(['x', 'loud']);
    expect(await inputs('--constant', 'rate=2', '--constant', 'loud=1,0')).toEqual(['x']);
  });

  test('gives them their value', async () => {
    writeFileSync(at('x.npy'), writeNpy(new Float32Array([1, 1, 1]), [1, 3]));
    const run = ['run', at('net'), '--input', `x=${at('x.npy')}`, '--constant', 'loud=1,1', '--json', '--constant'];
    const outputOf = async (rate: string) => JSON.parse((await espalier([...run, rate])).out).outputs[0];
    // x w + b is [3.25, 0].
    expect(await outputOf('rate=-2')).toMatchObject({ min: -6.5, max: 0 });
    expect(await outputOf(`rate=${at('rate.npy')}`)).toMatchObject({ min: 0, max: 9.75 });
  });

  test('may come from the config, whose paths are relative to it', async () => {
    const config = { model: 'net/small.onnx', constants: { rate: 'rate.npy', loud: [1, 0] } };
    writeFileSync(at('espalier.config.json'), JSON.stringify(config));
    const { out } = await espalier(['inspect', '--config', at('espalier.config.json'), '--json']);
    expect((JSON.parse(out) as { inputs: unknown[] }).inputs).toHaveLength(1);
  });

  test.each([
    ['rate', 2, 'error: option "--constant <name=value>" argument "rate" is invalid [cli/usage]'],
    ['rate=loud', 2, 'error: option "--constant <name=value>" argument "rate=loud" is invalid [cli/usage]'],
    ['rate=1,', 2, 'error: option "--constant <name=value>" argument "rate=1," is invalid [cli/usage]'],
    ['rat=1', 1, '<root>/net/small.onnx: error: there is a value for the input "rat", and the model has no such input'],
    ['rate=0.5', 1, '<root>/net/small.onnx: rate: error: the value given for it holds something else than whole'],
    ['rate=none.npy', 1, 'error: the value for "rate", "none.npy", cannot be read: there is no such file'],
    ['loud=1,0,1', 1, '<root>/net/small.onnx: loud: error: the value given for it has the shape [3], which does not'],
  ])('refuses %s', async (value, exit, message) => {
    const { code, err } = await espalier(['inspect', at('net'), '--constant', value]);
    expect(said(err).slice(0, message.length)).toBe(message);
    expect(code).toBe(exit);
  });

  test('refuses files of another shape', async () => {
    const { err } = await espalier(['inspect', at('net'), '--constant', `rate=${at('rates.npy')}`]);
    expect(err).toContain('the value given for it has the shape [2], which does not fit []');
  });
});

describe('verify --against ort', () => {
  test.each([['--constant', 'rate=2'], ['--constant', `rate=3`, '--batch', '4'], []])('%s %s', async (...more) => {
    const { code, out } = await espalier([
      'verify',
      at('net'),
      '--against',
      'ort',
      '--samples',
      '3',
      '--json',
      ...more,
    ]);
    expect(JSON.parse(out)).toMatchObject({ ok: true, target: 'wasm', against: 'ort', outputs: [{ name: 'y' }] });
    expect(code).toBe(0);
  });

  test('works on the native target, and says what it did', async () => {
    const { out } = await espalier(['verify', at('net'), '--against', 'ort', '-t', 'cpu', '--constant', 'rate=2']);
    expect(said(out).split('\n')[0]).toBe(
      'equal: <root>/net on cpu against ort, one random input, error at most 0.0001',
    );
  });

  test('each peer says which models it reads', async () => {
    const { err } = await espalier(['verify', at('net'), '--against', 'tfjs', '--constant', 'rate=2']);
    expect(err).toContain(
      'error: TensorFlow.js does not read ONNX models [verify/tfjs]\n  hint: verify it with --against ort',
    );
    const { err: other } = await espalier(['verify', 'examples/blazepose-detector', '--against', 'ort']);
    expect(other).toContain('error: ONNX Runtime reads ".onnx" files only [verify/ort]');
  });

  test('says how to install it where it is missing', async () => {
    ensureBuilt();
    const resolve = `export const resolve = (name, context, next) => {
      if (name === 'onnxruntime-node') throw Object.assign(new Error(name), { code: 'ERR_MODULE_NOT_FOUND' });
      return next(name, context);
    };`;
    const hooks = `data:text/javascript,${encodeURIComponent(resolve)}`;
    const before = `import { register } from 'node:module'; register(${JSON.stringify(hooks)});`;
    const options = `--import="data:text/javascript,${encodeURIComponent(before)}"`;
    const { code, err } = await spawnEspalier(['verify', at('net'), '--against', 'ort'], {
      env: { NODE_OPTIONS: options },
    });
    expect(said(err)).toBe(
      '<root>/net/small.onnx: error: comparing with ONNX Runtime needs one more package [verify/ort]\n' +
        '  hint: npm install --save-dev onnxruntime-node@1.30.0\n',
    );
    expect(code).toBe(1);
  });
});

describe('ONNX Runtime as a peer', () => {
  const open = async (file: string, constants = {}) => {
    const fail = (d: { readonly message: string }) => expect.unreachable(d.message);
    const { graph } = loadModel(file, { constants }, fail) ?? expect.unreachable();
    return { graph, peer: (await loadOrt(file, inputShapes(graph), { constants }, fail)) ?? expect.unreachable() };
  };

  test('tells what its nodes compute, and names the layer that is read wrongly', async () => {
    const { graph, peer } = await open(at('net/small.onnx'), { rate: { data: [2] }, loud: { data: [1, 1] } });
    const inputs = { x: new Float32Array([1, 1, 1]) };
    expect(await peer.valuesOf(inputs, ['Add_sum', 'Mul_scaled', 'nothing'])).toEqual({
      Add_sum: new Float32Array([3.25, 0]),
      Mul_scaled: new Float32Array([6.5, 0]),
    });
    const misread: Graph = {
      ...graph,
      nodes: graph.nodes.map((n) =>
        n.kind === 'call' && n.origin === 'Relu_kept' ? ({ ...n, op: { kind: 'unary', fn: 'neg' } } as Call) : n,
      ),
    };
    const divergence = await divergingImport(misread, inputs, peer.valuesOf, { maxError: 1, limit: 1e-4 });
    expect(divergence).toMatchObject({ stage: 'import', layer: 'Relu_kept', op: 'unary' });
    peer.dispose();
  });

  const types: readonly (readonly [string, number])[] = [
    ['float', 1],
    ['uint8', 2],
    ['int8', 3],
    ['uint16', 4],
    ['int16', 5],
    ['int32', 6],
    ['int64', 7],
    ['bool', 9],
    ['float16', 10],
    ['double', 11],
    ['uint32', 12],
    ['uint64', 13],
  ];
  test.each(types)('takes and gives %s', async (name, type) => {
    const file = at(`${name}.onnx`);
    const model = modelOf({
      inputs: [port('x', [3], type)],
      outputs: [port('y', [3], type), port('z', [3])],
      nodes: [node('Identity', ['x'], ['y']), node('Cast', ['x'], ['z'], { to: 1 })],
    });
    writeFileSync(file, bytesOfModel(model));
    const { graph, peer } = await open(file);
    const whole = !['float', 'float16', 'double'].includes(name);
    const x = whole ? new Int32Array([0, 1, name === 'bool' ? 1 : 7]) : new Float32Array([0, -0.5, 7]);
    expect(await peer.run({ x })).toEqual({ y: x, z: Float32Array.from(x) });
    expect(graph.nodes[0].type.dtype).toBe(whole ? 'i32' : 'f32');
    if (name === 'bool') expect(peer.suit({ x: new Int32Array([4, 5, 9]) })).toEqual({ x: new Int32Array([0, 1, 1]) });
    peer.dispose();
  });

  test('a model that it cannot load is an error of one line', async () => {
    const messages: string[] = [];
    const { graph } = await open(at('net/small.onnx'));
    writeFileSync(at('broken.onnx'), new Uint8Array([1, 2, 3]));
    expect(
      await loadOrt(at('broken.onnx'), inputShapes(graph), {}, (d) => void messages.push(d.message)),
    ).toBeUndefined();
    expect(messages).toEqual([expect.stringMatching(/^ONNX Runtime cannot run the model: .*$/)]);
  });
});
