/** `espalier quantize` and `--quantize`: what is said of each layer, files that others read, and what is said of mistakes. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encode } from 'fast-png';
import { zipSync } from 'fflate';
import { dump } from 'npyjs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { evaluate } from '../src/graph/evaluate.ts';
import { importModel } from '../src/index.ts';
import { loadModel } from '../src/make/load.ts';
import type { Quality } from '../src/quantize/quantize.ts';
import { espalier } from './cli-kit.ts';
import { runOnnx, runtime } from './export/runtime.ts';

let root: string;
const at = (...parts: readonly string[]): string => join(root, ...parts);

/** A convolution, a table, a mean, and what has no form in whole numbers. */
const model = `graph net of "net.onnx"
  %x = input "x" : f32[1x4x4x1]
  %w = constant [0.5 -1 0 0.25] : f32[2x1x2x1]
  %b = constant [0.1 -0.2] : f32[2]
  %c = conv2d(%x, %w, %b) stride=[1 1] dilation=[1 1] pad=[0 0 0 0] groups=1 activation=sigmoid : f32[1x4x3x2] from "net/conv"
  %m = reduce(%c) fn=mean axes=[1 2] keep=false : f32[1x2] from "net/mean"
  %s = layer-norm(%m, %b, %b) epsilon=0.01 : f32[1x2] from "net/norm"
return "y"=%s`;

const two = model
  .replace('return', '  %z = input "z" : f32[2]\n  %t = binary(%s, %z) fn=add : f32[1x2] from "net/add"\nreturn')
  .replace('"y"=%s', '"y"=%t');

const wave = (count: number): Float32Array<ArrayBuffer> => Float32Array.from({ length: count }, (_, i) => Math.sin(i));

type Arrays = Readonly<Record<string, readonly [data: Parameters<typeof dump>[0], shape: number[]]>>;

function npz(name: string, arrays: Arrays): string {
  const files = Object.entries(arrays).map(([key, [data, shape]]) => [`${key}.npy`, new Uint8Array(dump(data, shape))]);
  writeFileSync(at(name), zipSync(Object.fromEntries(files)));
  return at(name);
}

function written(name: string, text: string): string {
  writeFileSync(at(name), text);
  return at(name);
}

let net: string;
let good: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'espalier-quantize-'));
  net = at('net.graph');
  writeFileSync(net, model);
  writeFileSync(at('two.graph'), two);
  good = npz('good.npz', { x: [wave(5 * 16), [5, 4, 4, 1]] });
});
afterAll(() => rmSync(root, { recursive: true }));

