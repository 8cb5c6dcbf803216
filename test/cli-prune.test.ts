/** `espalier prune`: models that others can run, what is said of each layer, and what is said of mistakes. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { evaluate } from '../src/graph/evaluate.ts';
import type { Graph } from '../src/graph/graph.ts';
import { randomInputs } from '../src/graph/samples.ts';
import { weightsOf } from '../src/graph/weights.ts';
import { prune } from '../src/index.ts';
import { loadModel } from '../src/make/load.ts';
import type { LayerPruning } from '../src/prune/prune.ts';
import { countLive } from '../src/tensor/matrix.ts';
import { espalier, writeModel } from './cli-kit.ts';
import { runOnnx, runtime } from './export/runtime.ts';
import { largestError } from './passes/compare.ts';
import { smallNet } from './prune/net.ts';

let root: string;
let model: string;
const at = (...parts: readonly string[]): string => join(root, ...parts);

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'espalier-prune-'));
  model = at('net.onnx');
  writeFileSync(model, smallNet());
});
afterAll(() => rmSync(root, { recursive: true }));

function loaded(file: string): Graph {
  const said: string[] = [];
  const found = loadModel(file, {}, (d) => void said.push(d.message));
  expect(said).toEqual([]);
  if (!found) throw new Error('nothing was loaded');
  return found.graph;
}

interface Told {
  readonly files: readonly { readonly path: string; readonly bytes: number }[];
  readonly layers: readonly LayerPruning[];
  readonly weights: number;
  readonly zerosBefore: number;
  readonly zerosAfter: number;
}

async function pruneTo(name: string, ...argv: readonly string[]): Promise<Told> {
  const { code, out, err, held } = await espalier(['prune', model, '-o', at(name), '--json', ...argv]);
  expect([code, err, [...held]]).toEqual([0, '', []]);
  return JSON.parse(out) as Told;
}

describe.each([
  'unstructured:0.9',
  'nm:2:4',
  'gs:8,1:0.8',
  'gs:8,1:0.8:scatter',
  'pattern:4/9:0.5',
  'block:4x1:0.9',
  'punched:8x4:0.75',
  'channel:0.5',
])('%s', (pattern) => {
  const name = `${pattern.replaceAll(/\W/g, '-')}.onnx`;

  test('the file has the zeros that are told, and no other difference', async () => {
    const { layers, ...told } = await pruneTo(name, '--pattern', pattern);
    const [before, after] = [loaded(model), loaded(at(name))];
    expect(told.files).toEqual([{ path: at(name), bytes: readFileSync(at(name)).length }]);
    const matrices = (graph: Graph) => [...weightsOf(graph).values()].map(({ matrix }) => matrix);
    const [old, now] = [matrices(before), matrices(after)];
    expect(now.map((m) => m.data.length - countLive(m))).toEqual(layers.map((l) => l.zerosAfter));
    expect(now.every((m, i) => m.data.every((w, k) => w === 0 || w === old[i].data[k]))).toBe(true);
    expect(layers.some((l) => l.reason === null && l.zerosAfter > 0)).toBe(true);
    expect(told.weights).toBe(layers.reduce((sum, l) => sum + l.weights, 0));
    expect(told.zerosAfter).toBe(layers.reduce((sum, l) => sum + l.zerosAfter, 0));
  });

  test.skipIf(!runtime)('ONNX Runtime computes what the pruned graph means', async () => {
    const graph = loaded(at(name));
    const inputs = randomInputs(graph, 3);
    const direct = await prune(model, { out: at(`again-${name}`), pattern });
    if (!direct.ok) throw new Error('it was not pruned');
    expect(readFileSync(at(`again-${name}`))).toEqual(readFileSync(at(name)));
    const got = await runOnnx(readFileSync(at(name)), graph, inputs);
    expect(largestError(evaluate(direct.graph, inputs), got).error).toBeLessThanOrEqual(1e-5);
    expect(largestError(evaluate(loaded(model), inputs), got).error).toBeGreaterThan(1e-3);
  });
});

test('a model of TensorFlow.js becomes a pruned ONNX file', async () => {
  const folder = writeModel(at('tfjs'));
  const argv = ['prune', folder, '-o', at('tfjs.onnx'), '--pattern', 'unstructured:0.75', '--exempt', 'none'];
  const { code, err, doing } = await espalier(argv);
  expect([code, err]).toEqual([0, '']);
  expect(doing).toEqual([`reading ${folder}`, `pruning ${folder}`, `writing ${at('tfjs.onnx')}`]);
  const graph = loaded(at('tfjs.onnx'));
  expect([...weightsOf(graph).values()].map(({ matrix }) => countLive(matrix))).toEqual([2]);
  expect(evaluate(graph, { x: Float32Array.of(1, 1, 1, 1) })).toEqual({ y: Float32Array.of(3.5, 2.5) });
});

test('a table says what became of each layer', async () => {
  const { out } = await espalier([
    'prune',
    model,
    '-o',
    at('table.onnx'),
    '--pattern',
    'pattern:4/9',
    '--keep',
    'grouped*',
  ]);
  const lines = out.split('\n').map((line) => line.replaceAll(/ {2,}/g, ' | '));
  expect(lines.slice(0, 6)).toEqual([
    'layer | op | weights | zeros | now | squares kept',
    'Conv_a | conv2d | 16x3x3x3 | 0.0 % | 0.0 % | 100.0 % | left: is a first layer',
    'Conv_c | conv2d | 16x3x3x1 | 0.0 % | 0.0 % | 100.0 % | left: is depthwise',
    expect.stringMatching(/^Conv_d \| conv2d \| 20x3x3x16 \| 0\.0 % \| 55\.6 % \| \d\d\.\d %$/),
    'Conv_f | conv2d | 24x1x1x20 | 0.0 % | 0.0 % | 100.0 % | left: has kernels of 1 tap, and the pattern is of 9',
    'Conv_h | conv2d | 24x3x3x12 | 0.0 % | 0.0 % | 100.0 % | left: is kept by "grouped*"',
  ]);
  expect(out).toContain('\npruned      2,880 weights, 55.6 % zero\n');
});

test('scopes, kinds and names', async () => {
  const zeros = ({ layers }: Told) => layers.map((l) => Math.round((100 * l.zerosAfter) / l.weights));
  const global = await pruneTo('global.onnx', '--pattern', 'unstructured:0.8', '--scope', 'global');
  expect(new Set(zeros(global).slice(2)).size).toBeGreaterThan(1);
  const dense = await pruneTo('dense.onnx', '--pattern', 'block:2x1:0.5', '--layers', 'linear', '--exempt', 'last');
  expect(zeros(dense)).toEqual([0, 0, 0, 0, 0, 50, 0]);
  const only = await pruneTo('only.onnx', '--pattern', 'nm:2:4', '--only', 'Conv_d', '--only', 'mixed*');
  expect(zeros(only)).toEqual([0, 0, 50, 0, 0, 50, 0]);
});

describe('refuses', () => {
  const base = ['--pattern', 'unstructured:0.9', '-o', 'new.onnx'];
  const shape = (pattern: string): readonly string[] => ['--pattern', pattern, '-o', 'new.onnx'];
  test.each([
    ['a pattern misspelt', shape('blok:4x1:0.9'), 'prune/pattern', /no pattern "blok".*|did you mean "block"/],
    ['a block of which a part is missing', shape('block:4x:0.9'), 'prune/pattern', /has "4x" where the rows and input/],
    ['a block without a share', shape('block:4x1'), 'prune/pattern', /lacks the share of weights to cut, e\.g\. 0\.9/],
    ['a share above 1', shape('unstructured:90'), 'prune/pattern', /share of 90.*between 0 and 1; 90 % is 0\.9/],
    ['a share of 1', shape('channel:1'), 'prune/pattern', /nothing would be left/],
    ['a share below 0', shape('unstructured:-0.5'), 'prune/pattern', /has "-0\.5"/],
    ['more than a pattern has', shape('unstructured:0.5:3'), 'prune/pattern', /has "3" after its end/],
    ['N:M of which all are kept', shape('nm:4:4'), 'prune/pattern', /keeps 4 of every 4/],
    ['packs that rows do not divide', shape('gs:16,3:0.5'), 'prune/pattern', /must divide/],
    ['a scope where there is nothing to choose', [...shape('nm:2:4'), '--scope', 'erk'], 'prune/scope', /itself says/],
    ['a name that nothing has', [...base, '--keep', 'Conv_z'], 'prune/no-such-layer', /no weight matches "Conv_z"/],
    ['an output without a known kind', ['--pattern', 'nm:2:4', '-o', 'new'], 'export/unknown-file', /no exporter/],
    ['a pattern that no layer can have', shape('pattern:3/25'), 'prune/no-layer', /"Conv_a" is a first layer; .*taps/],
    ['an output that exists', ['--pattern', 'nm:2:4', '-o', 'there.onnx'], 'output/exists', /the output exists/],
    ['a folder', ['--pattern', 'nm:2:4', '-o', 'folder.onnx', '--force'], 'output/not-a-file', /a folder/],
    ['the model itself', ['--pattern', 'nm:2:4', '-o', 'net.onnx', '--force'], 'output/in-use', /would replace/],
  ])('%s', async (_, argv, code, message) => {
    mkdirSync(at('folder.onnx'), { recursive: true });
    writeFileSync(at('there.onnx'), 'here');
    const before = readdirSync(root);
    const place = argv.map((arg, i) => (argv[i - 1] === '-o' ? at(arg) : arg));
    const { code: exit, out, held } = await espalier(['prune', model, ...place, '--json']);
    expect([exit, readdirSync(root), [...held]]).toEqual([1, before, []]);
    const { errors } = JSON.parse(out) as {
      readonly errors: readonly { code: string; message: string; hint: string }[];
    };
    expect(errors.map((e) => e.code)).toEqual([code]);
    expect(errors[0].message).toMatch(message);
    expect(errors[0].hint).not.toBe('');
    expect(readFileSync(at('there.onnx'), 'utf8')).toBe('here');
  });

  test('a command line that makes no sense', async () => {
    for (const argv of [
      ['-o', at('x.onnx')],
      ['--pattern', 'nm:2:4'],
      [...base, '--exempt', 'second'],
      [...base, '--layers', 'pool'],
      [...base, '--by', 'luck'],
      [...base, '--scope', 'world'],
    ]) {
      const { code, err } = await espalier(['prune', model, ...argv]);
      expect([code, err]).toEqual([2, expect.stringContaining('error')]);
    }
    expect(existsSync(at('x.onnx'))).toBe(false);
  });

  test('but replaces the output with --force', async () => {
    writeFileSync(at('old.onnx'), 'old');
    expect((await espalier(['prune', model, '--pattern', 'nm:2:4', '-o', at('old.onnx'), '--force'])).code).toBe(0);
    expect(loaded(at('old.onnx')).outputs).toHaveLength(1);
  });
});
