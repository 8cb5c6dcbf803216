/** The library: what `import ... from 'espalier'` gives, held to what it says. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Graph, Kernel, Pass, Result, Target } from '../src/index.ts';
import {
  build,
  CompilerBug,
  compile,
  evaluate,
  exportModel,
  formats,
  importModel,
  openOutput,
  parseGraph,
  passes,
  printDiagnostic,
  printGraph,
  randomInputs,
  targets,
  verify,
} from '../src/index.ts';
import { writeModel } from './cli-kit.ts';

let root: string;
let model: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'espalier-library-'));
  model = writeModel(join(root, 'net'));
});
afterAll(() => rmSync(root, { recursive: true }));

function good<T>(result: Result<T>): T {
  expect(result.diagnostics.map(printDiagnostic)).toEqual([]);
  return result.ok ? result : expect.unreachable();
}

const familyNamed = (name: string) => targets.find((t) => t.name === name) ?? expect.unreachable();

test('a model is imported, compiled and run without touching the disk', async () => {
  const { graph } = good(await importModel(model));
  const { artefacts, recipe } = good(await compile(graph, { target: 'wasm' }));
  const binary = artefacts.find(({ role }) => role === 'binary');
  expect(WebAssembly.validate(binary?.contents as Uint8Array<ArrayBuffer>)).toBe(true);
  expect(recipe).toEqual([]);
  expect(good(await compile(model, { target: 'wasm' })).artefacts).toEqual(artefacts);
});

test('for a cpu the recipe says what is left to do', async () => {
  const { recipe, artefacts } = good(await compile(model, { target: 'cpu', prefix: 'my_' }));
  expect(recipe.every(({ kind }) => kind === 'run-compiler')).toBe(true);
  expect(artefacts.find(({ path }) => path === 'net.h')?.contents).toContain('int my_net_run(');
});

test('a model is exported, and what is exported is imported', async () => {
  const out = join(root, 'exported.onnx');
  const { files } = good(await exportModel(model, { out, passes: 'none' }));
  expect(files.map((f) => [f.path, Buffer.compare(f.contents, readFileSync(out))])).toEqual([['exported.onnx', 0]]);
  const [before, after] = [good(await importModel(model)).graph, good(await importModel(out)).graph];
  const inputs = randomInputs(before, 1);
  expect(evaluate(after, inputs)).toEqual(evaluate(before, inputs));
  expect((await exportModel(out, { out })).ok).toBe(false);
});

test.each(['wasm', 'cpu'])('what is built for %s computes what the graph means', async (target) => {
  const out = join(root, `out-${target}`);
  const { manifest } = good(await build(model, { target, out }));
  expect(manifest.files.every(({ path, bytes }) => readFileSync(join(out, path)).length === bytes)).toBe(true);
  const { graph } = good(await importModel(model));
  const opened = good(await openOutput(out));
  const inputs = randomInputs(graph, 5);
  const [got, want] = [await opened.run(inputs), evaluate(graph, inputs)];
  expect(Object.keys(got ?? {})).toEqual(['y']);
  got?.y.forEach((value, i) => void expect(value).toBeCloseTo(want.y[i], 5));
  opened.dispose();
});

test('what cannot be done says why, and does nothing', async () => {
  const out = join(root, 'never');
  const results = [
    await importModel(join(root, 'nowhere')),
    await compile(model, { target: 'gpu' }),
    await build(model, { target: 'wasm', out, layers: { dense: { format: 'cs' } } }),
    await openOutput(root),
  ];
  expect(results.map(({ ok, diagnostics }) => [ok, diagnostics.map((d) => d.code)])).toEqual([
    [false, ['import/missing-file']],
    [false, ['target/unknown']],
    [false, ['config/unknown-format']],
    [false, ['run/not-an-output']],
  ]);
  expect(existsSync(out)).toBe(false);
});

test('graphs go through text and back', async () => {
  const { graph } = good(await importModel(model));
  const { text, sidecar } = printGraph(graph);
  expect(parseGraph(text, sidecar)).toEqual(graph);
});

test('passes, targets and formats are lists of plain records', () => {
  expect(formats.map((f) => f.name)).toEqual([
    'dense',
    'csr',
    'bitmask',
    'block',
    'nm',
    'vec',
    'punched',
    'pattern',
    'gs',
    'stretched',
    'union',
    'smartdeal',
  ]);
  expect(targets.map((t) => t.name)).toEqual(['cpu', 'cuda', 'fpga', 'wasm', 'webgpu']);
  for (const family of targets) {
    const target = family.target({});
    const names = passes(target).map((p) => p.name);
    expect(names.includes('choose-formats')).toBe(target.ownStorage === undefined);
  }
});

test('a bug is thrown, with the graph that shows it', async () => {
  const boom: Pass = {
    name: 'boom',
    doc: 'for tests',
    run: () => {
      throw new TypeError('the sky falls');
    },
  };
  const bug = compile(model, { target: 'wasm', parts: { passes: [boom] } });
  await expect(bug).rejects.toThrow(CompilerBug);
  await expect(bug).rejects.toThrow(/^the sky falls\n\nThe graph as it was imported.*\n\ngraph net of "model\.json"\n/);
});

describe('layers as one wants them', () => {
  test('a format by name or glob', async () => {
    const { graph } = good(await compile(model, { target: 'wasm', layers: { 'dense/*': { format: 'csr' } } }));
    expect(printGraph(graph).text).toMatch(/f32\[2x4, csr /);
  });

  test('a glob that matches nothing is a warning', async () => {
    const { ok, diagnostics } = await compile(model, { target: 'wasm', layers: { 'conv*': { format: 'csr' } } });
    expect([ok, diagnostics.map((d) => d.code)]).toEqual([true, ['config/no-such-layer']]);
  });

  test('a format that does not fit is an error with the reason', async () => {
    const layers = { '*': { format: 'nm', params: { n: 1, m: 4 } } };
    const { ok, diagnostics } = await compile(model, { target: 'wasm', layers });
    expect(ok).toBe(false);
    expect(diagnostics[0]).toMatchObject({ code: 'config/format-refused', origin: { file: 'model.json' } });
  });
});

/** Two convolutions in a row, large enough for kernels. */
const images = (): Graph => {
  const weights = Array.from({ length: 8 * 8 }, (_, i) => (i % 3 === 0 ? (i % 7) - 3 : 0)).join(' ');
  const conv = (id: string, from: string) =>
    `%${id} = conv2d(%${from}, %w, %b) stride=[1 1] dilation=[1 1] pad=[0 0 0 0] groups=1 activation=relu : f32[1x8x8x8] from "block/${id}"`;
  return parseGraph(`graph images of "images/model.json"
  %x = input "x" : f32[1x8x8x8]
  %w = constant [${weights}] : f32[8x1x1x8]
  %b = constant [1 -1 1 -1 1 -1 1 -1] : f32[8]
  ${conv('first', 'x')}
  ${conv('second', 'first')}
return "y"=%second
`);
};