describe('quantize', () => {
  test('says what each layer and output loses, and what stays real', async () => {
    const { code, out, err } = await espalier(['quantize', net, '--calibrate', good]);
    expect([code, err]).toEqual([0, '']);
    expect(out.split('\n').map((line) => line.replace(/[\d.]+ (?=dB|%)/g, 'N '))).toEqual([
      'layer     op       weights   result  saturated     sums',
      'net/conv  conv2d   N dB  N dB          0  16 bits',
      'net/conv  sigmoid           N dB          0',
      'net/mean  reduce            N dB          0',
      '',
      'in real numbers',
      'op          calls',
      'layer-norm      1  has no form in whole numbers: "net/norm"',
      '',
      'output y: N dB against real numbers, largest error N % of the largest number, 5 samples',
      '',
    ]);
  });

  test('as JSON, with the graph as text and as ONNX', async () => {
    for (const name of ['out.graph', 'out.onnx']) {
      const argv = ['quantize', net, '--calibrate', good, '-o', at(name), '--json'];
      const { code, out, err } = await espalier(argv);
      expect([code, err]).toEqual([0, '']);
      const told = JSON.parse(out) as Quality & { readonly files: readonly { readonly path: string }[] };
      expect(told.files[0].path).toBe(at(name));
      expect(told.layers.map(({ name: layer, op, bits }) => [layer, op, bits])).toEqual([
        ['net/conv', 'conv2d', 16],
        ['net/conv', 'sigmoid', null],
        ['net/mean', 'reduce', null],
      ]);
      expect(told.real).toEqual([{ name: 'net/norm', op: 'layer-norm', reason: 'has no form in whole numbers' }]);
      expect(told.samples).toBe(5);
      for (const { sqnr, saturated } of told.layers) expect([(sqnr ?? 0) > 30, saturated]).toEqual([true, 0]);
      expect(told.outputs.map(({ name: output, sqnr }) => [output, (sqnr ?? 0) > 30])).toEqual([['y', true]]);
    }
    const graph = loadModel(at('out.graph'), {}, () => {})?.graph ?? expect.unreachable();
    const inputs = { x: wave(16) };
    const want = evaluate(graph, inputs);
    const again = loadModel(at('out.onnx'), { quantize: 'qdq' }, () => {})?.graph ?? expect.unreachable();
    expect(evaluate(again, inputs)).toEqual(want);
    if (runtime)
      expect(Array.from((await runOnnx(readFileSync(at('out.onnx')), graph, inputs)).y)).toEqual(
        Array.from(want.y, (v) => expect.closeTo(v, 2)),
      );
    // Whole numbers as operators of whole numbers: from the graph, which says nothing of real ones.
    expect((await espalier(['export', at('out.graph'), '-o', at('wholes.onnx')])).code).toBe(0);
    const wholes = await importModel(at('wholes.onnx'));
    expect(wholes.ok && evaluate(wholes.graph, inputs)).toEqual(want);
  });

  test('values of a codebook alone are real numbers in ONNX, which is said', async () => {
    const argv = ['quantize', net, '--quantize', 'weights=codebook:4', '-o', at('codes.onnx')];
    const { code, err } = await espalier(argv);
    expect([code, err]).toEqual([
      0,
      `${at('codes.onnx')}: note: weights of a codebook are written as real numbers: they are no steps of a scale [export/real-weights]\n  hint: weights=int8, int4 and po2 are written as bytes, and so are codebooks with activations=int8\n`,
    ]);
  });

  test('a file that is there is not replaced without --force', async () => {
    writeFileSync(at('there.graph'), '');
    const argv = ['quantize', net, '--calibrate', good, '-o', at('there.graph')];
    expect((await espalier(argv)).err).toContain('error: the output exists [output/exists]');
    expect((await espalier([...argv, '--force'])).code).toBe(0);
  });

  test('weights alone need no calibration', async () => {
    const { code, out } = await espalier(['quantize', net, '--quantize', 'weights=int4', '--json']);
    expect(code).toBe(0);
    const { layers, outputs } = JSON.parse(out) as Quality;
    expect(layers).toMatchObject([{ name: 'net/conv', sqnr: null, saturated: null, bits: null }]);
    expect(layers[0].weightSqnr).toBeGreaterThan(10);
    expect(outputs).toEqual([]);
  });

  test('saturation is said with numbers and a remedy', async () => {
    const how = 'weights=int8,activations=int8,ranges=percentile:50';
    const { code, err } = await espalier(['quantize', net, '--quantize', how, '--calibrate', good]);
    expect(code).toBe(0);
    expect(err).toMatch(
      /net\.onnx: net\/conv: warning: \d\d\.\d % of its results in calibration are beyond [\d.]+, and saturate \[quantize\/saturation\]\n {2}hint: ranges=minmax keeps them, at larger steps; or calibrate with inputs more like those in use/,
    );
  });
});

describe('other commands', () => {
  const how = ['--quantize', 'weights=int8,activations=int8', '--calibrate'];

  test('build ends with what was lost, and its JSON has it all', async () => {
    const argv = ['build', net, '-o', at('built'), '--source-only', ...how, good];
    const { code, out } = await espalier(argv);
    expect(code).toBe(0);
    expect(out).toContain('quantised 3 steps; the least of a layer is');
    expect(out).toContain('1 in real numbers, layer-norm: espalier quantize says why');
    const { out: json } = await espalier([...argv, '--json']);
    expect((JSON.parse(json) as { readonly quantization: Quality }).quantization.layers.length).toBe(3);
  });

  test('verify compares with the quantised graph, and with nothing else', async () => {
    expect((await espalier(['verify', net, ...how, good])).out).toContain('equal: ');
    const { code, err } = await espalier(['verify', net, '--against', 'ort', ...how, good]);
    expect(code).toBe(1);
    expect(err).toContain(
      'error: ONNX Runtime would run the model as it was before it was quantised [verify/quantised]\n  hint: leave out --against',
    );
  });

  test('a config file says the same', async () => {
    writeFileSync(
      at('espalier.config.json'),
      JSON.stringify({ quantize: 'weights=int8,activations=int8', calibrate: 'good.npz', samples: undefined }),
    );
    const { code, out } = await espalier(['quantize', net, '--config', at('espalier.config.json'), '--json']);
    expect([code, (JSON.parse(out) as Quality).samples]).toEqual([0, 5]);
  });
});

