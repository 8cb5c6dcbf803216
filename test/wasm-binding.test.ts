/** The JavaScript and the types that a user of a compiled model sees. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { Project, ts } from 'ts-morph';
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { evaluate } from '../src/graph/evaluate.ts';
import type { Graph, Node } from '../src/graph/graph.ts';
import { lower } from '../src/plan/lower.ts';
import { tensor } from '../src/tensor/type.ts';
import { loadWasm } from '../src/toolchain/run-wasm.ts';
import { bindingText } from '../targets/wasm/binding.ts';
import { mapMemory } from '../targets/wasm/memory.ts';
import { weightsFile } from '../targets/wasm/weights.ts';
import type { Binding, BoundModel, Built } from './wasm-build.ts';
import { buildWasm, importBinding, textOf, twoTypes, writeBuilt } from './wasm-build.ts';
import { render } from './wasm-module.ts';

const graph = twoTypes;

let built: Built;
let folder: string;
let binding: Binding;
let model: BoundModel;

beforeAll(async () => {
  built = await buildWasm(graph);
  folder = writeBuilt(built);
  binding = await importBinding(folder, 'sum');
  model = await binding.load(built.module);
});

afterEach(() => vi.restoreAllMocks());

const a = () => Float32Array.of(1, 2, 3, 4, 5, 6);
const b = () => Int32Array.of(10, 20, 30);

describe('running', () => {
  test('takes inputs by name and gives outputs by name', () => {
    const { sum, twice } = model.run({ a: a(), b: b() });
    expect(sum).toEqual(Float32Array.of(11, 22, 33, 14, 25, 36));
    expect(twice).toEqual(Int32Array.of(20, 40, 60));
  });

  test('outputs are views of the model’s memory', () => {
    const { sum } = model.run({ a: a(), b: b() });
    expect(model.run({ a: a().fill(0), b: b() }).sum).toBe(sum);
    expect(sum).toEqual(Float32Array.of(10, 20, 30, 10, 20, 30));
    expect(model.outputs.sum).toBe(sum);
  });

  test('inputs can be written in place', () => {
    model.inputs.a.set([6, 5, 4, 3, 2, 1]);
    model.inputs.b.fill(1);
    expect(model.run().sum).toEqual(Float32Array.of(7, 6, 5, 4, 3, 2));
    expect(model.run({ a: model.inputs.a, b: model.inputs.b }).sum).toEqual(Float32Array.of(7, 6, 5, 4, 3, 2));
  });

  test('models loaded twice do not share memory', async () => {
    const other = await binding.load(built.module);
    model.run({ a: a(), b: b() });
    expect(other.run({ a: a().fill(0), b: b().fill(0) }).sum).toEqual(new Float32Array(6));
    expect(model.outputs.sum).toEqual(Float32Array.of(11, 22, 33, 14, 25, 36));
  });

  test('says its shapes', () => {
    expect(binding.shapes).toEqual({ inputs: { a: [2, 3], b: [3] }, outputs: { sum: [2, 3], twice: [3] } });
  });
});

describe('inputs that do not fit', () => {
  test.each([
    ['b', { a: a() }, 'input "b" is missing'],
    ['a', { a: undefined, b: b() }, 'input "a" is missing'],
    ['a', null, 'input "a" is missing'],
    ['a', { a: a().subarray(1), b: b() }, 'input "a" takes 6 numbers and is given 5'],
    ['b', { a: a(), b: a() }, 'input "b" takes Int32Array and is given Float32Array'],
    ['a', { a: [1, 2, 3, 4, 5, 6], b: b() }, 'input "a" takes Float32Array and is given Array'],
    ['a', { a: null, b: b() }, 'input "a" takes Float32Array and is given Null'],
    ['a', a(), 'run takes an object, of "a", "b", and is given Float32Array'],
    ['a', [a(), b()], 'run takes an object, of "a", "b", and is given Array'],
    ['A', { A: a(), b: b() }, 'there is no input "A": the inputs are "a", "b"'],
    ['toString', { a: a(), b: b(), toString: 1 }, 'there is no input "toString": the inputs are "a", "b"'],
  ])('%s', (input, given, message) => {
    let thrown: unknown;
    try {
      model.run(given);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(binding.InputError);
    expect(thrown).toMatchObject({ name: 'InputError', input, message });
  });

  test('nothing is copied when anything is wrong', () => {
    model.run({ a: a(), b: b() });
    expect(() => model.run({ a: a().fill(9), b: a() })).toThrow();
    expect(model.inputs.a).toEqual(a());
  });
});

test('whatever is given, the model runs or says which input does not fit', () => {
  const numbers = fc.oneof(fc.constantFrom(NaN, Infinity, -Infinity, -0, 2 ** 31), fc.double());
  const wrong = fc.anything({ withTypedArray: true, withBigInt: true, withNullPrototype: true, withSparseArray: true });
  const floats = fc.array(numbers, { maxLength: 12 }).map((list) => Float32Array.from(list));
  const whole = fc.array(fc.integer(), { maxLength: 6 }).map((list) => Int32Array.from(list));
  const fits = fc.record({
    a: fc.array(numbers, { minLength: 6, maxLength: 6 }).map((list) => Float32Array.from(list)),
    b: fc.array(fc.integer(), { minLength: 3, maxLength: 3 }).map((list) => Int32Array.from(list)),
  });
  const any = fc.record(
    { a: fc.oneof(floats, wrong), b: fc.oneof(whole, floats, wrong), c: wrong },
    { requiredKeys: [] },
  );
  let [ran, refused] = [0, 0];
  fc.assert(
    fc.property(fc.oneof(fits, any, wrong), (given) => {
      try {
        const { sum, twice } = model.run(given ?? {});
        ran++;
        const { a, b } = given as Record<string, Float32Array | Int32Array>;
        expect(twice).toEqual(Int32Array.from(b, (v) => v + v));
        expect(sum).toEqual(Float32Array.from(a, (v, i) => v + Math.fround(b[i % 3])));
      } catch (error) {
        if (!(error instanceof binding.InputError)) throw error;
        refused++;
      }
    }),
    { seed: 7, numRuns: 200 },
  );
  expect(Math.min(ran, refused)).toBeGreaterThan(20);
});

test('an engine that gives up a run is no end of the program', async () => {
  const instantiate = WebAssembly.instantiate;
  vi.spyOn(WebAssembly, 'instantiate').mockImplementation(async (module: object, imports?: WebAssembly.Imports) => {
    const { exports } = (await instantiate(module as WebAssembly.Module, imports)) as unknown as WebAssembly.Instance;
    const run = () => {
      throw new WebAssembly.RuntimeError('unreachable');
    };
    return { exports: { ...exports, run } } as never;
  });
  const broken = await binding.load(built.module);
  expect(() => broken.run({ a: a(), b: b() })).toThrow(binding.ModelError);
  expect(() => broken.run({ a: a(), b: b() })).toThrow('the run failed: unreachable');
});

test('a disposed model does not run', async () => {
  const other = await binding.load(built.module);
  other.dispose();
  other.dispose();
  expect(() => other.run()).toThrow(binding.ModelError);
  expect(() => other.run()).toThrow('the model is disposed');
  expect(() => other.inputs).toThrow('the model is disposed');
  expect(() => other.outputs).toThrow('the model is disposed');
});

test('the toolchain runs it by name, and gives outputs of the caller’s own', async () => {
  const loaded = await loadWasm(folder, 'sum');
  expect(loaded.inputs).toEqual({ a: [2, 3], b: [3] });
  const first = loaded.run({ a: a(), b: b() });
  loaded.run({ a: a().fill(0), b: b() });
  expect(first.sum).toEqual(Float32Array.of(11, 22, 33, 14, 25, 36));
  loaded.repeat();
  loaded.dispose();
  expect(() => loaded.repeat()).toThrow('the model is disposed');
});

const hostile = [
  '',
  ' ',
  'a b',
  'it\'s "quoted" \\ ` $ {1}',
  'line\nbreak\r\u2028\u2029\u0000',
  '*/ alert(1) /*',
  '</script>',
  '__proto__',
  'constructor',
  'prototype',
  'hasOwnProperty',
  'class',
  'int',
  'ünïcödé 🌳',
  '\ud800',
  '{{name}}',
];

/** A model whose inputs and outputs have these names. */
function strangeGraph(): Graph {
  const nodes = hostile.flatMap((name, i): readonly Node[] => {
    const type = tensor('f32', [i + 1]);
    return [
      { kind: 'input', id: `x${i}`, name, type },
      { kind: 'call', id: `y${i}`, op: { kind: 'unary', fn: 'neg' }, inputs: [`x${i}`], type, origin: name },
    ];
  });
  const outputs = hostile.map((name, i) => ({ name, id: `y${i}` }));
  return { name: 'strange', file: 'strange', nodes, outputs };
}

