/** `espalier export`: files that appear whole or not at all, and never in the place of the model. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { evaluate } from '../src/graph/evaluate.ts';
import type { ModelProto } from '../src/import/onnx/schema.ts';
import { decode } from '../src/import/onnx/schema.ts';
import { loadModel } from '../src/make/load.ts';
import { espalier, writeModel } from './cli-kit.ts';

let root: string;
let model: string;
const at = (...parts: readonly string[]): string => join(root, ...parts);

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'espalier-export-'));
  model = writeModel(at('net'));
});
afterAll(() => rmSync(root, { recursive: true }));

const operatorsIn = (file: string): readonly string[] =>
  decode<ModelProto>('ModelProto', readFileSync(file)).graph?.node.map((n) => n.opType) ?? [];

const loaded = (file: string) => {
  const said: string[] = [];
  const found = loadModel(file, {}, (d) => void said.push(d.message));
  expect(said).toEqual([]);
  if (!found) throw new Error('nothing was loaded');
  return found.graph;
};

test('writes a file that means what the model means', async () => {
  for (const name of ['out.onnx', 'out.graph']) {
    const { code, out, err, held, doing } = await espalier(['export', model, '-o', at('made', name)]);
    expect([code, err, [...held]]).toEqual([0, '', []]);
    expect(out).toContain(`\nin layers  8 weights, 62.5 % zero\n`);
    expect(doing).toEqual([`reading ${model}`, `writing ${at('made', name)}`]);
    const inputs = { x: Float32Array.of(1, -2, 3, 4) };
    expect(evaluate(loaded(at('made', name)), inputs)).toEqual(evaluate(loaded(model), inputs));
  }
  expect(readdirSync(at('made')).sort()).toEqual(['out.graph', 'out.onnx']);
});

test('says as JSON what was written', async () => {
  const { out } = await espalier(['export', model, '-o', at('json.onnx'), '--json']);
  const bytes = readFileSync(at('json.onnx')).length;
  expect(JSON.parse(out)).toEqual({ files: [{ path: at('json.onnx'), bytes }], weights: 8, kept: 3 });
});

test('runs as many passes as are asked for', async () => {
  const operators: string[][] = [];
  for (const passes of ['none', 'prune', 'all']) {
    const file = at(`${passes}.onnx`);
    expect((await espalier(['export', model, '-o', file, '--passes', passes])).code).toBe(0);
    operators.push([...operatorsIn(file)]);
  }
  expect(operators).toEqual([
    ['Gemm', 'Add', 'Relu'],
    ['Gemm', 'Add', 'Relu'],
    ['Gemm', 'Relu'],
  ]);
});

test('replaces an older file', async () => {
  writeFileSync(at('old.onnx'), 'old');
  expect((await espalier(['export', model, '-o', at('old.onnx')])).code).toBe(0);
  expect(operatorsIn(at('old.onnx'))).toEqual(['Gemm', 'Relu']);
});

describe('refuses', () => {
  test.each([
    ['a name that says no format', ['-o', 'out.pb'], 'export/unknown-file'],
    ['a folder', ['-o', 'folder.onnx'], 'output/not-a-file'],
    ['to write where a file is in the way', ['-o', 'net/model.json/out.onnx'], 'output/not-writable'],
  ])('%s', async (_, [flag, name], code) => {
    mkdirSync(at('folder.onnx'), { recursive: true });
    const before = readdirSync(root);
    const { code: exit, out, held } = await espalier(['export', model, flag, at(name), '--json']);
    expect(exit).toBe(1);
    expect(JSON.parse(out).errors).toMatchObject([{ code, file: at(name) }]);
    expect([readdirSync(root), [...held]]).toEqual([before, []]);
  });

  test('to replace the model', async () => {
    const file = at('self.onnx');
    await espalier(['export', model, '-o', file]);
    const before = readFileSync(file);
    const { code, err } = await espalier(['export', file, '-o', file]);
    expect(code).toBe(1);
    expect(err).toContain('[output/in-use]');
    expect(readFileSync(file)).toEqual(before);
  });

  test('a command line without an output, and passes that there are not', async () => {
    const without = await espalier(['export', model]);
    expect([without.code, without.err]).toEqual([2, expect.stringContaining('--out <file>')]);
    expect((await espalier(['export', model, '-o', at('a.onnx'), '--passes', 'some'])).code).toBe(2);
  });

  test('a model that cannot be read, and leaves nothing', async () => {
    writeFileSync(at('bad.onnx'), 'nonsense');
    expect((await espalier(['export', at('bad.onnx'), '-o', at('never.onnx')])).code).toBe(1);
    expect(existsSync(at('never.onnx'))).toBe(false);
  });
});
