/** `espalier smartdeal`, `--smartdeal`, and what is said to mistakes. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zipSync } from 'fflate';
import { dump } from 'npyjs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { print } from '../src/graph/print.ts';
import { packSidecar, sidecarPath } from '../src/graph/sidecar.ts';
import { loadModel } from '../src/make/load.ts';
import { espalier } from './cli-kit.ts';
import { ramp } from './smartdeal-graphs.ts';

const folder = mkdtempSync(join(tmpdir(), 'smartdeal-'));
const file = (name: string): string => join(folder, name);
const model = file('ramp.graph');

beforeAll(() => {
  const { text, sidecar } = print(ramp);
  writeFileSync(model, text);
  writeFileSync(sidecarPath(model), packSidecar(sidecar));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const smartdeal = (...args: readonly string[]) => espalier(['smartdeal', model, '--iterations', '3', ...args]);

describe('a model', () => {
  test('is decomposed, and what it does is told as it is', async () => {
    const ran = await smartdeal('-o', file('a.graph'));
    expect(ran.err).toBe('');
    expect(ran.code).toBe(0);
    expect(ran.out).toMatch(/wide +conv2d +24x3x3x16 +\d\.\d\d +\d\.\dx +\d\.\dx +\d+\.\d % +\d+\.\d %/);
    expect(ran.out).toMatch(/stem .*left: would take 189 bits a filter, and 216/);
    expect(ran.out).toMatch(/decomposed +5,\d{3} of 6,\d{3} weights/);
    expect(ran.out).toMatch(/output +"y" moves by \d+\.\d % of its size on these inputs/);
    expect(`${ran.out}${(await espalier(['smartdeal', '--help'])).out}`).not.toMatch(
      /accura\w+ (is|stays)|no loss|lossless/,
    );
    const loaded = loadModel(file('a.graph'), {}, () => {});
    expect(loaded?.graph.nodes.filter((n) => n.type.quantity?.decomposition).length).toBe(3);
  });

  test('as JSON has every figure', async () => {
    const ran = await smartdeal('-o', file('b.graph'), '--json', '--only', '*point*', '--theta', '1e-3');
    const { layers, outputs, weights, bits } = JSON.parse(ran.out);
    expect(layers.map((l: { bits: number | null }) => l.bits !== null)).toEqual([false, false, false, true, false]);
    expect(layers[0].reason).toBe('is not among those to decompose');
    expect(layers[3].outputError).toBeGreaterThan(0);
    expect([weights, bits > 0]).toEqual([33 * 48, true]);
    expect(Object.keys(outputs)).toEqual(['y']);
  });

  test('as ONNX loses what it is made of, and that is said', async () => {
    const ran = await smartdeal('-o', file('c.onnx'));
    expect(ran.code).toBe(0);
    expect(ran.err).toMatch(/smartdeal\/codes-lost/);
  });

  test('is decomposed by a build, which stores it so', async () => {
    writeFileSync(file('config.json'), JSON.stringify({ smartdeal: { theta: 0.01, keep: ['head'] } }));
    const built = await espalier([
      'build',
      model,
      '-t',
      'wasm',
      '--config',
      file('config.json'),
      '-o',
      file('out'),
      '--json',
    ]);
    expect(built.err).toMatch(/note: the layer would take 189 bits/);
    expect(JSON.parse(built.out).layers.map((l: { format: string }) => l.format.split(' ')[0])).toEqual([
      'dense',
      'smartdeal',
      'dense',
      'smartdeal',
      'dense',
    ]);
  });

  test('has rows pruned by a share, or by one for each layer', async () => {
    writeFileSync(file('rows.txt'), '0 0.5\n0\n0.25 0\n');
    const bitsOf = async (rows: string) => {
      const ran = await smartdeal('-o', file('d.graph'), '--force', '--json', '--rows', rows);
      return JSON.parse(ran.out).layers.map((l: { bits: number | null }) => l.bits);
    };
    const [one, each] = [await bitsOf('population:0.5'), await bitsOf(`population:${file('rows.txt')}`)];
    expect(each[1]).toBe(one[1]);
    expect(each[3]).toBeGreaterThan(one[3]);
    expect(await bitsOf(file('rows.txt'))).toEqual(each);
  });
});

describe('a decomposition made elsewhere', () => {
  const eye = [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ];
  const ces = [Array.from({ length: 11 }, (_, i) => [1, i % 2, -0.5])];
  const layer = Object.fromEntries(
    Array.from({ length: 10 }, (_, i) => [`r${i}`, { type: 'fc', shape: [33], Ces: ces, Bs: [eye] }]),
  );

  test('as JSON, by the place of the layer', async () => {
    writeFileSync(file('cb.json'), JSON.stringify({ l4: layer }));
    const ran = await smartdeal('-o', file('e.graph'), '--decomposition', file('cb.json'), '--json');
    expect(ran.err).toBe('');
    const { layers } = JSON.parse(ran.out);
    expect(layers.map((l: { bits: number | null }) => l.bits)).toEqual([
      null,
      null,
      null,
      null,
      10 * (11 + 12 * 11 + 72),
    ]);
    const head = loadModel(file('e.graph'), {}, () => {})?.graph.nodes.find((n) => n.id === 'head_w');
    expect(head?.kind === 'constant' && [...head.data.subarray(0, 6)]).toEqual([1, 0, -0.5, 1, 1, -0.5]);
  });

  test('as npz, by the name of the layer', async () => {
    const arrays = Object.keys(layer).flatMap((r) => [
      [`head/${r}/Ces.npy`, new Uint8Array(dump(Float64Array.from(ces.flat(2)), [1, 11, 3]))] as const,
      [`head/${r}/Bs.npy`, new Uint8Array(dump(Float32Array.from(eye.flat()), [1, 3, 3]))] as const,
    ]);
    writeFileSync(file('cb.npz'), zipSync(Object.fromEntries(arrays)));
    const ran = await smartdeal('-o', file('f.graph'), '--decomposition', file('cb.npz'));
    expect(ran.err).toBe('');
    expect(readFileSync(file('f.graph'), 'utf8')).toBe(readFileSync(file('e.graph'), 'utf8'));
  });

  const bad: readonly (readonly [string, unknown, RegExp])[] = [
    ['no JSON', undefined, /it is no decomposition/],
    ['no bases', { l4: { r0: { Ces: ces } } }, /"l4\/r0\/Bs"/],
    ['a filter that is missing', { l4: { r0: layer.r0, r2: layer.r2 } }, /2 filters and no "r1"/],
    ['an unknown layer', { tail: layer }, /a layer "tail", and the model 5 layers/],
    ['a layer too far', { l5: layer }, /a layer "l5"/],
    [
      'too few filters',
      { l4: { r0: layer.r0 } },
      /head: error: the layer cannot be decomposed: it has 10 filters, and the decomposition 1/,
    ],
    ['a layer that is not decomposed', { l0: layer }, /stem: error: .* 189 bits/],
    [
      'no power of two',
      { l4: { ...layer, r3: { Ces: [ces[0].map(() => [3, 0, 0])], Bs: [eye] } } },
      /"head\/r3"|"l4\/r3", which has the coefficient 3/,
    ],
  ];
  test.each(bad)('%s is refused', async (_, contents, message) => {
    writeFileSync(file('bad.json'), contents === undefined ? '{' : JSON.stringify(contents));
    const ran = await smartdeal('-o', file('g.graph'), '--decomposition', file('bad.json'));
    expect(ran.code).toBe(1);
    expect(ran.err).toMatch(message);
    expect(ran.err).toMatch(/hint: /);
  });
});

describe('mistakes', () => {
  test.each([
    [['--rows', '0.5'], /"0.5" does not say which rows/],
    [['--rows', 'population:1.5'], /a share of 1.5/],
    [['--rows', 'population:nowhere.txt'], /nowhere.txt: error: it cannot be read/],
    [['--rows', 'value:-1'], /cannot be read/],
    [['--iterations', '1'], /2 to 1000 iterations, and 1/],
    [['--keep', 'hed'], /no layer and no weight matches "hed"[\s\S]*did you mean "head"/],
    [['--only', 'stem'], /the layer cannot be decomposed/],
    [['--decomposition', 'x.pkl'], /x.pkl: error: /],
    [['--input', 'z=random:1'], /no input "z"/],
  ] as const)('%j', async (args, message) => {
    const ran = await smartdeal('-o', file('h.graph'), ...args);
    expect(ran.code).toBe(1);
    expect(ran.err).toMatch(message);
    expect(ran.err).not.toMatch(/bug/);
  });

  test('a threshold that is none is bad usage', async () => {
    expect((await smartdeal('-o', file('h.graph'), '--theta', 'much')).code).toBe(2);
  });

  test('a file of another number of layers', async () => {
    writeFileSync(file('few.txt'), '0.5 0.5');
    const ran = await smartdeal('-o', file('h.graph'), '--rows', `energy:${file('few.txt')}`);
    expect(ran.err).toMatch(/it has 2 numbers, and the model 5 layers/);
  });

  test('an output that exists', async () => {
    writeFileSync(file('there.graph'), '');
    const ran = await smartdeal('-o', file('there.graph'));
    expect([ran.code, readFileSync(file('there.graph'), 'utf8')]).toEqual([1, '']);
    expect(ran.err).toMatch(/output\/exists/);
  });
});
