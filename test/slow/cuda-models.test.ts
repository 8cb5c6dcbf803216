/** Whole networks as CUDA C++, as a build makes them, on this machine's processor, and what nvcc makes of them for every architecture. */
import { describe, expect, test } from 'vitest';
import type { Compiled } from '../../src/compile.ts';
import type { Graph } from '../../src/graph/graph.ts';
import { loadModel } from '../../src/make/load.ts';
import { runCompiler } from '../../src/toolchain/compiler.ts';
import { parsePtxas } from '../../src/toolchain/ptxas.ts';
import { archs } from '../../targets/cuda/archs.ts';
import { folderWith, installed, run } from '../cpu-build.ts';
import { compiledCuda, compileFor } from '../cuda-kit.ts';
import { addresses } from '../cuda-shim.ts';
import { digitGraph, digitModels } from '../digits.ts';
import { inputShapes, modelPath } from '../models.ts';

const loaded = (name: 'blazepose-detector' | 'nsfwjs-mobilenet_v2'): Graph => {
  const model = loadModel(modelPath(name), { shapes: inputShapes(name) }, ({ severity, message }) => {
    if (severity === 'error') throw new Error(message);
  });
  if (!model) throw new Error(`${name} is not read`);
  return model.graph;
};

function expectClose(out: Compiled, flags: readonly string[]): void {
  const folder = folderWith(out);
  const { name } = out.plan;
  const blobs = [`${name}_weights.S`, `${name}_recorded.S`];
  compileFor(folder, [`${name}.cu`, `${name}_check.cu`], blobs, 'check', flags);
  expect(run(folder, './check', [])).toMatch(/\nok\n$/);
}

describe.skipIf(!installed('g++'))('networks', () => {
  test.each(digitModels)('%s, under sanitizers', (name) =>
    expectClose(compiledCuda(digitGraph(name)), ['-O1', ...addresses]),
  );
  test('an example runs on files, and on the network’s own arrays', () => {
    const folder = folderWith(compiledCuda(digitGraph('digits-pruned')));
    const [source, example] = ['digits_pruned.cu', 'digits_pruned_example.cu'];
    compileFor(folder, [source, example], ['digits_pruned_weights.S'], 'example', ['-O0', ...addresses]);
    run(folder, 'sh', ['-c', 'head -c 3136 /dev/zero > in.bin']);
    expect(JSON.parse(run(folder, './example', ['--repeat', '2', 'in.bin', 'out.bin']))).toHaveProperty('medianMs');
    expect(() => run(folder, './example', ['out.bin', 'out.bin'])).toThrow('out.bin: not a file of 3136 bytes');
  });

  test('a pose detector', () => expectClose(compiledCuda(loaded('blazepose-detector')), ['-O1']));
  test('a MobileNet v2', () => expectClose(compiledCuda(loaded('nsfwjs-mobilenet_v2')), ['-O1']));
});

describe.skipIf(!installed('nvcc'))('nvcc', () => {
  test('spills no registers, whatever the architecture', async () => {
    const arch = archs.map(({ name }) => name).join(',');
    const { artefacts, recipe } = compiledCuda(loaded('blazepose-detector'), { arch });
    const task = recipe.find((t) => t.kind === 'run-compiler' && t.says === 'ptxas');
    if (task?.kind !== 'run-compiler') return expect.unreachable();
    const result = await runCompiler(
      { ...task, args: [...task.args, '-t', '2'] },
      { folder: folderWith({ artefacts }) },
    );
    if (!result.ok) return expect(`${result.diagnostic.message} ${result.diagnostic.hint}`).toBe('');
    const uses = parsePtxas(result.output);
    expect(new Set(uses.map((use) => use.arch)).size).toBe(archs.length);
    expect(uses.filter(({ spills }) => spills > 0)).toEqual([]);
  });
});
