/**
 * How much streams hold. Where ways part and meet again, one has to see more before it gives as much as the other;
 * what it sees waits on the other, which must have room for it, or everything stands still.
 */
import { elements } from '../../../src/tensor/type.ts';
import { needOf } from './needs.ts';
import type { Stage } from './pipeline.ts';

/** Beats that every stream holds: enough for two stages to run at once. */
export const least = 16;

interface Value {
  readonly shape: readonly number[];
}

/** Elements of each stream. */
export function depthsOf(stages: readonly Stage[], values: readonly Value[]): readonly number[] {
  const depth = values.map(() => least);
  const sources = sourcesOf(stages);
  for (const [first, fork] of stages.entries()) {
    if (fork.kind !== 'fork') continue;
    // Outputs that have met once are one way from there on.
    const way = new Map(fork.outputs.map((s) => [s, s]));
    for (const [last, join] of stages.entries()) {
      if (join.inputs.length < 2) continue;
      const [result] = join.outputs;
      const met = fork.outputs.filter((s) => sources.get(result)?.has(s));
      if (new Set(met.map((s) => way.get(s))).size < 2) continue;
      const channels = values[result].shape[values[result].shape.length - 1] ?? 1;
      for (let count = channels; count <= elements(values[result].shape); count += channels) {
        const needs = needsFor(stages.slice(first + 1, last + 1), result, count);
        const each = met.map((s) => needs.get(s) ?? 0);
        const most = Math.max(...each);
        for (const [i, s] of met.entries()) depth[s] = Math.max(depth[s], most - each[i] + least);
      }
      const ways = new Set(met.map((s) => way.get(s)));
      for (const [s, w] of way) if (ways.has(w)) way.set(s, met[0]);
    }
  }
  return depth;
}

/**
 * Elements of each stream that are read before `stream` has `count`; more of one are never needed for fewer of
 * another.
 */
function needsFor(stages: readonly Stage[], stream: number, count: number): ReadonlyMap<number, number> {
  const needs = new Map([[stream, count]]);
  for (const stage of stages.toReversed()) {
    const given = Math.max(0, ...stage.outputs.map((s) => needs.get(s) ?? 0));
    if (given === 0) continue;
    for (const [i, s] of stage.inputs.entries()) needs.set(s, Math.max(needs.get(s) ?? 0, needOf(stage, i, given)));
  }
  return needs;
}

/** The outputs of forks that each stream depends on. */
function sourcesOf(stages: readonly Stage[]): ReadonlyMap<number, ReadonlySet<number>> {
  const out = new Map<number, ReadonlySet<number>>();
  for (const stage of stages) {
    const from = stage.inputs.flatMap((s) => [...(out.get(s) ?? [])]);
    for (const s of stage.outputs) out.set(s, new Set(stage.kind === 'fork' ? [...from, s] : from));
  }
  return out;
}
