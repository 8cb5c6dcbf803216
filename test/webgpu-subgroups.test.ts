/** Subgroups: of any size and shape, taken where the adapter has them, and not where they are switched off. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { evaluate } from '../src/graph/evaluate.ts';
import type { Graph } from '../src/graph/graph.ts';
import { parse } from '../src/graph/parse.ts';
import { withFeature } from '../targets/webgpu/features.ts';
import type { Bound, Loaded } from './webgpu-bound.ts';
import { bindingOf, failure } from './webgpu-bound.ts';
import { webgpuCases } from './webgpu-cases.ts';
import { noGpu, gpu as openGpu } from './webgpu-device.ts';
import { divisions, errorOf } from './webgpu-subgroups.ts';

const graph = parse(`graph lines of "lines.json"
  %x = input "x" : f32[3x70]
  %y = softmax(%x) axis=1 : f32[3x70] from "head"
return "y"=%y
`);

const folder = mkdtempSync(join(tmpdir(), 'espalier-webgpu-subgroups-'));
const inputs = { x: Float32Array.from({ length: 210 }, (_, i) => 3 * Math.sin(i)) };

const built = (from: Graph): Promise<Bound> => bindingOf(from, join(folder, from.name));

let bound: Bound;
beforeAll(async () => {
  bound = await built(graph);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const chosen = ({ arithmetic, arithmeticReason, subgroups, subgroupsReason }: Loaded) => [
  [arithmetic, arithmeticReason],
  [subgroups, subgroupsReason],
];

test('as WebAssembly there are none, whatever is asked for', async () => {
  const instead = 'WebAssembly runs the model';
  expect(chosen(await bound.load())).toEqual([
    ['f32', undefined],
    [false, instead],
  ]);
  expect(chosen(await bound.load({ arithmetic: 'f16', subgroups: false }))).toEqual([
    ['f32', instead],
    [false, 'they were switched off'],
  ]);
});

describe.skipIf(noGpu)(`on a device ${noGpu ?? ''}`, () => {
  test('they are taken where the adapter has them, and not where they are switched off', async () => {
    const gpu = await openGpu();
    const [taken, not] = [await bound.load({ gpu }), await bound.load({ gpu, subgroups: false })];
    expect([chosen(taken)[1], chosen(not)[1]]).toEqual([
      [true, undefined],
      [false, 'they were switched off'],
    ]);
    expect([taken, not].map(({ device }) => device?.features.has('subgroups'))).toEqual([true, false]);
    const want = evaluate(graph, inputs).y;
    const [with_, without] = [await taken.run(inputs), await not.run(inputs)].map(({ y }) => y);
    // Sums in another order.
    expect(with_).not.toEqual(without);
    for (const y of [with_, without])
      for (const [i, v] of y.entries()) expect(Math.abs(v - want[i])).toBeLessThan(1e-6);
    const guest = await bound.load({ device: not.device, arithmetic: 'f16' });
    expect(chosen(guest)).toEqual([
      ['f32', 'the device has no "shader-f16"'],
      [false, 'the device has no "subgroups"'],
    ]);
    taken.dispose();
    not.dispose();
  });

  test('nor where there are none, nor where they gain nothing', async () => {
    const gpu = await openGpu();
    const plain = {
      async requestAdapter() {
        const adapter = (await gpu.requestAdapter()) as GPUAdapter;
        return {
          limits: adapter.limits,
          features: new Set<string>(),
          requestDevice: (asked: GPUDeviceDescriptor) => adapter.requestDevice(asked),
        };
      },
    };
    expect(chosen(await bound.load({ gpu: plain, arithmetic: 'f16' }))).toEqual([
      ['f32', 'the adapter has no "shader-f16"'],
      [false, 'the adapter has no "subgroups"'],
    ]);
    const other = await built(
      parse(
        'graph plain of "plain.json"\n  %x = input "x" : f32[8]\n  %y = unary(%x) fn=exp : f32[8]\nreturn "y"=%y\n',
      ),
    );
    expect(chosen(await other.load({ gpu }))[1]).toEqual([false, 'no kernel of the model has use for them']);
  });

  test('a shader with them that is refused is told with its kernel, line and layer', async () => {
    const text = readFileSync(join(folder, 'lines', 'lines.wgsl'), 'utf8');
    const lines = text.split('\n');
    const at = (words: string): number => lines.findIndex((one) => one.includes(words)) + 1;
    const refused = async (from: string, to: string): Promise<string> =>
      (await failure(bound.load({ gpu: await openGpu(), shaders: text.replace(from, to) }))).message;
    expect(await refused('let total = ', 'let total = subgroupsAdd(1u) + ')).toMatch(
      new RegExp(`^lines\\.wgsl, line ${at('let total = ')}, in kernel softmax of "head": `),
    );
    expect(await refused('return subgroupMax(own)', 'return subgroupMost(own)')).toMatch(
      new RegExp(`^lines\\.wgsl, line ${at('return subgroupMax(own)')}, in functions that kernels share: `),
    );
  });

  test('some here and some there are put together as well', async () => {
    expect(await errorOf(webgpuCases['layer-norm'][0].graph, divisions['of three sizes'])).toBeLessThan(1e-5);
  });
});

test('a line is what its comment says where the feature is used', () => {
  const text = '// Numbers.\n  let a = 1u; // subgroups: let a = 2u;\nalias b = f32; // shader-f16: alias b = f16;\n';
  expect(withFeature(text, 'subgroups')).toBe(
    'enable subgroups; // Numbers.\n  let a = 2u;\nalias b = f32; // shader-f16: alias b = f16;\n',
  );
  expect(withFeature(text, 'shader-f16').split('\n')[2]).toBe('alias b = f16;');
});
