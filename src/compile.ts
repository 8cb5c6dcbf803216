/** The whole compiler as one function of its parts. Knows no pass and no target. */
import type { Diagnostic, Report } from './diagnostic.ts';
import type { Named } from './graph/evaluate.ts';
import { evaluate } from './graph/evaluate.ts';
import type { Graph } from './graph/graph.ts';
import { randomInputs } from './graph/samples.ts';
import { verify } from './graph/verify.ts';
import type { Pass, Watch } from './pass.ts';
import { runPasses } from './pass.ts';
import { lower } from './plan/lower.ts';
import type { Plan } from './plan/plan.ts';
import type { Emission, Recorded, Render, Target } from './target.ts';

export interface Job {
  readonly graph: Graph;
  readonly passes: readonly Pass[];
  readonly target: Target;
  readonly render: Render;
  /** Inputs that the graph is used for, for what is recorded. */
  readonly typical?: readonly Named[] | undefined;
  readonly watch?: Watch;
  /** Inputs and outputs to record; random inputs unless given. */
  readonly recorded?: Recorded;
  /** Whether programs go with it that compare it with what was recorded: true unless given. */
  readonly checks?: boolean;
  /** Told when a stage ends. */
  readonly onStage?: (stage: 'passes' | 'lower' | 'emit') => void;
}

export type Outcome = Compiled | { readonly ok: false; readonly diagnostics: readonly Diagnostic[] };

export interface Compiled extends Emission {
  readonly ok: true;
  readonly graph: Graph;
  readonly plan: Plan;
  /** Inputs, and the outputs that the imported graph gives for them; computed when first asked for. */
  readonly recorded: () => Recorded;
  readonly diagnostics: readonly Diagnostic[];
}

/** Graph → artefacts and the recipe that builds them. Nothing is written and nothing is run. */
export function compile({
  graph: imported,
  passes,
  target,
  render,
  typical = [],
  watch,
  recorded: given,
  checks,
  onStage,
}: Job): Outcome {
  const diagnostics: Diagnostic[] = [];
  const failed = (): boolean => diagnostics.some((d) => d.severity === 'error');
  const report: Report = (d) => void diagnostics.push(d);

  for (const note of target.notes ?? []) report({ severity: 'warning', origin: { file: imported.name }, ...note });
  verify(imported, report);
  if (failed()) return { ok: false, diagnostics };
  const graph = runPasses(imported, passes, report, watch);
  if (failed()) return { ok: false, diagnostics };
  onStage?.('passes');
  const plan = lower(graph, target.kernels, target);
  onStage?.('lower');
  const recorded = once(() => given ?? record(imported));
  const emission = target.emit(plan, { render, report, recorded, checks, typical });
  if (failed()) return { ok: false, diagnostics };
  onStage?.('emit');
  return { ok: true, graph, plan, recorded, ...emission, diagnostics };
}

/** Of the inputs that are recorded. */
export const recordedSeed = 1;

function record(graph: Graph): Recorded {
  const inputs = randomInputs(graph, recordedSeed);
  return { inputs, outputs: evaluate(graph, inputs) };
}

function once<T extends object>(compute: () => T): () => T {
  let value: T | undefined;
  return () => (value ??= compute());
}