describe('verify', () => {
  const wrongPass: Pass = {
    name: 'wrong-pass',
    doc: 'for tests',
    run: (graph) => ({
      ...graph,
      nodes: graph.nodes
        .map((n) => (n.id === 'second' && n.kind === 'call' ? { ...n, inputs: ['first', 'w', 'b2'] } : n))
        .flatMap((n) =>
          n.id === 'second'
            ? [
                {
                  ...graph.nodes.find((b) => b.id === 'b')!,
                  id: 'b2',
                  data: new Float32Array(8),
                } as (typeof graph.nodes)[number],
                n,
              ]
            : [n],
        ),
    }),
  };

  test('names the pass that changes the meaning, and the layer', async () => {
    const target = familyNamed('wasm').target({});
    const [first, ...rest] = passes(target);
    const { verdict } = good(
      await verify(images(), { target: 'wasm', parts: { passes: [first, wrongPass, ...rest] } }),
    );
    expect(verdict.ok).toBe(false);
    expect(verdict.divergedAt).toMatchObject({
      stage: 'pass',
      pass: 'wrong-pass',
      layer: 'block/second',
      op: 'conv2d',
    });
  });

  /** Kernels that forget the activation of one layer. */
  const wrongIn = (layer: string, kernels: readonly Kernel[]): readonly Kernel[] =>
    kernels.map((kernel) => ({
      ...kernel,
      match(site) {
        const { call } = site;
        if (call.origin !== layer || call.op.kind !== 'conv2d') return kernel.match(site);
        return kernel.match({ ...site, call: { ...call, op: { ...call.op, activation: 'none' } } });
      },
    }));

  test.each(['wasm', 'cpu'])('names the layer that a kernel of %s computes wrongly', async (name) => {
    const target: Target = familyNamed(name).target({});
    const broken: Target = { ...target, kernels: wrongIn('block/first', target.kernels) };
    const { verdict } = good(await verify(images(), { target: name, parts: { target: broken } }));
    expect(verdict.ok).toBe(false);
    expect(verdict.divergedAt).toMatchObject({ stage: 'target', pass: null, layer: 'block/first', op: 'conv2d' });
    expect(target.kernels.map((k) => k.name)).toContain(verdict.divergedAt?.kernel);
  });

  test('finds nothing wrong where nothing is', async () => {
    const { verdict } = good(await verify(images(), { target: 'wasm', samples: 2 }));
    expect(verdict.ok).toBe(true);
    expect(verdict.divergedAt).toBeUndefined();
  });
});
