/** Subgroups of any size, on a device that has those of one: by shaders that compute through the memory of a group what subgroups would. */

import { evaluate } from '../src/graph/evaluate.ts';
import type { Graph } from '../src/graph/graph.ts';
import { randomInputs } from '../src/graph/samples.ts';
import { withFeature } from '../targets/webgpu/features.ts';
import { kernels } from '../targets/webgpu/kernels/index.ts';
import { largestError } from './passes/compare.ts';
import { buildShaders } from './webgpu-module.ts';

/** Which invocations of a group are together, as WGSL: a number of their own for `lane`. */
export const divisions: Readonly<Record<string, string>> = {
  'one each': 'lane',
  'of eight': 'lane / 8u',
  'of 32, not side by side': 'lane % 2u',
  'of 64, or of 128 half empty': '0u',
  'of three sizes': 'select(select(2u, 1u, lane < 41u), 0u, lane < 16u)',
};

const folds: Readonly<Record<string, string>> = {
  Add: 'all + one',
  Mul: 'all * one',
  Max: 'max(all, one)',
  Min: 'min(all, one)',
};

const across = (name: string): string => `
fn pretended${name}(lane: u32, own: f32) -> f32 {
  mates[lane] = own;
  workgroupBarrier();
  var all = own;
  for (var i = 0u; i < 64u; i++) {
    let one = mates[i];
    if (i != lane && together(i) == together(lane)) { all = ${folds[name]}; }
  }
  workgroupBarrier();
  return all;
}
`;

const pretended = (division: string): string => `
var<workgroup> mates: array<f32, 64>;

fn together(lane: u32) -> u32 { return ${division}; }

fn before(lane: u32, end: u32) -> u32 {
  var count = 0u;
  for (var i = 0u; i < end; i++) { count += select(0u, 1u, together(i) == together(lane)); }
  return count;
}
${Object.keys(folds).map(across).join('')}`;

/** What a loader makes of shaders where there are subgroups, with such ones. */
export function dividedBy(division: string): (text: string) => string {
  return (text) =>
    withFeature(text, 'subgroups')
      .replace('enable subgroups; ', '')
      .replaceAll('subgroupExclusiveAdd(1u)', 'before(lane, lane)')
      .replaceAll('subgroupAdd(1u)', 'before(lane, 64u)')
      .replace(/\bsubgroup(Add|Mul|Max|Min)\(own\)/g, 'pretended$1(lane, own)') + pretended(division);
}

/** The error of a graph whose subgroups are such ones. Throws if that makes no difference to its shaders. */
export async function errorOf(graph: Graph, division: string): Promise<number> {
  const divided = await buildShaders(graph, kernels, (text) => {
    const changed = dividedBy(division)(text);
    if (/\bsubgroup\w+\(/.test(changed) || !/\bpretended\w+\(lane, own\);/.test(changed)) throw new Error(changed);
    return changed;
  });
  const inputs = randomInputs(graph, 7);
  return largestError(evaluate(graph, inputs), await divided.run(inputs)).error;
}
