/** `--weights`: weights rounded so that artefacts are smaller, with what that costs measured, said and written down. */
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Graph } from '../src/graph/graph.ts';
import { weightsOf } from '../src/graph/weights.ts';
import { build, evaluate, openOutput, parseGraph as parse, randomInputs } from '../src/index.ts';
import { readManifest } from '../src/make/folder.ts';
import { loadModel } from '../src/make/load.ts';
import { isF16 } from '../src/tensor/f16.ts';
import { espalier } from './cli-kit.ts';

let root: string;
let net: string;
const at = (path: string): string => join(root, path);

/** A third of the weights are zeros, the convolution has a row that reaches beyond f16, and the last layer is small. */
function model({ most = 1 } = {}): string {
  const numbers = (count: number, seed: number): string =>
    Array.from({ length: count }, (_, i) => (i % 3 === 0 ? 0 : Math.fround(most * Math.sin(seed + i * i)))).join(' ');
  return `graph net of "net.graph"
  %x = input "x" : f32[1x4x4x8]
  %w = constant [${numbers(16 * 8, 1)}] : f32[16x1x1x8]
  %b = constant [${numbers(16, 2)}] : f32[16]
  %c = conv2d(%x, %w, %b) stride=[1 1] dilation=[1 1] pad=[0 0 0 0] groups=1 activation=none : f32[1x4x4x16] from "net/conv"
  %m = reduce(%c) fn=mean axes=[1 2] keep=false : f32[1x16] from "net/mean"
  %v = constant [${numbers(96 * 16, 3)}] : f32[96x16]
  %d = constant [${numbers(96, 4)}] : f32[96]
  %l = linear(%m, %v, %d) activation=none : f32[1x96] from "net/dense"
return "y"=%l`;
}

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'espalier-weights-'));
  net = at('net.graph');
  writeFileSync(net, model());
});
afterAll(() => rmSync(root, { recursive: true }));

const nothing = (): void => expect.unreachable();

const loaded = (weights: string, path = net) => loadModel(path, { weights }, nothing) ?? expect.unreachable();

const dataOf = (graph: Graph) => [...weightsOf(graph).values()].map(({ matrix }) => matrix.data);

describe('weights are rounded', () => {
  const plain = parse(model());

  test.each(['f16', 'int8', 'codebook:40', 'codebook'])(
    'to %s: zeros stay, and the error is the one that is said',
    (weights) => {
      const { graph, quality } = loaded(weights);
      const [before, after] = [dataOf(plain), dataOf(graph)];
      for (const [layer, data] of after.entries())
        expect(data.filter((w, i) => w !== 0 && before[layer][i] === 0)).toHaveLength(0);
      const inputs = randomInputs(plain, 1);
      const [want, got] = [evaluate(plain, inputs).y, evaluate(graph, inputs).y];
      const most = Math.max(...Array.from(want, Math.abs));
      const apart = Math.max(...Array.from(want, (y, i) => Math.abs(y - got[i])));
      expect(quality?.outputs.map(({ name, largestError }) => [name, largestError])).toEqual([['y', apart / most]]);
      expect(apart).toBeGreaterThan(0);
      expect(apart / most).toBeLessThan(0.1);
    },
  );

  test('f16 is the nearest half, and layers that reach further stay', () => {
    for (const data of dataOf(loaded('f16').graph)) expect(data.every(isF16)).toBe(true);
    writeFileSync(at('far.graph'), model({ most: 1e5 }));
    const far = loadModel(at('far.graph'), { weights: 'f16' }, (d) => expect(d.code).toBe('weights/none'));
    expect(dataOf(far?.graph ?? expect.unreachable())).toEqual(dataOf(parse(model({ most: 1e5 }))));
  });

  test('a codebook is for layers with 16 weights for each of its values', () => {
    const { graph } = loaded('codebook:40');
    const [conv, dense] = dataOf(graph);
    expect(conv).toEqual(dataOf(plain)[0]);
    // Steps, with 0, of the scales of rows; two rows may share some.
    const scales = graph.nodes.flatMap(({ type: { quantity } }) => quantity?.scale ?? []);
    expect(scales).toHaveLength(96);
    const { size } = new Set(dense.map((w, i) => Math.round(w / scales[Math.floor(i / 16)])));
    expect(size).toBeLessThanOrEqual(41);
    expect(size).toBeGreaterThan(30);
  });

  test('f32 is as it was', () => {
    const { graph, quality } = loaded('f32');
    expect([dataOf(graph), quality]).toEqual([dataOf(plain), undefined]);
  });
});

