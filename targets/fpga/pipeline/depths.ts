/**
 * How much streams hold. Where ways part and meet again, one has to see more before it gives as much as the other; what it sees waits on the other, which
 * must have room for it, or everything stands still.
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
  const maker = new Map(stages.flatMap((stage) => stage.outputs.map((s) => [s, stage] as const)));
  const forks = stages.filter((s) => s.kind === 'fork');
  const sources = sourcesOf(stages, forks);
  const merged = new Map(forks.map((f) => [f, new Map(f.outputs.map((s) => [s, s]))]));

  /** Elements of `source` that are read before `stream` has `count`. */
  const need = (source: number, stream: number, count: number, known: Map<number, number>): number => {
    if (stream === source) return count;
    const stage = maker.get(stream);
    if (!stage || !sources.get(stream)?.has(source)) return 0;
    const before = known.get(stream);
    if (before !== undefined) return before;
    const all = stage.inputs.map((s, i) => need(source, s, needOf(stage, i, count), known));
    known.set(stream, Math.max(...all));
    return Math.max(...all);
  };

  for (const join of stages) {
    if (join.inputs.length < 2) continue;
    const result = join.outputs[0];
    for (const fork of forks) {
      const groups = merged.get(fork) ?? new Map<number, number>();
      const met = fork.outputs.filter((s) => sources.get(result)?.has(s));
      if (new Set(met.map((s) => groups.get(s))).size < 2) continue;
      const total = elements(values[result].shape);
      const step = Math.max(1, values[result].shape[values[result].shape.length - 1] ?? 1);
      for (let count = step; count <= total; count += step) {
        const needs = met.map((s) => need(s, result, count, new Map()));
        const most = Math.max(...needs);
        for (const [i, s] of met.entries()) depth[s] = Math.max(depth[s], most - needs[i] + least);
      }
      for (const s of met) for (const [other, g] of groups) if (g === groups.get(s)) groups.set(other, met[0]);
    }
  }
  return depth;
}

/** The outputs of forks that each stream depends on. */
function sourcesOf(stages: readonly Stage[], forks: readonly Stage[]): ReadonlyMap<number, ReadonlySet<number>> {
  const roots = new Set(forks.flatMap((f) => f.outputs));
  const out = new Map<number, ReadonlySet<number>>();
  for (const stage of stages) {
    const from = stage.inputs.flatMap((s) => [...(out.get(s) ?? [])]);
    for (const s of stage.outputs) out.set(s, new Set(roots.has(s) ? [...from, s] : from));
  }
  return out;
}
