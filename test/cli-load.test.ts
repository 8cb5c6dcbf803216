/** Models as people name them, and masks beside them. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zipSync } from 'fflate';
import { dump } from 'npyjs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Diagnostic } from '../src/diagnostic.ts';
import type { LoadOptions } from '../src/make/load.ts';
import { loadModel } from '../src/make/load.ts';
import { readMasks } from '../src/make/masks.ts';
import { espalier, writeModel } from './cli-kit.ts';

let root: string;
let model: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'espalier-load-'));
  model = writeModel(join(root, 'net'));
});
afterAll(() => rmSync(root, { recursive: true }));

const at = (path: string): string => join(root, path);

function load(path: string, options: LoadOptions = {}) {
  const said: Diagnostic[] = [];
  const loaded = loadModel(path, options, (d) => void said.push(d));
  return {
    loaded,
    said: said.map(({ code, message, hint }) => `${code}: ${message} (${hint})`.replaceAll(root, '<root>')),
  };
}

describe('a path', () => {
  test('of a file, or of the folder that holds one', () => {
    expect(load(model).loaded?.graph.name).toBe('net');
    expect(load(at('net')).loaded?.file).toBe(model);
    const { graph } = load(at('net'), { name: 'mine' }).loaded ?? expect.unreachable();
    expect(graph.name).toBe('mine');
  });

  test('of a folder with one other file, and with several', () => {
    mkdirSync(at('other'));
    writeFileSync(at('other/detector.json'), '{}');
    expect(load(at('other')).said[0]).toMatch(/^import\/json: /);
    writeFileSync(at('other/classifier.json'), '{}');
    expect(load(at('other')).said).toEqual([
      'import/not-a-model: the folder holds 2 files that may be models (give the path of a file, e.g. <root>/other/classifier.json)',
    ]);
  });

  test.each([
    ['nett/model.json', 'did you mean "<root>/net/model.json"?'],
    ['net/modle.json', 'did you mean "<root>/net/model.json"?'],
    ['quite/another/place.json', 'give the path of a "model.json" or of an ".onnx" file'],
  ])('that is misspelt: %s', (path, hint) => {
    expect(load(at(path)).said).toEqual([`import/missing-file: there is no such file or folder (${hint})`]);
  });

  test('of a shard that is a folder', () => {
    const broken = writeModel(at('broken'));
    rmSync(at('broken/weights.bin'));
    mkdirSync(at('broken/weights.bin'));
    expect(load(broken).said[0]).toMatch(
      /^import\/shard-missing: the shard "weights.bin" is not there or cannot be read/,
    );
  });
});

describe('masks', () => {
  const write = (name: string, contents: string | Uint8Array): string => {
    writeFileSync(at(name), contents);
    return at(name);
  };
  const npy = (flags: Uint8Array | Float32Array, shape: number[]): Uint8Array => new Uint8Array(dump(flags, shape));
  const read = (file: string) => {
    const said: Diagnostic[] = [];
    return { masks: readMasks(file, (d) => void said.push(d)), said: said.map((d) => d.message) };
  };

  test('from numpy archives and from JSON', () => {
    const zip = zipSync({
      'a/kernel.npy': npy(Uint8Array.of(1, 0, 1, 1), [2, 2]),
      'b.npy': npy(Float32Array.of(0, 1), [2]),
    });
    expect(read(write('masks.npz', zip))).toEqual({
      masks: { 'a/kernel': Uint8Array.of(1, 0, 1, 1), b: Uint8Array.of(0, 1) },
      said: [],
    });
    expect(read(write('masks.json', '{ "a/kernel": [[1, 0], [true, false]] }'))).toEqual({
      masks: { 'a/kernel': Uint8Array.of(1, 0, 1, 0) },
      said: [],
    });
  });

  test.each<[string, string | Uint8Array, RegExp]>([
    ['half.json', '{ "a": [1, 0.5] }', /^the mask of "a" holds something other than 0 and 1$/],
    ['words.json', '{ "a": ["yes"] }', /^the mask of "a" holds something other than 0 and 1$/],
    ['list.json', '[1]', /^the masks are no JSON object$/],
    ['cut.json', '{ "a"', /^the masks cannot be read: /],
    ['cut.npz', Uint8Array.of(80, 75, 3, 4, 0), /^the masks cannot be read: /],
    ['masks.txt', '', /^masks are not read from "\.txt" files$/],
  ])('%s', (name, contents, message) => {
    const { masks, said } = read(write(name, contents));
    expect(masks).toBeUndefined();
    expect(said).toEqual([expect.stringMatching(message)]);
  });

  test('a file that is not there', () => {
    expect(read(at('nowhere.npz')).said).toEqual(['the masks cannot be read: there is no such file or folder']);
  });

  test('on the command line: a weight that is masked is dropped, a zero that is kept is stored', async () => {
    const masks = write(
      'net.json',
      JSON.stringify({
        'dense/kernel': [
          [1, 1],
          [1, 1],
          [0, 0],
          [0, 0],
        ],
      }),
    );
    const { out } = await espalier(['inspect', model, '--masks', masks, '--json']);
    expect(JSON.parse(out).layers[0]).toMatchObject({ zeros: 4, macs: 8 });
    const { err } = await espalier(['inspect', model, '--masks', write('odd.json', '{ "dense/kernle": [1] }')]);
    expect(err).toContain('dense/kernle');
  });
});