describe('types', () => {
  /** One program of two users and two bindings, since the library that it checks is what takes time. */
  const users = {
    'fits.ts': `
      import { InputError, load, ModelError, shapes } from './sum.js';
      const model = await load(fetch('sum.wasm'), { kernels: 'portable' });
      model.inputs.a[0] = shapes.inputs.a[1];
      const { sum, twice } = model.run({ a: new Float32Array(6), b: new Int32Array(3) });
      const numbers: Float32Array = sum;
      const whole: Int32Array = twice;
      try { model.run(); } catch (e) {
        if (e instanceof InputError) console.log(e.input, numbers, whole);
        if (e instanceof ModelError && e.reason === 'disposed') console.log(model.kernels === 'relaxed');
      }`,
    'unfit.ts': `
      import { load } from './sum.js';
      const model = await load(undefined, { kernels: 'fastest' });
      model.run({ a: new Float32Array(6) });
      model.run({ a: new Int32Array(6), b: new Int32Array(3) });
      model.outputs.total;
      model.inputs.a = new Float32Array(6);`,
  };
  let faultsOf: (file: string) => readonly string[];

  beforeAll(() => {
    const project = new Project({
      useInMemoryFileSystem: true,
      compilerOptions: {
        target: ts.ScriptTarget.ES2022,
        module: ts.ModuleKind.ESNext,
        moduleResolution: ts.ModuleResolutionKind.Bundler,
        lib: ['lib.es2022.d.ts', 'lib.dom.d.ts'],
        types: [],
        strict: true,
        exactOptionalPropertyTypes: true,
        noUncheckedIndexedAccess: true,
        noUnusedLocals: true,
        noUnusedParameters: true,
        skipLibCheck: true,
      },
    });
    project.createSourceFile('sum.d.ts', textOf(built, '.d.ts'));
    for (const [path, text] of Object.entries(users)) project.createSourceFile(path, text);
    for (const [path, of] of Object.entries({ sum: graph, strange: strangeGraph(), weights: graph })) {
      const plan = lower(of, []);
      const beside = path === 'weights' ? [weightsFile('sum', [{ offset: 64, bytes: Uint8Array.of(1, 2, 3) }])] : [];
      project.createSourceFile(`source-${path}.ts`, bindingText(plan, mapMemory(plan), render, { weights: beside[0] }));
    }
    const all = project.getPreEmitDiagnostics();
    faultsOf = (file) =>
      all
        .filter((d) => d.getSourceFile()?.getBaseName() === file)
        .map((d) => ts.flattenDiagnosticMessageText(d.compilerObject.messageText, ' ').replace(/\s+/g, ' '));
  });

  test('hold in the binding itself, whatever names are', () => {
    for (const file of ['sum', 'strange', 'weights']) expect(faultsOf(`source-${file}.ts`)).toEqual([]);
  });

  test('are what a user writes', () => {
    expect(faultsOf('fits.ts')).toEqual([]);
  });

  test('refuse what does not fit', () => {
    expect(faultsOf('unfit.ts')).toEqual([
      `Type '"fastest"' is not assignable to type 'Kernels | undefined'.`,
      expect.stringContaining("Property 'b' is missing in type '{ a: Float32Array<ArrayBuffer>; }'"),
      expect.stringContaining("'Int32Array<ArrayBuffer>' is not assignable to type 'Float32Array"),
      "Property 'total' does not exist on type 'Outputs'.",
      "Cannot assign to 'a' because it is a read-only property.",
    ]);
  });
});

test('the binding imports nothing', () => {
  const text = textOf(built, '.js');
  expect(text).not.toMatch(/^\s*import\s/m);
  expect(text.match(/import\(/g)).toHaveLength(1);
});

test('names that users choose are only names', async () => {
  const strange = strangeGraph();
  const other = await buildWasm(strange);
  const loaded = await loadWasm(writeBuilt(other), 'strange');
  const given = Object.fromEntries(
    hostile.map((name, i) => [name, Float32Array.from({ length: i + 1 }, (_, k) => k + i)]),
  );
  expect(Object.keys(loaded.run(given)).sort()).toEqual([...hostile].sort());
  for (const [name, numbers] of Object.entries(evaluate(strange, given)))
    expect(loaded.run(given)[name]).toEqual(numbers);
  expect(readFileSync(join(writeBuilt(other), 'strange.d.ts'), 'utf8')).toContain(
    'readonly "__proto__": Float32Array;',
  );
});
