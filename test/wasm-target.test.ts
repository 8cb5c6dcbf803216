/** What the target wasm emits: modules with nothing but what they need, the same ones every time, readable. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { chooseFormats } from '../passes/choose-formats.ts';
import { reorderLayout } from '../passes/reorder-layout.ts';
import { compile } from '../src/compile.ts';
import { printDiagnostic } from '../src/diagnostic.ts';
import { evaluate } from '../src/graph/evaluate.ts';
import type { Graph } from '../src/graph/graph.ts';
import { parse } from '../src/graph/parse.ts';
import { randomInputs } from '../src/graph/samples.ts';
import { lower } from '../src/plan/lower.ts';
import { bytesPer } from '../src/tensor/type.ts';
import { appendData, assembleWat } from '../src/toolchain/wabt.ts';
import { kernels } from '../targets/wasm/kernels/index.ts';
import { mapMemory, pageBytes } from '../targets/wasm/memory.ts';
import { wasm } from '../targets/wasm/target.ts';
import { buildWasm, textOf } from './wasm-build.ts';
import { convGraph } from './wasm-graphs.ts';
import { buildModule, render } from './wasm-module.ts';

const tiny = (): Graph =>
  parse(`graph tiny of "tiny.json"
  %x = input "image" : f32[1x4x7x2]
  %w = constant [0 1 0.5 0 0 0 -2 0.25] : f32[4x1x1x2]
  %b = constant [0 1 -1 2] : f32[4]
  %c = conv2d(%x, %w, %b) stride=[1 1] dilation=[1 1] pad=[0 0 0 0] groups=1 activation=relu6 : f32[1x4x7x4] from "layer \\"one\\"\\n;; 2"
  %t = unary(%c) fn=sin : f32[1x4x7x4]
  %y = softmax(%t) axis=2 : f32[1x4x7x4]
return "probability"=%y
`);

/** What the target itself decides; the text must not change with what other passes make of a graph. */
const passes = () => [chooseFormats(wasm.target({}).price), reorderLayout(wasm.target({}))];

