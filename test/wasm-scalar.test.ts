/** `--no-simd`: models for engines without vectors. */
import { afterEach, describe, expect, test, vi } from 'vitest';
import wabt from 'wabt';
import { pipeline } from '../passes/index.ts';
import { evaluate } from '../src/graph/evaluate.ts';
import { parse } from '../src/graph/parse.ts';
import { randomInputs } from '../src/graph/samples.ts';
import { wasm } from '../targets/wasm/target.ts';
import { espalier } from './cli-kit.ts';
import { buildWasm, importBinding, textOf, writeBuilt } from './wasm-build.ts';
import { convGraph } from './wasm-graphs.ts';

afterEach(() => void vi.restoreAllMocks());

const numbers = (count: number, every: number, of: (i: number) => number): string =>
  Array.from({ length: count }, (_, i) => (i % every === 0 ? Math.fround(of(i)) : 0)).join(' ');

/** Weights that are f16, and weights that are not, pruned and whole, and what is computed by functions of ours. */
const network = (of: (i: number) => number) =>
  parse(`graph net of "net"
  %x = input "x" : f32[1x9x7x8]
  %w = constant [${numbers(24 * 9 * 8, 4, of)}] : f32[24x3x3x8]
  %b = constant [${numbers(24, 1, of)}] : f32[24]
  %c = conv2d(%x, %w, %b) stride=[2 1] dilation=[1 1] pad=[1 1 1 1] groups=1 activation=swish : f32[1x5x7x24]
  %k = constant [${numbers(24 * 9, 1, of)}] : f32[24x3x3x1]
  %d = conv2d(%c, %k, %b) stride=[1 1] dilation=[1 1] pad=[1 1 1 1] groups=24 activation=relu : f32[1x5x7x24]
  %p = reduce(%d) fn=mean axes=[1 2] keep=false : f32[1x24]
  %v = constant [${numbers(24 * 7, 1, of)}] : f32[7x24]
  %e = constant [${numbers(7, 1, of)}] : f32[7]
  %l = linear(%p, %v, %e) activation=none : f32[1x7]
  %y = softmax(%l) axis=1 : f32[1x7]
return "y"=%y`);

const isScalar = async (text: string): Promise<boolean> => {
  const assembler = await wabt();
  try {
    assembler.parseWat('m.wat', text, { simd: false }).validate();
    return true;
  } catch {
    return false;
  }
};

describe('a model without vectors', () => {
  test.each([
    ['f16', (i: number) => ((i * 7) % 23) / 16 - 0.7, '$join_halves'],
    ['f32', (i: number) => Math.sin(i + 1), '$join_singles'],
  ])('computes what the graph says, from weights stored as %s', async (_what, of, join) => {
    const graph = network((i) => (join === '$join_halves' ? Math.round(of(i) * 64) / 64 : of(i)));
    const target = wasm.target({ simd: false });
    const built = await buildWasm(graph, pipeline(target), { simd: false });
    const text = textOf(built, '.wat');
    expect(text).toContain(`(call ${join}`);
    expect(text).not.toMatch(/v128|f32x4|i32x4/);
    expect(await isScalar(text)).toBe(true);
    expect(built.artefacts.map(({ path }) => path)).toEqual(['net.wat', 'net.js', 'net.d.ts', 'package.json']);
    const { load } = await importBinding(writeBuilt(built), 'net');
    const validate = vi.spyOn(WebAssembly, 'validate').mockReturnValue(false);
    const model = await load(built.module);
    expect(model.kernels).toBe('portable');
    validate.mockRestore();
    const inputs = randomInputs(graph, 3);
    const want = evaluate(graph, inputs).y;
    const { y } = model.run(inputs);
    for (const [i, v] of want.entries()) expect(Math.abs(y[i] - v)).toBeLessThan(1e-6);
    await expect(load(built.module, { kernels: 'relaxed' })).rejects.toThrow('without relaxed WebAssembly SIMD');
  });

  test('is what assemblers without vectors take, which refuse others', async () => {
    const graph = convGraph({ x: [1, 4, 7, 64], o: 32, kernel: [1, 1], density: 0.25 });
    const plain = textOf(await buildWasm(graph), '.wat');
    expect(await isScalar(plain)).toBe(false);
    expect(await isScalar(textOf(await buildWasm(graph, [], { simd: false }), '.wat'))).toBe(true);
  });

  test.each([
    [['-t', 'cpu'], 'the target "cpu" chooses its own instructions, and --no-simd is given [target/no-scalar]'],
    [['-t', 'wasm', '--threads', '2'], 'engines without SIMD have one thread, and 2 are wanted [target/no-threads]'],
  ])('is not to be had with %s', async (args, said) => {
    const { code, err } = await espalier(['build', 'n.graph', '--no-simd', ...args]);
    expect([code, err.split('\n')[0]]).toEqual([1, `error: ${said}`]);
  });
});