describe('artefacts', () => {
  test('are smaller, compute what the rounded graph means, and say what was lost', async () => {
    const sizes: number[] = [];
    for (const weights of ['f32', 'codebook:15']) {
      const out = at(`out-${weights.replace(':', '')}`);
      expect((await build(net, { target: 'wasm', weights, out })).ok).toBe(true);
      sizes.push(statSync(join(out, 'net.wasm')).size);
      const opened = await openOutput(out);
      if (!opened.ok) return expect.unreachable();
      const { graph, quality } = loaded(weights);
      const inputs = randomInputs(graph, 7);
      const [got, want] = [await opened.run(inputs), evaluate(graph, inputs)];
      got?.y.forEach((value, i) => void expect(value).toBeCloseTo(want.y[i], 5));
      opened.dispose();
      const said = readManifest(out)?.weights;
      expect(said?.storage).toBe(weights === 'f32' ? undefined : weights);
      expect(said?.outputs).toEqual(quality?.outputs);
    }
    // A code of four bits for each of 1024 weights that are kept, in place of 32.
    expect(sizes[0] - sizes[1]).toBeGreaterThan(3000);
  });

  test('the command line prints it', async () => {
    const argv = ['build', net, '-o', at('printed'), '--weights', 'int8'];
    const { code, out, err } = await espalier(argv);
    expect([code, err]).toEqual([0, '']);
    expect(out.replace(/[\d.]+ (?=dB|%)/g, 'N ')).toMatch(
      /weights as int8 in 2 layers; the least of a layer is N dB, of "net\/\w+"\noutput y: N dB against real numbers, largest error N % of the largest number, 1 sample\n$/,
    );
    const json = await espalier([...argv, '--json']);
    expect(JSON.parse(json.out)).toMatchObject({ weights: 'int8', quantization: { samples: 1 } });
    expect(JSON.parse(readFileSync(at('printed/espalier.json'), 'utf8'))).toMatchObject({ weights: { layers: 2 } });
  });

  test('for the cpu as well', async () => {
    const out = at('cpu');
    const argv = ['build', net, '-t', 'cpu', '--source-only', '-o', out, '--weights', 'f16'];
    expect(await espalier(argv)).toMatchObject({ code: 0, err: '' });
    expect(readManifest(out)).toMatchObject({ target: 'cpu', weights: { storage: 'f16', layers: 2, samples: 1 } });
  });
});

describe('what cannot be', () => {
  const refused: readonly (readonly [string, readonly string[], number, string])[] = [
    [
      'an unknown storage',
      ['--weights', 'f8'],
      2,
      'it must be f32, f16, int8, codebook or codebook:N with N in 2..256',
    ],
    ['a codebook of one', ['--weights', 'codebook:1'], 2, 'N in 2..256'],
    ['hardware', ['-t', 'fpga', '--part', 'xczu7ev-ffvc1156-2-e', '--weights', 'f16'], 1, '[weights/target]'],
    ['quantised twice', ['--quantize', 'weights=int4', '--weights', 'f16'], 1, '[weights/twice]'],
    ['powers of two', ['--smartdeal', '--weights', 'f16'], 1, '[weights/twice]'],
  ];
  test.each(refused)('%s', async (_name, argv, exit, said) => {
    const { code, err } = await espalier(['build', net, '-o', at('never'), ...argv]);
    expect(code).toBe(exit);
    expect(err).toContain(said);
  });

  test('a model of whole numbers', async () => {
    writeFileSync(
      at('whole.graph'),
      `graph net of "net.graph"
  %x = input "x" : f32[1x4]
  %s = constant [0.5] : f32[1]
  %z = constant [0] : i32[1]
  %q = quantize(%x, %s, %z) axis=-1 low=-128 high=127 : i32[1x4]
  %d = dequantize(%q, %s, %z) axis=-1 : f32[1x4]
return "y"=%d`,
    );
    const { code, err } = await espalier(['build', at('whole.graph'), '--weights', 'int8', '-o', at('never')]);
    expect(code).toBe(1);
    expect(err).toContain('the model is quantised already, and its weights are to be stored as int8 [weights/whole]');
  });

  test('the library and the config say it as well', async () => {
    const built = await build(net, { target: 'wasm', weights: 'f8', out: at('never') });
    expect(built.diagnostics.map((d) => d.code)).toEqual(['weights/unknown']);
    writeFileSync(at('bad.json'), JSON.stringify({ model: net, weights: 'f8' }));
    const { code, err } = await espalier(['build', '--config', at('bad.json'), '-o', at('never')]);
    expect(code).toBe(1);
    expect(err).toContain('"weights" must be f32, f16, int8, codebook or codebook:N with N in 2..256');
  });
});