describe('calibration data', () => {
  const load = (calibrate: string, file = net, range?: string) => {
    const said: string[] = [];
    const loaded = loadModel(
      file,
      { quantize: 'weights=int8,activations=int8', calibrate, ...(range && { calibrateRange: range }) },
      ({ message, hint, code, origin }) => said.push(`${origin?.file.replace(root, '')}: ${message} [${code}] ${hint}`),
    );
    return { loaded, said };
  };

  test('from folders: arrays, files of arrays, pictures', () => {
    for (const name of ['arrays', 'pictures', 'mixed']) mkdirSync(at(name));
    writeFileSync(at('arrays', 'a.npy'), new Uint8Array(dump(wave(48), [3, 4, 4])));
    writeFileSync(at('arrays', 'b.npy'), new Uint8Array(dump(wave(16), [4, 4, 1])));
    const grey = { width: 4, height: 4, channels: 1, depth: 8 } as const;
    writeFileSync(at('pictures', '1.png'), encode({ ...grey, data: new Uint8Array(16).fill(255) }));
    npz('mixed/1.npz', { x: [wave(32), [2, 4, 4, 1]], z: [wave(4), [2, 2]] });
    npz('mixed/2.npz', { x: [wave(16), [1, 4, 4, 1]], z: [wave(2), [2]] });
    const samplesOf = (...given: Parameters<typeof load>) => load(...given).loaded?.quality?.samples;
    expect(samplesOf(at('arrays'))).toBe(4);
    expect(samplesOf(at('mixed'), at('two.graph'))).toBe(3);
    expect(samplesOf('random:3')).toBe(16);
    // White is what --calibrate-range says it is, and the input's scale is made for that.
    const { loaded } = load(at('pictures'), net, '-1..2');
    const scale = loaded?.graph.nodes.find((n) => n.kind === 'call' && n.op.kind === 'quantize')?.type.quantity?.scale;
    expect(scale?.[0]).toBeCloseTo(2 / 127, 6);
  });

  test.each<[string, () => string, string]>([
    ['no file', () => at('nowhere'), '/nowhere: there is no such file or folder'],
    ['another kind of file', () => net, '/net.graph: calibration data is not read from ".graph" files'],
    ['no archive', () => written('bad.npz', 'no'), '/bad.npz: it is no .npz file that can be read'],
    [
      'another shape',
      () => npz('shape.npz', { x: [wave(45), [5, 3, 3, 1]] }),
      '/shape.npz: the array "x" has shape [5, 3, 3, 1], and the input "x" takes f32 [1, 4, 4, 1]',
    ],
    [
      'bytes for real numbers',
      () => npz('dtype.npz', { x: [new Uint8Array(16), [1, 4, 4, 1]] }),
      '/dtype.npz: the array "x" holds u1, and the input "x" takes f32 [1, 4, 4, 1]',
    ],
    ['nothing', () => npz('empty.npz', { x: [wave(0), [0, 4, 4, 1]] }), '/empty.npz: the array "x" holds no sample'],
    ['no arrays', () => npz('none.npz', {}), '/none.npz: it has no array for the input "x"'],
    [
      'an empty folder',
      () => mkdirSync(at('empty'), { recursive: true }) ?? at('empty'),
      '/empty: the folder holds no .npy, .npz or .png file',
    ],
  ])('%s', (_name, path, message) => {
    const { loaded, said } = load(path());
    expect(loaded).toBeUndefined();
    expect(said.length).toBe(1);
    expect(said[0]).toContain(`${message} [quantize/calibration] `);
  });

  test('the names of several inputs, and as many samples of each', () => {
    const file = at('two.graph');
    expect(load(npz('one.npz', { x: [wave(16), [1, 4, 4, 1]] }), file).said).toEqual([
      '/one.npz: it has no array for the input "z" [quantize/calibration] its arrays are "x"',
    ]);
    const uneven = { x: [wave(32), [2, 4, 4, 1]], z: [wave(6), [3, 2]] } as const;
    expect(load(npz('uneven.npz', uneven as unknown as Arrays), file).said).toEqual([
      '/uneven.npz: the input "x" has 2 samples, and "z" has 3 [quantize/calibration] give as many of each: they are run together, in order',
    ]);
  });

  test('numbers that are not finite', () => {
    const data = wave(16);
    data[3] = Number.NaN;
    const { loaded, said } = load(npz('nan.npz', { x: [data, [1, 4, 4, 1]] }));
    expect(loaded).toBeUndefined();
    expect(said).toEqual([
      'net.onnx: calibration gives 1 numbers that are not finite [quantize/not-finite] look for NaN and infinite numbers in the calibration data, and for inputs that are not scaled as the model wants them',
    ]);
  });

  test('sums that 32 bits do not hold', () => {
    const columns = 2 ** 18;
    const source = `graph wide of "wide.onnx"
  %x = input "x" : f32[1x${columns}]
  %w = constant [${'1 '.repeat(columns)}] : f32[1x${columns}]
  %b = constant [0] : f32[1]
  %y = linear(%x, %w, %b) activation=none : f32[1x1] from "net/wide"
return "y"=%y`;
    writeFileSync(at('wide.graph'), source.replace(' ]', ']'));
    const { loaded, said } = load('random', at('wide.graph'));
    expect(loaded).toBeUndefined();
    expect(said.map((s) => s.split('] ')[0])).toEqual([
      'wide.onnx: its sums reach 4261412864, and 32 bits hold up to 2147483647 [quantize/overflow',
    ]);
  });
});
