/** `espalier bench` from one end to the other on small models, and what it says of mistakes. No time is looked at. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { benchModel } from '../src/bench/bench.ts';
import { sweepCrossover } from '../src/bench/crossover/crossover.ts';
import { crossoverFiles } from '../src/bench/crossover/files.ts';
import { crossoverSchema } from '../src/bench/crossover/report.ts';
import type { BenchReport } from '../src/bench/report.ts';
import { benchSchema } from '../src/bench/report.ts';
import type { Diagnostic } from '../src/diagnostic.ts';
import { loadModel } from '../src/make/load.ts';
import { partsFor } from '../src/make/parts.ts';
import type { Pass } from '../src/pass.ts';
import { startDialogue } from '../src/toolchain/dialogue.ts';
import { espalier, writeModel } from './cli-kit.ts';
import { bytesOfModel, floats, modelOf, node, port } from './onnx/kit.ts';

let root: string;
let model: string;
let onnx: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'espalier-bench-test-'));
  model = writeModel(join(root, 'net'));
  onnx = join(root, 'small.onnx');
  const weights = Array.from({ length: 8 * 4 * 9 }, (_, i) => (i % 5 === 0 ? (i % 7) - 3 : 0));
  const small = modelOf({
    inputs: [port('x', [1, 4, 9, 9])],
    outputs: ['y'],
    initializers: [floats('w', [8, 4, 3, 3], weights), floats('b', [8], new Float32Array(8))],
    nodes: [
      node('Conv', ['x', 'w', 'b'], ['c'], { pads: [1, 1, 1, 1] }),
      node('Relu', ['c'], ['r']),
      node('Add', ['r', 'r'], ['a']),
      node('GlobalAveragePool', ['a'], ['y']),
    ],
  });
  writeFileSync(onnx, bytesOfModel(small));
});
afterAll(() => rmSync(root, { recursive: true }));

const fail = (d: Diagnostic): void => expect.unreachable(`${d.message}; ${d.hint}`);
const journal = { hold: () => {}, release: () => {}, keep: () => {} };
const { signal } = new AbortController();

async function bench(...argv: readonly string[]): Promise<BenchReport> {
  const { code, out, held } = await espalier(['bench', ...argv, '--json', '--runs', '3']);
  expect({ code, ...(code !== 0 && { out }) }).toEqual({ code: 0 });
  expect([...held]).toEqual([]);
  return benchSchema.parse(JSON.parse(out));
}

describe('a model', () => {
  test('against all peers, layer by layer, and written to a folder', async () => {
    const folder = join(root, 'out');
    const report = await bench(onnx, '--against', 'ort, ort-int8,ort', '--layers', '-o', folder);
    expect(report).toMatchObject({ model: 'small.onnx', threads: 1, ours: { target: 'cpu', cpu: 'native', runs: 3 } });
    expect(report.peers.map(({ name }) => name)).toEqual(['ort', 'ort-int8']);
    expect(report.ours.maxError).toBeLessThan(1e-5);
    expect(report.peers[0].maxError).toBeLessThan(1e-4);
    expect(report.peers[1].maxError).toBeLessThan(0.1);
    expect(report.mask.weights).toBe(288);
    expect(report.mask.zeros).toBeGreaterThan(0.7);
    const conv = report.layers.find(({ op }) => op === 'conv2d');
    expect(conv).toMatchObject({ shape: [1, 9, 9, 8], macs: 81 * 288 });
    expect(conv?.nonzeroMacs).toBeCloseTo(81 * 288 * (conv?.density ?? 0), 6);
    for (const layer of report.layers) {
      expect(layer.minMs).toBeGreaterThan(0);
      expect(layer.medianMs).toBeGreaterThanOrEqual(layer.minMs);
      expect(layer.hotMedianMs).toBeGreaterThanOrEqual(layer.hotMinMs);
    }
    expect(report.ours.peakGflops).toBeGreaterThan(0.1);
    expect(benchSchema.parse(JSON.parse(readFileSync(join(folder, 'bench.json'), 'utf8')))).toEqual(report);
    expect(readFileSync(join(folder, 'layers.csv'), 'utf8').split('\r\n')).toHaveLength(report.layers.length + 2);
    expect(readFileSync(join(folder, 'bench.html'), 'utf8')).toMatch(/^<!doctype html>/);
  });

  test('of TensorFlow.js, as WebAssembly, against its own runtime and ONNX Runtime', async () => {
    const report = await bench(model, '-t', 'wasm', '--against', 'tfjs,ort', '--starts', '0');
    expect(report).toMatchObject({
      place: { kind: 'node' },
      ours: { target: 'wasm', cpu: null, peakGflops: null, web: null },
      layers: [],
    });
    expect(report.machine.compiler).toBeNull();
    expect(report.peers.map(({ name, maxError }) => [name, (maxError ?? 1) < 1e-6])).toEqual([
      ['tfjs', true],
      ['ort', true],
    ]);
  });

  test('tells people', async () => {
    const { code, out, err } = await espalier([
      'bench',
      model,
      '--against',
      'ort',
      '--layers',
      '--runs',
      '2',
      '--threads',
      '2',
    ]);
    expect(code).toBe(0);
    expect(out).toMatch(/8 weights, 62\.5 % zero/);
    expect(out).toMatch(/^ort\s.*x\s/m);
    expect(out).toMatch(/^dense\/\w+\s+linear\s+1x2\s/m);
    expect(out).toMatch(/, 2 threads/);
    expect(err).not.toContain('bench/threads');
    expect(err).toContain('"ort" runs the model as espalier export writes it');
  });

  test('that computes something else is not timed', async () => {
    const loaded = loadModel(onnx, {}, fail) ?? expect.unreachable();
    const options = { target: 'cpu', cpu: 'native' };
    const parts = partsFor(options, fail) ?? expect.unreachable();
    const double: Pass = {
      name: 'double',
      doc: 'makes every weight twice as large',
      run: (graph) => ({
        ...graph,
        nodes: graph.nodes.map((n) =>
          n.kind === 'constant' && n.data instanceof Float32Array ? { ...n, data: n.data.map((v) => 2 * v) } : n,
        ),
      }),
    };
    const outcome = await benchModel({
      loaded,
      model: onnx,
      options,
      parts: { ...parts, passes: [double, ...parts.passes] },
      against: [],
      threads: 1,
      starts: 0,
      link: 1e7,
      layers: false,
      command: 'espalier bench',
      seconds: 1,
      journal,
      signal,
      report: fail,
      doing: (what) => expect(what).not.toContain('timing'),
    });
    expect(outcome).toMatchObject({ ok: false, verdict: { ok: false, divergedAt: { stage: 'pass', pass: 'double' } } });
  });
});

describe('mistakes', () => {
  const mistakes: readonly (readonly [string, readonly string[], number, string])[] = [
    ['a peer that nobody knows', ['net', '--against', 'ort,tflite'], 2, 'there is no peer "tflite"'],
    ['no threads', ['net', '--threads', '0'], 2, 'it must be a whole number above zero'],
    [
      'a sweep of WebAssembly',
      ['--crossover', '-t', 'wasm'],
      1,
      'layers are swept on "cpu" alone, and the target is "wasm" [bench/cpu-only]',
    ],
    ['a board', ['net', '--cpu', 'cortex-m7'], 1, 'programs for "cortex-m7" do not run on this machine'],
    ['an Arm core', ['net', '--cpu', 'armv8-a'], 1, 'programs for "armv8-a" do not run on this machine'],
    ['a cpu that nobody knows', ['net', '--cpu', 'natve'], 1, 'there is no cpu "natve" [target/unknown-cpu]'],
    ['a quick nothing', ['net', '--quick'], 1, '--quick belongs to --crossover [bench/options]'],
    ['a model to sweep', ['net', '--crossover'], 1, '--crossover takes no model'],
    ['peers of a sweep', ['--crossover', '--against', 'ort'], 1, '--crossover has no use for --against'],
    [
      'a browser for native code',
      ['net', '--browser', process.execPath],
      1,
      '--browser is for "wasm" and "webgpu", and the target is "cpu" [bench/wasm-only]',
    ],
    ['WebAssembly beside native code', ['net', '--against', 'ort-web'], 1, '"ort-web" is for "wasm" and "webgpu"'],
    ['a GPU beside WebAssembly', ['net', '-t', 'wasm', '--against', 'tfjs-webgpu'], 1, '"tfjs-webgpu" is for "webgpu"'],
    ['layers on a GPU', ['net', '-t', 'webgpu', '--layers'], 1, 'layers are not timed one by one on "webgpu"'],
    [
      'a browser that is none',
      ['net', '-t', 'wasm', '--browser', 'small.onnx'],
      1,
      'is no program that can be run [bench/no-browser]',
    ],
    ['a file for nobody', ['net', '-t', 'wasm', '--tflite', 'small.onnx'], 1, '--tflite is for litert alone'],
    [
      'a file that is not there',
      ['net', '-t', 'wasm', '--against', 'litert', '--tflite', 'nothing'],
      1,
      'there is no file "nothing"',
    ],
    ['no speed', ['net', '--link', '3'], 2, 'it must be a speed, e.g. 10Mbit'],
    ['no number of starts', ['net', '--starts', 'many'], 2, 'it must be a whole number, or 0'],
    ['no model', [], 1, 'no model is given [cli/no-model]'],
    [
      'ONNX for TensorFlow.js',
      ['small.onnx', '--against', 'tfjs'],
      1,
      '"tfjs": TensorFlow.js does not read ONNX models',
    ],
    ['a file where results shall go', ['net', '-o', 'small.onnx/x'], 1, '[output/not-writable]'],
  ];
  test.each(mistakes)('%s', async (_what, argv, code, message) => {
    const placed = argv.map((word) => (['net', 'small.onnx', 'small.onnx/x'].includes(word) ? join(root, word) : word));
    const ran = await espalier(['bench', ...placed]);
    expect(ran.err).toContain(message);
    expect(ran.code).toBe(code);
    expect(ran.err).toContain('hint: ');
    expect([...ran.held]).toEqual([]);
  });
});

describe('programs that wait for orders', () => {
  const node = (code: string) => startDialogue([process.execPath, '-e', code]);

  test('answer in order, and end with their last words', async () => {
    const echo = node(`process.stdin.on('data', (d) => { for (const l of String(d).trim().split('\\n'))
      if (l === 'die') { console.error('Error: no more'); process.exit(3); } else console.log(l); })`);
    expect(await Promise.all(['[1]', '"two"', 'three'].map(echo.ask))).toEqual([
      { ok: true, value: [1] },
      { ok: true, value: 'two' },
      { ok: false, reason: 'answered "three"' },
    ]);
    expect(await echo.ask('die')).toEqual({ ok: false, reason: 'ended with 3: Error: no more' });
    expect(await echo.ask('1')).toEqual({ ok: false, reason: 'ended with 3: Error: no more' });
  });

  test('that do not exist say so', async () => {
    const answer = await startDialogue([join(root, 'nothing')]).ask('1');
    expect(answer).toMatchObject({ ok: false, reason: expect.stringContaining('ENOENT') });
  });
});

test('a sweep of one layer', async () => {
  const swept = await sweepCrossover({
    sweep: {
      shapes: [
        { kind: 'conv', size: 8, channels: 16, filters: 16, kernel: 3 },
        { kind: 'linear', inputs: 64, outputs: 32 },
      ],
      patterns: [
        { name: 'unstructured', at: (zeros) => `unstructured:${zeros}` },
        { name: 'nm', at: (zeros) => (zeros === 0.5 ? 'nm:2:4' : undefined) },
      ],
      zeros: [0.5, 0.9],
      rounds: 1,
    },
    options: { target: 'cpu', cpu: 'native' },
    threads: 1,
    journal,
    signal,
    report: fail,
    doing: () => {},
  });
  const report = crossoverSchema.parse(swept);
  expect(report.baselines.map(({ shape, macs }) => [shape, macs])).toEqual([
    ['3x3 8x8 16 -> 16', 64 * 16 * 16 * 9],
    ['dense 64 -> 32', 64 * 32],
  ]);
  expect(new Set(report.points.map(({ pattern, zeros }) => `${pattern} ${zeros.toFixed(1)}`))).toEqual(
    new Set(['unstructured 0.5', 'unstructured 0.9', 'nm 0.5']),
  );
  for (const { ms, overOrt, overOrtInt8 } of report.points)
    for (const n of [ms, overOrt, overOrtInt8]) expect(n).toBeGreaterThan(0);
  expect(report.points.some(({ format }) => format.startsWith('csr'))).toBe(true);
  expect(report.crossings).toHaveLength(4);
  const files = crossoverFiles(report);
  expect(files.map(({ path }) => path)).toEqual(['crossover.json', 'crossover.html', 'crossover.csv']);
  expect(new TextDecoder().decode(files[1].contents)).toContain('3x3 8x8 16 -&#62; 16');
  expect(existsSync(join(root, 'crossover.json'))).toBe(false);
});
