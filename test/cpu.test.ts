/** What the cpu target emits: C that compiles without a warning, computes what the graph means, and touches nothing else. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { compile } from '../src/compile.ts';
import { printDiagnostic } from '../src/diagnostic.ts';
import { evaluate } from '../src/graph/evaluate.ts';
import { parse } from '../src/graph/parse.ts';
import { randomInputs } from '../src/graph/samples.ts';
import { runNative } from '../src/toolchain/run-native.ts';
import { cpuNames } from '../targets/cpu/cpus.ts';
import { shippedRates } from '../targets/cpu/rates/index.ts';
import { cpuTarget } from '../targets/cpu/target.ts';
import {
  checkSourcesOf,
  compiled,
  few,
  folderWith,
  installed,
  mixed,
  render,
  run,
  sourcesOf,
  textOf,
  warnings,
} from './cpu-build.ts';
import { distance } from './ops/law.ts';

const link = ['-I.', '-lm'];
const compilers = ['gcc', 'clang-19'];

describe.each(compilers)('%s', (compiler) => {
  test.skipIf(!installed(compiler))('compiles without a warning, and the check program agrees', () => {
    const built = compiled(mixed());
    const folder = folderWith(built);
    run(folder, compiler, ['-std=c11', '-O2', ...warnings, ...checkSourcesOf(built), ...link, '-o', 'check']);
    expect(run(folder, './check', [])).toMatch(/^probabilities: .*\nmap: .*\nok\n$/);
  });

  test.skipIf(!installed(compiler))('the header is good C++ too', () => {
    const folder = folderWith(compiled(mixed()));
    writeFileSync(join(folder, 'use.cc'), '#include "mixed.h"\nint main() { return mixed_workspace_size() == 0; }\n');
    run(folder, compiler, ['-x', 'c++', '-Wall', '-Wextra', '-pedantic', '-Werror', '-fsyntax-only', 'use.cc']);
  });
});

describe('the check program', () => {
  test('fails where the network computes something else', () => {
    const built = compiled(few());
    const folder = folderWith(built);
    const weights = join(folder, 'mixed_weights.bin');
    const bytes = readFileSync(weights);
    bytes.fill(0x3f, 0, 64);
    writeFileSync(weights, bytes);
    run(folder, 'gcc', ['-std=c11', ...checkSourcesOf(built), ...link, '-o', 'check']);
    expect(() => run(folder, './check', [])).toThrow(/which is too much\n[\s\S]*failed\n/);
  });
});

describe('the example program', () => {
  test('reads and writes files, and tells the time', async () => {
    const built = compiled(few());
    const folder = folderWith(built);
    const sources = [...sourcesOf(built), 'mixed_example.c'];
    run(folder, 'gcc', ['-std=c11', '-O1', ...warnings, ...sources, ...link, '-o', 'mixed_example']);
    const given = randomInputs(few(), 7);
    const ports = (list: typeof built.plan.inputs) =>
      list.map(({ name, type }) => ({ name, dtype: type.dtype, shape: type.shape }));
    const native = {
      program: join(folder, 'mixed_example'),
      inputs: ports(built.plan.inputs),
      outputs: ports(built.plan.outputs),
      given,
    };
    const result = await runNative({ ...native, repeat: 3 });
    if (!result.ok) throw new Error(result.diagnostic.message);
    const want = evaluate(few(), given);
    for (const [name, data] of Object.entries(want)) expect(distance(result.outputs[name], data)).toBeLessThan(2e-6);
    expect(result.timing?.minMs).toBeGreaterThan(0);
    expect(result.timing?.medianMs).toBeGreaterThanOrEqual(result.timing?.minMs ?? 0);

    expect(() => run(folder, './mixed_example', ['mixed.c', 'a.bin', 'b.bin'])).toThrow(
      /mixed\.c: not a file of 2352 bytes/,
    );
    expect(() => run(folder, './mixed_example', [])).toThrow(
      /usage: .* picture\.bin probabilities_out\.bin map_out\.bin/,
    );
    const short = await runNative({ ...native, given: { picture: new Float32Array(3) } });
    expect(short.ok ? '' : short.diagnostic.message).toContain('input "picture" takes 588 numbers');
  });
});

test('sources are the same ones every time, and for every cpu', () => {
  // Those of several levels have files more.
  const single = cpuNames.filter((cpu) => cpu !== 'native-multi');
  // Formats are chosen by what is measured on each.
  const rates = shippedRates('generic');
  const [first, ...others] = [undefined, ...single].map((cpu) =>
    compiled(mixed(), cpu === undefined ? {} : { cpu, rates }),
  );
  for (const other of others) {
    expect(other.artefacts.map((a) => a.path)).toEqual(first.artefacts.map((a) => a.path));
    for (const { path, contents } of other.artefacts)
      if (!/CMake|\.h$/.test(path))
        expect(contents, path).toEqual(first.artefacts.find((a) => a.path === path)?.contents);
  }
  expect(compiled(mixed()).artefacts).toEqual(first.artefacts);
});

test('constants are the same spelled out and embedded', () => {
  const graph = (count: number) =>
    parse(`graph constants of "constants.json"
  %x = input "x" : f32[${count}]
  %c = constant [${Array.from({ length: count }, (_, i) => [0.1, -0, 1e-45, -3.4028234e38, 16777216][i % 5]).join(' ')}] : f32[${count}]
  %y = binary(%x, %c) fn=add : f32[${count}]
return "y"=%y
`);
  const paths = [10, 5000].map((count) => {
    const built = compiled(graph(count));
    const folder = folderWith(built);
    run(folder, 'gcc', ['-std=c11', ...warnings, ...checkSourcesOf(built), ...link, '-o', 'check']);
    expect(run(folder, './check', [])).toContain('ok\n');
    return sourcesOf(built);
  });
  expect(paths).toEqual([
    ['constants.c', 'constants_weights.c'],
    ['constants.c', 'constants_weights.S'],
  ]);
});

test('a prefix stands before every name that others see', () => {
  const built = compiled(few(), { prefix: 'acme_' });
  const folder = folderWith(built);
  run(folder, 'gcc', ['-std=c11', '-O1', ...warnings, ...checkSourcesOf(built), ...link, '-o', 'check']);
  expect(run(folder, './check', [])).toContain('ok\n');
  for (const source of sourcesOf(built)) run(folder, 'gcc', ['-std=c11', '-I.', '-c', source, '-o', `${source}.o`]);
  const seen = run(folder, 'nm', [
    '--defined-only',
    '--extern-only',
    '--format=just-symbols',
    'mixed.c.o',
    'mixed_weights.S.o',
  ]);
  const names = seen.split('\n').filter((line) => line !== '' && !line.endsWith(':'));
  expect(names).toEqual(['acme_mixed_run', 'acme_mixed_workspace_size', 'acme_mixed_weights']);
});

test('each step is preceded by the line of the graph that it computes', () => {
  const built = compiled(mixed());
  const source = textOf(built, 'mixed.c');
  for (const { line } of built.plan.steps) expect(source).toContain(`  // ${line}\n`);
  expect(source).not.toMatch(/ \/\/.*\*\//);
});

test('a model whose inputs and outputs no file can hold is refused before they are computed', () => {
  const graph = parse(`graph large of "large"
  %x = input "x" : f32[20000x20000]
  %y = unary(%x) fn=relu : f32[20000x20000]
return "y"=%y
`);
  const out = compile({ graph, passes: [], target: cpuTarget([]), render });
  expect(out.ok ? [] : out.diagnostics.map(printDiagnostic)).toEqual([
    'large: error: has 3200000000 bytes of inputs and outputs, and one file may have 2147483647 [cpu/too-large]\n' +
      '  hint: give the inputs smaller sizes, or build a part of the model',
  ]);
});
