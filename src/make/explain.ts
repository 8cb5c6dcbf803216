/** Formats chosen as a build chooses them, and explained. Nothing is emitted. */
import { targets } from '../../targets/index.ts';
import type { Report } from '../diagnostic.ts';
import type { Explanation } from '../explain/explain.ts';
import { explain } from '../explain/explain.ts';
import type { Graph } from '../graph/graph.ts';
import type { CompileOptions, Parts } from './parts.ts';
import { compileWith } from './parts.ts';

export interface ExplainedGraph {
  readonly explanation: Explanation;
  /** After all passes: what a build would lower. */
  readonly graph: Graph;
}

/** Undefined, and reported, if the graph cannot be compiled. */
export function explainWith(
  source: Graph,
  options: Pick<CompileOptions, 'layers'>,
  parts: Parts,
  report: Report,
): ExplainedGraph | undefined {
  const { beside: _beside, ...own } = parts;
  const { target } = own;
  if (targets.some(({ name, hardwareFault }) => name === target.name && hardwareFault)) {
    const message = `on the target "${target.name}" engines say how weights are stored, and no format has a price`;
    const hint = 'espalier build --report says which engine each layer has';
    return void report({ severity: 'error', code: 'explain/hardware', message, hint });
  }
  const silent = { ...target, emit: () => ({ artefacts: [], recipe: [] }) };
  const outcome = compileWith(source, options, { ...own, target: silent });
  outcome.diagnostics.forEach(report);
  if (!outcome.ok) return undefined;
  const { graph, plan } = outcome;
  return { explanation: explain(graph, plan, target), graph };
}
