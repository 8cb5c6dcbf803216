/** Graphs as text: what is dumped can be compiled again, and what is damaged is refused. */
import { describe, expect, test } from 'vitest';
import type { Graph } from '../src/graph/graph.ts';
import { print } from '../src/graph/print.ts';
import { packSidecar, sidecarPath, unpackSidecar } from '../src/graph/sidecar.ts';
import type { Files, TestModel } from './import/kit.ts';
import { bytes, filesOf, importFiles, noise } from './import/kit.ts';

const model: TestModel = {
  inputs: { x: noise(1, 1, 20) },
  constants: { w: noise(2, 20, 30) },
  nodes: [{ name: 'y', op: 'MatMul', input: ['x', 'w'], attr: {} }],
  outputs: ['y'],
};

const mask = Uint8Array.from({ length: 600 }, (_, i) => i % 2);

function dumped(): { readonly graph: Graph; readonly files: Files } {
  const { graph } = importFiles(filesOf(model), { masks: { w: mask } });
  if (!graph) throw new Error('no graph');
  const { text, sidecar } = print(graph);
  return { graph, files: { 'net.graph': bytes(text), [sidecarPath('net.graph')]: packSidecar(sidecar) } };
}

const read = (files: Files, options = {}) => importFiles(files, options, 'somewhere/net.graph');

test('a dump reads back as the graph that it was', () => {
  const { graph, files } = dumped();
  expect(read(files)).toEqual({ graph, diagnostics: [] });
});

test('the archive is the same bytes each time, and numpy can read it', () => {
  const { files } = dumped();
  const [path] = Object.keys(files).filter((p) => p.endsWith('.npz'));
  expect(path).toBe('net.graph.npz');
  expect(dumped().files[path]).toEqual(files[path]);
  expect([...unpackSidecar(files[path]).keys()]).toHaveLength(2);
});

describe('what is refused, with the line or the constant at fault', () => {
  const message = (files: Files): string => {
    const { graph, diagnostics } = read(files);
    expect(graph).toBeNull();
    expect(diagnostics[0].origin?.file).toBe('somewhere/net.graph');
    return diagnostics.map((d) => `${d.code}: ${d.message}`).join('; ');
  };
  const edited = (from: string | RegExp, to: string): Files => {
    const { files } = dumped();
    return { ...files, 'net.graph': bytes(new TextDecoder().decode(files['net.graph']).replace(from, to)) };
  };

  test('text that is none', () => {
    expect(message({ 'net.graph': bytes('hello') })).toBe('import/syntax: cannot read "hello"');
    expect(message({ 'net.graph': bytes('') })).toBe('import/syntax: cannot read ""');
    expect(message(edited('linear(', 'liner('))).toBe('import/syntax: no operator is called "liner"');
  });

  test('graphs that are not sound', () => {
    expect(message(edited(': f32[1x30]', ': f32[1x31]'))).toMatch(
      /^graph\/invalid: %y is declared f32\[1x31\] but computes f32\[1x30\]$/,
    );
    expect(message(edited('return "y"=%y', 'return "y"=%z'))).toBe(
      'graph/invalid: output "y" is %z, which is not defined',
    );
  });

  test('constants that are missing or damaged', () => {
    const { files } = dumped();
    expect(message({ 'net.graph': files['net.graph'] })).toMatch(
      /^import\/syntax: the constant "#\w+" is not in the sidecar$/,
    );
    for (const damaged of [files['net.graph.npz'].slice(0, 300), bytes('zip'), new Uint8Array()])
      expect(message({ ...files, 'net.graph.npz': damaged })).toMatch(/^import\/syntax: the sidecar is not an archive/);
    const [[digest, data]] = unpackSidecar(files['net.graph.npz']);
    const other = packSidecar(new Map([[digest, data.map((b) => b ^ 1)]]));
    expect(message({ ...files, 'net.graph.npz': other })).toBe(
      `import/syntax: the constant "${digest}" in the sidecar is damaged`,
    );
  });

  test('options that text has no use for are named', () => {
    const { diagnostics } = read(dumped().files, { batch: 2 });
    expect(diagnostics).toMatchObject([{ severity: 'warning', code: 'import/option' }]);
  });
});
