/** Typical mistakes on the command line: what is said, word for word, and the exit code. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { runEspalier } from '../src/cli/program.ts';
import { espalier, writeModel } from './cli-kit.ts';

let root: string;
let model: string;
beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'espalier-mistakes-'));
  model = writeModel(join(root, 'net'));
  mkdirSync(at('empty'));
  writeFileSync(at('format.json'), JSON.stringify({ model, layers: { dense: { format: 'csv' } } }));
  writeFileSync(at('nm.json'), JSON.stringify({ model, layers: { '*': { format: 'nm', params: { n: 1, m: 4 } } } }));
  await espalier(['build', model, '-o', at('plain')]);
});
afterAll(() => rmSync(root, { recursive: true }));

const at = (path: string): string => join(root, path);

const errorsSchema = z.strictObject({
  errors: z
    .array(
      z.strictObject({
        code: z.string().regex(/^[a-z]+\/[a-z0-9-]+$/),
        message: z.string().min(1),
        file: z.string().nullable(),
        layer: z.string().nullable(),
        hint: z.string().nullable(),
      }),
    )
    .min(1),
});

describe('mistakes get one clear message each', () => {
  const mistakes: readonly (readonly [string, () => readonly string[], number, string])[] = [
    [
      'a model that is not there',
      () => ['build', at('nett/model.json')],
      1,
      '<root>/nett/model.json: error: there is no such file or folder [import/missing-file]\n' +
        '  hint: did you mean "<root>/net/model.json"?\n',
    ],
    [
      'a folder without a model',
      () => ['inspect', at('empty')],
      1,
      '<root>/empty: error: the folder holds no model [import/not-a-model]\n' +
        '  hint: give the path of a file: a "model.json" and its shards, or an ".onnx" file\n',
    ],
    ...['0', '-1', 'abc', '1.5'].map(
      (threads) =>
        [
          `${threads} threads`,
          () => ['build', model, '-t', 'cpu', '--threads', threads],
          2,
          `error: option "--threads <n>" argument "${threads}" is invalid [cli/usage]\n` +
            '  hint: it must be a whole number above zero\n',
        ] as const,
    ),
    [
      'too many threads',
      () => ['build', model, '-t', 'cpu', '--threads', '1000'],
      1,
      'error: a network is run by 1 to 64 threads, and 1000 are wanted [target/too-many-threads]\n' +
        '  hint: more would wait for each other: give --threads 1 to 64\n',
    ],
    [
      'threads where there are none',
      () => ['build', model, '-t', 'fpga', '--threads', '2'],
      1,
      'error: the target "fpga" runs on one thread, and 2 are wanted [target/no-threads]\n' +
        '  hint: leave out --threads, or build for cpu or wasm\n',
    ],
    [
      'threads without an operating system',
      () => ['build', model, '-t', 'cpu', '--cpu', 'cortex-m7', '--threads', '2'],
      1,
      'error: programs for "cortex-m7" have no operating system to start 2 threads [target/no-threads]\n' +
        '  hint: leave out --threads, or build for another cpu\n',
    ],
    [
      'an output in place of a model',
      () => ['verify', at('plain')],
      1,
      '<root>/plain: error: the folder is an output of espalier build, not a model [import/not-a-model]\n' +
        '  hint: give the model that it was built from, or run it with espalier run\n',
    ],
    [
      'a misspelt target',
      () => ['build', model, '-t', 'wsm'],
      1,
      'error: there is no target "wsm" [target/unknown]\n  hint: did you mean "wasm"? targets are cpu, cuda, fpga, wasm, webgpu\n',
    ],
    [
      'a misspelt cpu',
      () => ['build', model, '-t', 'cpu', '--cpu', 'x86-64v3'],
      1,
      'error: there is no cpu "x86-64v3" [target/unknown-cpu]\n' +
        '  hint: did you mean "x86-64-v3"? cpus are generic, native, native-multi, x86-64-v3, x86-64-v4, armv8-a, rv64gc, cortex-m7\n',
    ],
    [
      'a cpu for WebAssembly',
      () => ['build', model, '--cpu', 'native'],
      1,
      'error: the target "wasm" is the same for every cpu, and "native" is given [target/no-cpu]\n  hint: leave out --cpu\n',
    ],
    [
      'a prefix for WebAssembly',
      () => ['build', model, '--prefix', 'my_'],
      1,
      'error: the target "wasm" exports no C identifiers, and the prefix "my_" is given [target/no-prefix]\n' +
        '  hint: leave out --prefix, or build for cpu\n',
    ],
    [
      'WebAssembly that is shared with a CPU',
      () => ['build', model, '--split'],
      1,
      'error: the target "wasm" takes all operators, and --split is given [split/not-for-target]\n' +
        '  hint: leave out --split, or build for hardware: -t fpga\n',
    ],
    [
      'a plan of a network in parts',
      () => ['build', model, '-t', 'fpga', '--part', 'xc7z020clg400-1', '--split', '--print-plan'],
      1,
      'error: with --split a model is compiled in three parts, and --print-plan is for one [split/one-graph]\n  hint: leave it out\n',
    ],
    [
      'real numbers for an FPGA and a CPU',
      () => ['build', model, '-t', 'fpga', '--part', 'xc7z020clg400-1', '--split', '-o', at('shared')],
      1,
      'model.json: error: the model computes with real numbers alone, and engines take whole ones [fpga/not-quantised]\n' +
        '  hint: quantise it: --quantize weights=int8,activations=int8 --calibrate data.npz\n',
    ],
    [
      'a folder with other files',
      () => ['build', model, '-o', at('net')],
      1,
      '<root>/net: error: the output folder "<root>/net" holds files that espalier did not write: "model.json", "weights.bin" [output/not-ours]\n' +
        '  hint: choose another folder with -o, or empty this one\n',
    ],
    [
      'a place that is a file',
      () => ['build', model, '-o', join(model, 'out')],
      1,
      '<root>/net/model.json/out: error: cannot write the output folder "<root>/net/model.json/out": a part of the path is a file, not a folder [output/not-writable]\n' +
        '  hint: choose a folder that you may write to with -o\n',
    ],
    [
      'a place where nothing can be made',
      () => ['build', model, '-o', '/proc/espalier-out'],
      1,
      '/proc/espalier-out: error: cannot write the output folder "/proc/espalier-out": there is no such file or folder [output/not-writable]\n' +
        '  hint: choose a folder that you may write to with -o\n',
    ],
    [
      'no model at all',
      () => ['build'],
      1,
      'error: no model is given [cli/no-model]\n  hint: give the path of a model.json or of an .onnx file, or name it in the config file\n',
    ],
    [
      'a misspelt option',
      () => ['build', model, '--targt', 'cpu'],
      2,
      'error: unknown option "--targt" [cli/usage]\n  hint: did you mean --target?\n',
    ],
    [
      'a misspelt command',
      () => ['biuld', model],
      2,
      'error: unknown command "biuld" [cli/usage]\n  hint: did you mean build?\n',
    ],
    [
      'a number that is none',
      () => ['verify', model, '--samples', 'many'],
      2,
      'error: option "--samples <n>" argument "many" is invalid [cli/usage]\n  hint: it must be a whole number above zero\n',
    ],
    [
      'a format that does not exist',
      () => ['build', '--config', at('format.json')],
      1,
      'error: there is no format "csv" [config/unknown-format]\n  hint: did you mean "csr"? formats are dense, csr, bitmask, block, nm, vec, punched, pattern, gs, stretched, union, smartdeal\n',
    ],
    [
      'a format that does not fit',
      () => ['build', '--config', at('nm.json'), '-o', at('never')],
      1,
      'model.json: dense/MatMul: error: the weights cannot be stored as "nm n=1 m=4": ',
    ],
    [
      'a pass that does not exist',
      () => ['build', model, '--print-ir-after', 'fuse-bais'],
      1,
      'error: there is no pass "fuse-bais" [cli/unknown-pass]\n  hint: did you mean "fuse-bias"? passes are import, ',
    ],
  ];

  test.each(mistakes)('%s', async (_, argv, exit, message) => {
    const { code, out, err } = await espalier(argv());
    expect(err.replaceAll(root, '<root>').slice(0, message.length)).toBe(message);
    expect([code, out]).toEqual([exit, '']);
    expect(err).not.toMatch(/\n {4}at /);

    const json = await espalier([...argv(), '--json']);
    expect([json.code, json.err]).toEqual([exit, '']);
    errorsSchema.parse(JSON.parse(json.out));
  });
});

test('a bug of ours ends with 70, without a stack trace, and with a file to report', async () => {
  const lines: string[] = [];
  const sink = { write: (text: string) => void lines.push(text), colours: false, columns: 100 };
  const boom = (): never => {
    throw new TypeError('the sky falls');
  };
  const code = await runEspalier(['build', model, '-o', at('bug')], {
    env: {},
    out: sink,
    err: sink,
    progress: () => {},
    journal: { hold: boom, release: () => {}, keep: () => {} },
    signal: new AbortController().signal,
  });
  expect(code).toBe(70);
  const [, file] =
    /^error: a bug in espalier, not a fault of the model: the sky falls \[cli\/bug\]\n {2}hint: please report it with the file "([^"]+)"/.exec(
      lines.join(''),
    ) ?? [];
  expect(readFileSync(file, 'utf8')).toMatch(/^espalier \d+\.\d+\.\d+, Node v[\s\S]*TypeError: the sky falls/);
  rmSync(file);
});
