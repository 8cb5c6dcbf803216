/** Sources of a generated component: however large the network, functions are short and tables are data files. */
import { expect, test } from 'vitest';
import type { Node } from '../src/graph/graph.ts';
import { renderer } from '../src/render.ts';
import { emit } from '../targets/fpga/emit.ts';
import { GraphMaker } from './fpga-graphs.ts';

const render = renderer(new URL('../templates/', import.meta.url));

/** More stages than one function calls, a layer with many weights, tables for many channels, a table for each channel. */
function sources(): readonly { readonly path: string; readonly text: string }[] {
  const g = new GraphMaker(1);
  let x: Node = g.conv(g.input('image', [1, 3, 3, 3]), 16, 3, 1);
  for (let i = 0; i < 14; i++) {
    const sum = g.call({ kind: 'binary', fn: 'add' }, [g.conv(x, 16, 1, 0.3, 1, false), x]);
    x = g.requantize(sum, -128, 127, 1);
  }
  x = g.conv(x, 200, 3, 0.5);
  const tables = Array.from({ length: 200 * 256 }, (_, i) => (i % 251) - 125);
  x = g.call({ kind: 'lookup', low: -128 }, [x, g.constant('i32', [200, 256], tables)]);
  const sums = g.call({ kind: 'reduce', fn: 'sum', axes: [1, 2], keep: false }, [x]);
  const graph = g.graph({ classes: g.linear(g.requantize(sums, -128, 127, 4), 300, 0.4) });
  const { artefacts } = emit(
    graph,
    { part: 'xczu7ev-ffvc1156-2-e' },
    { render, typical: [], recorded: () => expect.fail('nothing is recorded'), report: (d) => expect.fail(d.message) },
  );
  return artefacts.map(({ path, contents }) => ({ path, text: String(contents) }));
}

/** Lines of each definition: from the line that opens a brace outside of all others but namespaces to the one that closes it. */
function definitions(text: string): readonly number[] {
  const out: number[] = [];
  let [depth, start] = [0, 0];
  for (const [at, line] of text.split('\n').entries()) {
    const code = line.replace(/\/\/.*/, '').replace(/"[^"]*"/g, '');
    if (/^namespace\b|^extern\b/.test(code)) continue;
    for (const sign of code.match(/[{}]/g) ?? []) {
      if (sign === '{' && depth++ === 0) start = at;
      if (sign === '}' && depth > 0 && --depth === 0) out.push(at - start + 1);
    }
  }
  return out;
}

test('definitions are counted from brace to brace', () => {
  expect(definitions('namespace a {\nvoid f() {\n  if (x) {\n  }\n} // }\nint a[] = {1};\n}\n')).toEqual([4, 1]);
});

test('no function has over 300 lines, no source many numbers, no data file a megabyte', () => {
  const all = sources();
  const written = all.filter(({ path }) => /\.(cpp|h)$/.test(path));
  const top = written.find(({ path }) => path === 'src/made_accelerator.cpp')?.text ?? expect.fail('no top');
  expect(top).toContain('part_1(');
  for (const { path, text } of written) {
    expect(Math.max(0, ...definitions(text)), path).toBeLessThanOrEqual(300);
    expect(text.split('\n').length, path).toBeLessThanOrEqual(600);
    for (const [, list] of text.matchAll(/=\s*\{([^{};]*)\}/g)) expect(list.split(',').length, path).toBeLessThan(80);
  }
  const data = all.filter(({ path }) => path.startsWith('src/data/'));
  expect(data.map(({ path }) => path.replace(/_\d+\.inc$/, '.inc'))).toEqual(
    expect.arrayContaining([
      expect.stringMatching(/schedule\.inc$/),
      expect.stringMatching(/^src.data.lookup_\w+_table\.inc$/),
    ]),
  );
  for (const { path, text } of data) expect(text.length, path).toBeLessThan(2 ** 20);
});
