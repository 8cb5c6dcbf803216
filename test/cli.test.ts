/** The command line as people and programs use it: what it prints, and how it ends. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { espalier, writeModel } from './cli-kit.ts';

let root: string;
let model: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'espalier-cli-'));
  model = writeModel(join(root, 'net'));
});
afterAll(() => rmSync(root, { recursive: true }));

const at = (path: string): string => join(root, path);

const buildSchema = z.strictObject({
  files: z.array(z.strictObject({ path: z.string(), bytes: z.int().min(1), role: z.string() })).min(1),
  layers: z.array(
    z.strictObject({
      name: z.string(),
      op: z.string(),
      format: z.string(),
      reason: z.string(),
      bytes: z.int().min(0),
      macs: z.int().min(0),
      density: z.number().min(0).max(1),
    }),
  ),
  arena: z.strictObject({ peak: z.int().min(0), sum: z.int().min(0), bound: z.int().min(0) }),
});

const verifySchema = z.strictObject({
  ok: z.boolean(),
  target: z.string(),
  against: z.string(),
  limit: z.number(),
  outputs: z.array(z.strictObject({ name: z.string(), shape: z.array(z.int()), maxError: z.number() })).min(1),
  divergedAt: z
    .strictObject({
      stage: z.enum(['import', 'pass', 'target']),
      pass: z.string().nullable(),
      layer: z.string().nullable(),
      op: z.string().nullable(),
      kernel: z.string().nullable(),
      maxError: z.number(),
    })
    .optional(),
});

const inspectSchema = z.object({
  inputs: z.array(z.object({ name: z.string(), dtype: z.string(), shape: z.array(z.int()) })),
  outputs: z.array(z.object({ name: z.string() })),
  operators: z.array(z.object({ op: z.string(), count: z.int() })),
  layers: z.array(
    z.object({
      name: z.string(),
      parameters: z.int(),
      macs: z.int(),
      zeros: z.int(),
      formats: z.array(
        z.union([
          z.strictObject({ format: z.string(), bytes: z.int() }),
          z.strictObject({ format: z.string(), reason: z.string() }),
        ]),
      ),
    }),
  ),
});

describe('build', () => {
  test('says what it wrote, and how to run it', async () => {
    const { code, out, err } = await espalier(['build', model, '-t', 'wasm', '-o', at('plain')]);
    expect(err).toBe('');
    expect(code).toBe(0);
    expect(out).toMatch(new RegExp(`^built ${at('plain')} for wasm\n\nnet\\.wat `));
    expect(out).toMatch(/\nformat +layers +weights +MACs when dense\n\w+ +1 +\S+ B +8\n/);
    expect(out).toContain(`\nespalier run ${at('plain')} --input x=random:1\n`);
    expect(readdirSync(at('plain')).sort()).toContain('espalier.json');
  });

  test('as JSON, and nothing else', async () => {
    const { code, out, err } = await espalier(['build', model, '-o', at('json'), '--json']);
    expect([code, err]).toEqual([0, '']);
    const { files, layers } = buildSchema.parse(JSON.parse(out));
    for (const { path, bytes } of files) expect(readFileSync(join(at('json'), path))).toHaveLength(bytes);
    expect(layers).toMatchObject([{ op: 'linear', macs: 8, density: 0.375 }]);
  });

  test('to the same bytes wherever and whenever, whatever was there', async () => {
    for (const folder of ['one', 'deep/two', 'one']) await espalier(['build', model, '-o', at(folder)]);
    const read = (folder: string) =>
      readdirSync(at(folder)).map((name) => [name, readFileSync(join(at(folder), name), 'latin1')]);
    expect(read('one')).toEqual(read('deep/two'));
    expect(JSON.stringify(read('one'))).not.toContain(root);
  });

  test('with graphs after each pass, which can be built again', async () => {
    const { err } = await espalier(['build', model, '-o', at('dumps'), '--print-ir-after', 'all']);
    expect(err).toMatch(/^\/\/ as imported\ngraph net of "model\.json"\n/);
    const texts = readdirSync(at('dumps/ir')).filter((name) => name.endsWith('.graph'));
    expect(texts[0]).toBe('00-import.graph');
    expect(texts.length).toBeGreaterThan(1);
    for (const [i, text] of texts.entries()) {
      const { code, err } = await espalier(['build', at(`dumps/ir/${text}`), '-o', at(`again-${i}`)]);
      expect([code, err], text).toEqual([0, '']);
      expect(readFileSync(at(`again-${i}/net.wasm`))).toEqual(readFileSync(at('dumps/net.wasm')));
    }
  });

  test('with its plan and its time beside the result', async () => {
    const { out, err } = await espalier(['build', model, '-o', at('plan'), '--print-plan', '--timing', '--json']);
    buildSchema.parse(JSON.parse(out));
    expect(err).toMatch(/^plan net of "model\.json"\n/);
    expect(err).toMatch(/\n {2}0: %\w+ = linear\(/);
    expect(err).toMatch(/\npass fold-constants +[\d.]+ ms +\d+ %\n/);
    expect(err).toMatch(/\ntotal +[\d.]+ m?s +100 %\n$/);
  });

  test('layers as the config file wants them', async () => {
    writeFileSync(
      at('csr.json'),
      JSON.stringify({ model, out: 'configured', layers: { 'dense/*': { format: 'csr' } } }),
    );
    const { code, out } = await espalier(['build', '--config', at('csr.json'), '--json']);
    expect(code).toBe(0);
    expect(buildSchema.parse(JSON.parse(out)).layers[0].format).toMatch(/^csr /);
    expect(existsSync(at('configured/net.wasm'))).toBe(true);
  });
});

describe('run', () => {
  test('the artefact and the interpreter agree, and outputs are written', async () => {
    await espalier(['build', model, '-o', at('runs')]);
    const built = await espalier(['run', at('runs'), '--input', 'x=random:3', '--output', at('results'), '--json']);
    const interpreted = await espalier(['run', model, '-i', 'random:3', '--output', at('results-2'), '--json']);
    expect([built.code, built.err, interpreted.code]).toEqual([0, '', 0]);
    const [{ file, ...output }] = JSON.parse(built.out).outputs;
    expect(output).toEqual({
      name: 'y',
      dtype: 'f32',
      shape: [1, 2],
      min: expect.any(Number),
      max: expect.any(Number),
      mean: expect.any(Number),
      notFinite: 0,
    });
    expect(readFileSync(file)).toEqual(readFileSync(at('results-2/y.npy')));
  });

  test('what is missing is named with its shape', async () => {
    expect((await espalier(['run', at('runs')])).err).toBe(
      'error: the input "x" is missing: f32 [1, 4] [run/missing-input]\n  hint: --input x=FILE.npy, FILE.png or random:SEED\n',
    );
  });

  test('an output that lost a file, and sources alone, are not run', async () => {
    await espalier(['build', model, '-o', at('lost')]);
    rmSync(at('lost/net.wasm'));
    expect((await espalier(['run', at('lost'), '-i', 'random:1'])).err).toBe(
      `${at('lost')}: error: the file "net.wasm" is missing [run/file-missing]\n  hint: build the model anew\n`,
    );
    await espalier(['build', model, '-o', at('sources'), '--source-only']);
    expect((await espalier(['run', at('sources'), '-i', 'random:1'])).err).toBe(
      `${at('sources')}: error: the folder holds sources and no binary [run/no-binary]\n  hint: build without --source-only, with a C compiler installed\n`,
    );
  });
});

describe('verify', () => {
  test.each(['wasm', 'cpu'])('%s equals the reference, as text and as JSON', async (target) => {
    const text = await espalier(['verify', model, '-t', target, '--samples', '3']);
    expect([text.code, text.err]).toEqual([0, '']);
    expect(text.out).toContain(
      `equal: ${model} on ${target} against evaluate, 3 random inputs, error at most 0.00001\n`,
    );
    expect(text.held.size).toBe(0);
    const { code, out } = await espalier(['verify', model, '-t', target, '--json']);
    expect(code).toBe(0);
    expect(verifySchema.parse(JSON.parse(out))).toMatchObject({ ok: true, target, against: 'evaluate' });
  });

  test('against TensorFlow.js', async () => {
    const { code, out } = await espalier(['verify', model, '--against', 'tfjs', '--json']);
    expect(code).toBe(0);
    expect(verifySchema.parse(JSON.parse(out))).toMatchObject({ ok: true, target: 'wasm', against: 'tfjs' });
  });
});

describe('inspect', () => {
  test('as text', async () => {
    const { code, out } = await espalier(['inspect', model]);
    expect(code).toBe(0);
    expect(out).toContain('inputs   x  f32 [1, 4]\noutputs  y  f32 [1, 2]\n');
    expect(out).toContain('in layers');
  });

  test('as JSON, every format with its bytes or why not', async () => {
    const { out } = await espalier(['inspect', model, '--json']);
    const { layers } = inspectSchema.parse(JSON.parse(out));
    expect(layers).toHaveLength(1);
    expect(layers[0]).toMatchObject({ macs: 8, zeros: 5 });
    expect(layers[0].formats.find((f) => f.format === 'dense')).toEqual({ format: 'dense', bytes: 32 });
  });

  test('one layer in detail', async () => {
    const { out } = await espalier(['inspect', model, '--layer', 'dense*']);
    expect(out).toMatch(/\n {2}dense +32 B\n/);
    expect((await espalier(['inspect', model, '--layer', 'nothing'])).code).toBe(1);
  });
});

describe('people', () => {
  test('get help for every command', async () => {
    for (const argv of [
      ['--help'],
      ['help', 'build'],
      ['build', '--help'],
      ['inspect', '-h'],
      ['run', '-h'],
      ['verify', '-h'],
      ['export', '-h'],
    ]) {
      const { code, out, err } = await espalier(argv);
      expect([code, err], argv.join(' ')).toEqual([0, '']);
      expect(out).toMatch(/^Usage: espalier/);
    }
    expect((await espalier(['--version'])).out).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  test('get colours where they are wanted, and the same words without them', async () => {
    const argv = ['inspect', model];
    const coloured = (await espalier(argv, { colours: true })).out;
    expect(stripVTControlCharacters(coloured)).toBe((await espalier(argv)).out);
    expect(coloured).not.toBe(stripVTControlCharacters(coloured));
  });

  test('are told what is being done', async () => {
    const { doing } = await espalier(['build', model, '-o', at('told')]);
    expect(doing).toEqual([`reading ${model}`, 'compiling net for wasm', 'building net.wasm']);
  });
});
