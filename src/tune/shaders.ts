/** A graph of layers as shaders to be timed, one part for each layer. */

import { reorderLayout } from '../../passes/reorder-layout.ts';
import { placesOf } from '../../targets/gpu/places.ts';
import { withFeature } from '../../targets/webgpu/features.ts';
import { moduleOf } from '../../targets/webgpu/module.ts';
import { webgpu } from '../../targets/webgpu/target.ts';
import { bug } from '../diagnostic.ts';
import type { Graph } from '../graph/graph.ts';
import { weightsOf } from '../graph/weights.ts';
import { packageFolder } from '../make/package.ts';
import { runPasses } from '../pass.ts';
import { lower } from '../plan/lower.ts';
import { renderer } from '../render.ts';
import type { ShaderJob, ShaderPart } from './web/time-shaders.ts';

export interface StoredJob {
  readonly job: ShaderJob;
  readonly weights: Uint8Array<ArrayBuffer>;
}

/** Parts are named by the origins of layers. */
export function shadersOf(source: Graph): StoredJob {
  const target = webgpu.target({});
  const graph = runPasses(source, [reorderLayout(target)], (d) => bug(d.message));
  const layers = weightsOf(graph);
  const plan = lower(graph, target.kernels);
  const places = placesOf(plan);
  const { text, entries, calls } = moduleOf(plan, places, renderer(new URL('templates/', packageFolder())));
  const parts: ShaderPart[] = [];
  calls.forEach(({ step: { call } }, i) => {
    const name = call.origin ?? call.id;
    const last = parts.at(-1);
    // What is put between layers is called as they are.
    if (!layers.has(call.id)) return;
    if (last?.name === name && last.end === i) parts[parts.length - 1] = { ...last, end: i + 1 };
    else parts.push({ name, begin: i, end: i + 1 });
  });
  const job = {
    text,
    withSubgroups: withFeature(text, 'subgroups'),
    entries: entries.map(({ name }) => name),
    calls: calls.map(({ entry, groups, args }) => ({ entry, groups, args })),
    memory: places.memory,
    weights: places.weights.length,
    parts,
  };
  return { job, weights: places.weights };
}
