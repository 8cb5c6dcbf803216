/** What is known of a run on a GPU beforehand, whatever it runs on: bytes that are uploaded and moved, and operations. */

import { placesOf } from '../../targets/gpu/places.ts';
import { moduleOf } from '../../targets/webgpu/module.ts';
import type { Compiled } from '../compile.ts';
import { nodesById } from '../graph/graph.ts';
import { weightsOf, weightsOfCall } from '../graph/weights.ts';
import { macsOf, typesOf } from '../plan/offers.ts';
import { bytesMoved } from '../plan/traffic.ts';
import type { Render } from '../target.ts';
import { countLive } from '../tensor/matrix.ts';
import type { Counts } from './report.ts';
import { rounded } from './statistics.ts';

export function countsOf({ graph, plan }: Pick<Compiled, 'graph' | 'plan'>, render: Render): Counts {
  const places = placesOf(plan);
  const byId = nodesById(graph);
  const weights = Array.from(weightsOf(graph).values()).reduce((sum, { matrix }) => sum + matrix.data.length, 0);
  const work = graph.nodes.map((call) => {
    if (call.kind !== 'call') return { dense: 0, kept: 0 };
    const macs = macsOf(call, typesOf(call, byId));
    const matrix = macs > 0 ? weightsOfCall(call, byId)?.matrix : undefined;
    return { dense: 2 * macs, kept: matrix ? 2 * macs * (countLive(matrix) / matrix.data.length) : 2 * macs };
  });
  const total = (numbers: readonly number[]): number => Math.round(numbers.reduce((sum, n) => sum + n, 0));
  const weightBytes = places.weights.length;
  const denseHalfBytes = 2 * weights;
  return {
    weightBytes,
    denseHalfBytes,
    share: denseHalfBytes === 0 ? null : rounded(weightBytes / denseHalfBytes),
    memoryBytes: places.memory,
    movedBytes: total(plan.steps.map(bytesMoved)),
    flops: total(work.map(({ kept }) => kept)),
    denseFlops: total(work.map(({ dense }) => dense)),
    dispatches: moduleOf(plan, places, render).calls.length,
  };
}