describe('a module', () => {
  test('imports nothing and exports its memory and two functions', async () => {
    const module = new WebAssembly.Module((await buildWasm(tiny(), passes())).module);
    expect(WebAssembly.Module.imports(module)).toEqual([]);
    expect(WebAssembly.Module.exports(module)).toEqual([
      { name: 'memory', kind: 'memory' },
      { name: 'warm', kind: 'function' },
      { name: 'run', kind: 'function' },
    ]);
  });

  test('has as many pages as its arrays take, and no more', async () => {
    const graph = convGraph({ x: [1, 40, 28, 30], o: 20, kernel: [1, 1], density: 0.5 });
    const plan = lower(graph, kernels);
    const { places, pages } = mapMemory(plan);
    const ends = Array.from(places, ([array, at]) => at + array.length * bytesPer[array.dtype]);
    expect(pages).toBe(Math.ceil(Math.max(...ends) / pageBytes));
    const built = await buildWasm(graph);
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(built.module));
    const memory = exports.memory as WebAssembly.Memory;
    expect(memory.buffer.byteLength).toBe(pages * pageBytes);
    expect(() => memory.grow(1)).toThrow(RangeError);
  });

  test('keeps weights as a bit each and f16 for those that are not zero', async () => {
    const graph = convGraph({ x: [1, 4, 7, 256], o: 128, kernel: [1, 1], density: 0.25 });
    const weights = 256 * 128;
    const live = graph.nodes
      .flatMap((n) => (n.kind === 'constant' && n.id === 'weights' ? [...n.data] : []))
      .filter(Boolean);
    const { module } = await buildWasm(graph, [], { strictFp: true });
    const data = weights / 8 + 2 * live.length + 2 * 128;
    expect(module.length).toBeGreaterThan(data);
    expect(module.length).toBeLessThan(data + 4096);
  });

  test('needs no more memory for stored weights than for what they become', () => {
    const graph = convGraph({ x: [1, 4, 7, 256], o: 128, kernel: [1, 1], density: 0.25 });
    const plan = lower(graph, kernels);
    const { pages } = mapMemory(plan);
    const without = { ...plan, constants: plan.constants.map(({ array, data }) => ({ array, data })) };
    expect(pages).toBe(mapMemory(without).pages);
  });

  test('is the same twice', async () => {
    const [a, b] = [await buildWasm(tiny(), passes()), await buildWasm(tiny(), passes())];
    expect(a.artefacts).toEqual(b.artefacts);
    expect(a.module).toEqual(b.module);
  });

  test('carries the same steps in relaxed SIMD, as code for the same memory', async () => {
    const { module, artefacts } = await buildWasm(tiny(), passes());
    const [code, ...more] = WebAssembly.Module.customSections(new WebAssembly.Module(module), 'espalier.relaxed');
    expect(more).toEqual([]);
    const carried = new WebAssembly.Module(code);
    expect(WebAssembly.Module.imports(carried)).toEqual([{ module: 'espalier', name: 'memory', kind: 'memory' }]);
    expect(WebAssembly.Module.exports(carried)).toEqual([
      { name: 'warm', kind: 'function' },
      { name: 'run', kind: 'function' },
    ]);
    const [portable, relaxed] = ['tiny.wat', 'tiny.relaxed.wat'].map((path) => textOf({ artefacts, recipe: [] }, path));
    expect(relaxed).toContain('f32x4.relaxed_madd');
    expect(portable).not.toContain('relaxed_');
    // But for what memory holds at first they are one text, with one thing spelt in two ways.
    const body = (text: string) => text.slice(text.indexOf('(func'));
    const spelt = body(relaxed).replaceAll(/\(f32x4\.relaxed_madd (.*)/g, '');
    const expansion = /\n\n {2};; Expands stored constants[\s\S]*?\(start \$init\)/;
    const kept = body(portable)
      .replace(expansion, '')
      .replaceAll(/\(f32x4\.add \(f32x4\.mul (.*)/g, '');
    expect(spelt.split('\n').filter((line) => !kept.includes(line))).toEqual([]);
  });

  test('has nothing that depends on the machine, if it must not', async () => {
    const { module, artefacts } = await buildWasm(tiny(), passes(), { strictFp: true });
    expect(WebAssembly.Module.customSections(new WebAssembly.Module(module), 'espalier.relaxed')).toEqual([]);
    expect(artefacts.map(({ path }) => path)).toEqual(['tiny.wat', 'tiny.js', 'tiny.d.ts', 'package.json']);
  });

  test('names nobody and no place', async () => {
    const built = await buildWasm(tiny(), passes());
    for (const { contents } of built.artefacts) expect(String(contents)).not.toMatch(/\/work|\/tmp|20\d\d-\d\d/);
  });
});

test('stored constants expand in place, however many there are and however small the arena', async () => {
  const text = ['graph many of "many"', '  %x = input "x" : f32[1x2x2x16]'];
  let last = 'x';
  for (let i = 0; i < 12; i++) {
    const numbers = Array.from({ length: 16 * 16 }, (_, k) => ((k * 7 + i) % 5 === 0 ? ((k % 9) - 4) / 8 : 0));
    text.push(
      `  %w${i} = constant [${numbers.slice(0, 256).join(' ')}] : f32[16x1x1x16, csr index=16]`,
      `  %b${i} = constant [${numbers.slice(0, 16).join(' ')}] : f32[16]`,
      `  %c${i} = conv2d(%${last}, %w${i}, %b${i}) stride=[1 1] dilation=[1 1] pad=[0 0 0 0] groups=1 activation=none : f32[1x2x2x16]`,
    );
    last = `c${i}`;
  }
  const graph = parse([...text, `return "y"=%${last}`].join('\n'));
  const module = await buildModule(
    passes().reduce((g, pass) => pass.run(g, () => {}), graph),
    kernels,
  );
  const inputs = randomInputs(graph, 2);
  const want = evaluate(graph, inputs).y;
  const most = Math.max(...want.map(Math.abs));
  module.run(inputs).y.forEach((v, i) => void expect(Math.abs(v - want[i]) / most).toBeLessThan(1e-5));
});

test('numbers whose bytes lie apart come together bit for bit, as f16 or not', async () => {
  const halves = [
    -0,
    0,
    2 ** -24,
    -(2 ** -14),
    65504,
    -65504,
    1 + 2 ** -10,
    ...Array.from({ length: 60 }, (_, i) => i - 30),
  ];
  const singles = [
    2 ** -149,
    -(2 ** -126),
    3.4028234663852886e38,
    1 / 3,
    -1e-40,
    ...halves.map((v) => Math.fround(v / 3)),
  ];
  for (const numbers of [halves, singles]) {
    const text = numbers.map((v) => (Object.is(v, -0) ? '-0' : Math.fround(v))).join(' ');
    const graph = parse(`graph n of "n"
  %x = input "x" : f32[${numbers.length}]
  %c = constant [${text}] : f32[${numbers.length}]
  %y = binary(%x, %c) fn=mul : f32[${numbers.length}]
return "y"=%y`);
    const module = await buildModule(graph, kernels);
    expect(module.text).toContain(numbers === halves ? '(call $join_halves' : '(call $join_singles');
    const { y } = module.run({ x: new Float32Array(numbers.length).fill(1) });
    expect(y).toEqual(Float32Array.from(numbers));
  }
});

test('a model that needs more memory than there is, is refused in the user’s terms', () => {
  const graph = parse(`graph large of "large"
  %x = input "x" : f32[1x40000x20000x1]
  %y = pad(%x) before=[0 0 0 0] after=[0 0 1 0] mode=edge value=0 : f32[1x40000x20001x1]
return "y"=%y
`);
  const out = compile({ graph, passes: passes(), target: wasm.target({}), render });
  expect(out.ok ? [] : out.diagnostics.map(printDiagnostic)).toEqual([
    'large: error: needs 6400180224 bytes of memory, and WebAssembly has 4294967296 [wasm/too-large]\n' +
      '  hint: give the inputs smaller sizes, or build for the target "cpu"',
  ]);
});

describe('text for people', () => {
  test.each(['.wat', '.js', '.d.ts'])('tiny%s is as it was', async (suffix) => {
    const text = textOf(await buildWasm(tiny(), passes()), suffix);
    const path = new URL(`golden/wasm/tiny${suffix}`, import.meta.url);
    if (process.env.BLESS || !existsSync(path)) {
      mkdirSync(new URL('.', path), { recursive: true });
      writeFileSync(path, text);
    }
    expect(text).toBe(readFileSync(path, 'utf8'));
  });

  test('a layer’s name cannot end a comment', async () => {
    const text = textOf(await buildWasm(tiny()), '.wat');
    const lines = text.split('\n').filter((line) => line.includes('layer'));
    expect(lines.length).toBeGreaterThan(0);
    for (const line of lines) expect(line).toMatch(/^ *;; /);
  });
});

describe('assembling', () => {
  const task = {
    kind: 'assemble-wat',
    source: 'm.wat',
    output: 'm.wasm',
    data: [],
    features: [],
    carries: [],
  } as const;

  test('data of any size and place lands where it should', async () => {
    const data = [
      { offset: 0, bytes: Uint8Array.of(1) },
      { offset: 63, bytes: new Uint8Array(0) },
      { offset: 64, bytes: Uint8Array.from({ length: 200 }, (_, i) => i) },
      { offset: 8191, bytes: new Uint8Array(20000).fill(7) },
    ];
    const bytes = await assembleWat({ ...task, data }, () => '(module (memory (export "memory") 1 1))');
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes));
    const memory = new Uint8Array((exports.memory as WebAssembly.Memory).buffer);
    const want = new Uint8Array(65536);
    for (const piece of data) want.set(piece.bytes, piece.offset);
    expect(memory).toEqual(want);
  });

  test('without data nothing is appended', () => {
    const bytes = Uint8Array.of(0, 1);
    expect(appendData(bytes, [])).toBe(bytes);
  });

  test('text that does not assemble is a bug with its place', async () => {
    await expect(assembleWat(task, () => '(module (func (result i32)))')).rejects.toThrow(
      /^"m\.wat" does not assemble: [\s\S]*m\.wat:1:\d+: error: type mismatch/,
    );
  });
});
