/** Components that `espalier build -t fpga` writes, as a user gets them: every engine and every kind of memory, in C-simulation. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import type { Artefact } from '../../src/target.ts';
import { espalier } from '../cli-kit.ts';
import { digitPath } from '../digits.ts';
import { csim } from '../fpga-csim.ts';
import { modelPath } from '../models.ts';

const folder = mkdtempSync(join(tmpdir(), 'espalier-fpga-'));
afterAll(() => rmSync(folder, { recursive: true }));

const calibrate = new URL('../../examples/digits/calibration.npz', import.meta.url).pathname;
const small = ['--part', 'xc7z020clg400-1'];
const large = ['--part', 'xczu7ev-ffvc1156-2-e'];

interface Written {
  readonly artefacts: readonly Artefact[];
  /** By stage. */
  readonly engines: ReadonlyMap<string, string>;
}

async function written(model: string, flags: readonly string[], data = calibrate): Promise<Written> {
  const out = mkdtempSync(join(folder, 'out-'));
  const whole = ['--quantize', 'weights=int8,activations=int8', '--calibrate', data];
  const ran = await espalier(['build', model, '-t', 'fpga', '--force', ...whole, ...flags, '-o', out, '--json']);
  expect(ran.err).not.toContain('error');
  expect(ran.code).toBe(0);
  const { estimate } = JSON.parse(ran.out);
  const at = estimate.columns.indexOf('engine');
  const paths = readdirSync(out, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const artefacts = paths.map(({ parentPath, name }): Artefact => {
    const contents = new Uint8Array(readFileSync(join(parentPath, name)));
    return { path: join(parentPath, name).slice(out.length + 1), contents, role: 'source' };
  });
  return { artefacts, engines: new Map(estimate.rows.map((row: readonly string[]) => [row[0], row[at]])) };
}

const textOf = ({ artefacts }: Written, path: RegExp): string =>
  artefacts
    .filter((artefact) => path.test(artefact.path))
    .map(({ contents }) => new TextDecoder().decode(contents as Uint8Array))
    .join('\n');

const ok = [{ code: 0, out: 'ok: 2 pictures\n' }];
const optimised = ['-O1'];

test('the pruned network, on digits of its calibration data', async () => {
  const made = await written(digitPath('digits-pruned'), [...small, '--clock', '5']);
  expect([...made.engines.values()]).toEqual(expect.arrayContaining(['crossbar', 'stationary']));
  const [count, first] = textOf(made, /vectors\.dat/).split('\n');
  expect([count, first]).toEqual(['2', Array(16).fill('0').join(' ')]);
  expect(csim(made.artefacts, optimised)).toEqual(ok);
}, 120_000);

test('weights that are rebuilt, without a multiplier', async () => {
  const made = await written(digitPath('digits-pruned'), [...small, '--smartdeal']);
  const rebuilt = [...made.engines].filter(([, engine]) => engine === 'smartdeal').map(([stage]) => stage);
  expect(rebuilt.length).toBeGreaterThanOrEqual(2);
  for (const stage of rebuilt) {
    const source = textOf(made, new RegExp(`^src/${stage}\\.cpp`));
    expect(source).toContain('typedef rebuilt values_t;');
    expect(source.replace(/\/\/.*|hls::stream|\w+_t \*/g, '')).not.toMatch(/[^*/ ] \* /);
  }
  // Nothing but places in words is multiplied: what is on both sides of every * is known when it is compiled.
  const values = textOf(made, /^src\/values\.h/).replace(/\/\/.*/g, '');
  const policy = values.slice(values.indexOf('struct rebuilt'));
  const products = [...policy.matchAll(/([\w:]+\)?|\)) \* ([\w:]+)/g)].map(([, left, right]) => [left, right]);
  const known = /^(?:\d+|p|k|i|k\)|\)|L::\w+)$/;
  expect(products.length).toBeGreaterThan(3);
  expect(products.filter(([left, right]) => left !== 'uint64_t' && !(known.test(left) && known.test(right)))).toEqual(
    [],
  );
  expect(policy).not.toContain('op=mul');
  expect(csim(made.artefacts, optimised)).toEqual(ok);
}, 120_000);

test('two of four', async () => {
  const made = await written(digitPath('digits-2-4'), small);
  expect([...made.engines.values()]).toContain('n-of-m');
  expect(csim(made.artefacts, optimised)).toEqual(ok);
}, 120_000);

test('no zeros', async () => {
  const made = await written(digitPath('digits-dense'), small);
  expect([...made.engines.values()]).toEqual(expect.arrayContaining(['dense', 'broadcast']));
  expect(csim(made.artefacts, optimised)).toEqual(ok);
}, 120_000);

test('every weight once: adders alone', async () => {
  const made = await written(digitPath('digits-pruned'), [...large, '--reuse', '1']);
  expect([...made.engines.values()]).toContain('unrolled');
  expect(csim(made.artefacts, optimised)).toEqual(ok);
}, 120_000);

test('taps that rows share, and packs for gathers', async () => {
  const model = join(folder, 'punched.graph');
  const pruned = ['prune', digitPath('digits-dense'), '--pattern', 'punched:8x4:0.75', '-o', model];
  expect((await espalier(pruned)).code).toBe(0);
  const made = await written(model, [...small, '--gather']);
  expect([...made.engines.values()]).toEqual(expect.arrayContaining(['tree', 'broadcast']));
  expect(csim(made.artefacts, optimised)).toEqual(ok);
}, 120_000);

test('schedules in UltraRAM, which is filled when the part first runs', async () => {
  const made = await written(digitPath('digits-pruned'), [...large, '--bram', '12']);
  const sources = textOf(made, /^src\/compute_.*\.cpp/);
  expect(sources).toContain('BIND_STORAGE variable=schedule type=ram_1p impl=uram');
  expect(textOf(made, /^src\/\w+_accelerator\.cpp/)).toMatch(/INTERFACE m_axi port=words_\w+ bundle=/);
  expect(csim(made.artefacts, optimised)).toEqual(ok);
}, 120_000);

test('schedules in memory beside the part', async () => {
  const made = await written(digitPath('digits-pruned'), [...small, '--bram', '10']);
  expect(textOf(made, /^src\/fetch_.*\.cpp/)).toContain('memory[i]');
  expect(csim(made.artefacts, [...optimised, '-DESPALIER_THREADS', '-pthread'])).toEqual(ok);
}, 120_000);

test('a face detector from TensorFlow.js: 140 stages, two outputs from each of two scales', async () => {
  const made = await written(modelPath('blazeface-front'), large, 'random:1');
  expect(made.engines.size).toBeGreaterThan(100);
  expect(csim(made.artefacts, optimised)).toEqual(ok);
}, 240_000);
