/** The steps of a network and how long each takes: what every layer ran in, at which share of the core's peak. */
import { z } from 'zod';
import type { Graph } from '../graph/graph.ts';
import { nodesById } from '../graph/graph.ts';
import { weightsOfCall } from '../graph/weights.ts';
import { macsOf, typesOf } from '../plan/offers.ts';
import type { Plan } from '../plan/plan.ts';
import { printEncoding } from '../plan/report.ts';
import { countLive } from '../tensor/matrix.ts';
import type { LayerTiming } from './report.ts';
import { rounded, summaryOf } from './statistics.ts';

/** Nanoseconds of a step in the network and hot, and the core's floating-point operations a nanosecond, in every window. */
export const stepTimes = z.strictObject({
  cold: z.array(z.number()).min(1),
  hot: z.array(z.number()).min(1),
  peak: z.array(z.number()).min(1),
});

export type StepTimes = z.infer<typeof stepTimes>;

export interface Layers {
  readonly layers: readonly LayerTiming[];
  /** The fastest that the core did, in 1e9 operations a second. */
  readonly peakGflops: number;
}

export function layerTimings(graph: Graph, { steps }: Pick<Plan, 'steps'>, times: readonly StepTimes[]): Layers {
  const byId = nodesById(graph);
  const peakGflops = times.reduce((best, { peak }) => peak.reduce((b, rate) => Math.max(b, rate), best), 0);
  const layers = steps.map(({ call, work }, i): LayerTiming => {
    const weights = weightsOfCall(call, byId);
    const density = weights ? countLive(weights.matrix) / weights.matrix.data.length : null;
    const macs = macsOf(call, typesOf(call, byId));
    const nonzeroMacs = Math.round(macs * (density ?? 1));
    const [cold, hot] = [summaryOf(times[i].cold), summaryOf(times[i].hot)];
    const gflops = hot.min > 0 ? (2 * nonzeroMacs) / hot.min : 0;
    return {
      name: call.origin ?? call.id,
      op: call.op.kind,
      shape: [...call.type.shape],
      format: weights ? printEncoding(weights.constant.type.encoding) : null,
      kernel: work.kind === 'routines' ? work.kernel : null,
      density,
      macs,
      nonzeroMacs,
      medianMs: rounded(cold.median * 1e-6),
      minMs: rounded(cold.min * 1e-6),
      hotMedianMs: rounded(hot.median * 1e-6),
      hotMinMs: rounded(hot.min * 1e-6),
      gflops: rounded(gflops),
      peakShare: peakGflops > 0 ? rounded(gflops / peakGflops) : 0,
    };
  });
  return { layers, peakGflops };
}
