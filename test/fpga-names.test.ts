/** What models call things, however hostile, reaches no identifier, comment or path of an FPGA component as it is, nor of its Verilog twin. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { Diagnostic } from '../src/diagnostic.ts';
import { bug } from '../src/diagnostic.ts';
import type { Graph } from '../src/graph/graph.ts';
import { renderer } from '../src/render.ts';
import { emit } from '../targets/fpga/emit.ts';
import { csim } from './fpga-csim.ts';
import { makeGraph } from './fpga-quantised.ts';
import { installed, simulateTwin, writeTwin } from './fpga-rtl/kit.ts';

const render = renderer(new URL('../templates/', import.meta.url));

/** Each ends something, means something, or is too much; of two alike neither may take the other's place. */
const hostile: readonly string[] = [
  'a "quoted" \'one\'',
  'two\nlines\r\n#error "three"',
  '*/ int stolen; /*',
  '// endmodule',
  'back\\slash\\',
  '\\\n#define int',
  'größe 入力 \u202e\u2028 🙂',
  '$(touch stolen) `touch stolen` %s%n {{stolen}}',
  '../../../etc/stolen',
  'class',
  'endmodule',
  'main',
  'int8_t',
  'NULL',
  '__asm__',
  '',
  '0',
  'ab',
  'a b',
  'x'.repeat(10_000),
];

/** One small layer for each, called so itself, as its input and as its output. */
function graphOf(names: readonly string[]): Graph {
  const maker = makeGraph('names');
  const outputs = names.map((name) => {
    const x = maker.quantize(maker.input(name, [1, 2, 3, 2]), 1 / 64);
    const y = maker.requantize(maker.conv(x, { filters: 2, kernel: [1, 1], kept: 0.7 }));
    return [name, maker.dequantize(y, 0.1)] as const;
  });
  const graph = maker.graph(Object.fromEntries(outputs));
  const called = (i: number): string => names[Math.floor((i * names.length) / graph.nodes.length)];
  return { ...graph, nodes: graph.nodes.map((node, i) => ({ ...node, origin: called(i) })) };
}

const said: Diagnostic[] = [];
const { artefacts } = emit(
  graphOf(hostile),
  { part: 'xc7z020clg400-1', rtl: true },
  { render, recorded: () => bug('nothing is recorded'), typical: [], report: (d) => void said.push(d) },
);
const texts = artefacts.flatMap(({ path, contents }) => (typeof contents === 'string' ? [{ path, contents }] : []));

test('paths are short words', () => {
  expect(said).toEqual([]);
  for (const { path } of artefacts) expect(path).toMatch(/^(?:[\w.-]{1,100}\/){0,3}[\w.-]{1,100}$/);
  expect(artefacts.filter(({ path }) => path.includes('..'))).toEqual([]);
  expect(new Set(artefacts.map(({ path }) => path.toLowerCase())).size).toBe(artefacts.length);
});

test('nothing ends a comment or a string, or is long', () => {
  const bad = ['*/ int', '#error', '#define int', '$(touch', '`touch', '{{stolen', '"quoted"', 'x'.repeat(200)];
  for (const { path, contents } of texts) {
    for (const piece of bad) expect(contents.includes(piece), `${path}: ${piece.slice(0, 20)}`).toBe(false);
    expect(contents.match(/[^\n\t -~\p{L}\p{N}]/u)?.[0], path).toBeUndefined();
  }
});

test.skipIf(!installed('g++'))(
  'the component compiles without a warning, and computes what it should',
  () => {
    expect(csim(artefacts, ['-O0'])).toEqual([{ code: 0, out: 'ok: 2 pictures\n' }]);
  },
  60_000,
);

test.skipIf(!installed('iverilog'))('the Verilog twin compiles without a warning, and computes what it should', () => {
  const folder = mkdtempSync(join(tmpdir(), 'espalier-names-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeTwin(artefacts, folder);
  expect(simulateTwin(folder).output).toMatch(/^PASS: 0 errors/);
});
