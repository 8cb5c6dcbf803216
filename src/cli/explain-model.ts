/** What `espalier explain` does. Loaded only when it runs, so that help comes at once. */
import picomatch from 'picomatch';
import type { Advice } from '../explain/advise.ts';
import { advise } from '../explain/advise.ts';
import type { ExplainedLayer, Explanation } from '../explain/explain.ts';
import { explain } from '../explain/explain.ts';
import { mayWriteFile } from '../make/file.ts';
import { loadModel } from '../make/load.ts';
import { compileWith, partsFor } from '../make/parts.ts';
import type { Desk } from './desk.ts';
import type { Flags } from './explain.ts';
import { asText } from './explain-text.ts';
import { modelOf } from './model.ts';
import { choicesOf } from './options.ts';
import { tunedOptionsOf } from './tuned.ts';

/** What is printed as JSON: see `explanationSchema`. */
export interface Explained extends Explanation {
  readonly model: string;
  readonly cpu: string | null;
  /** Where the rates come from; null where the target has its own. */
  readonly tuning: string | null;
  /** What to prune each layer to, where that was asked. */
  readonly advice: readonly Advice[] | null;
}

export async function explainModel(model: string | undefined, flags: Flags, desk: Desk): Promise<boolean> {
  const { report, doing } = desk;
  const choices = await choicesOf(model, flags, desk);
  const path = choices && modelOf(choices, report);
  if (!choices || path === undefined) return false;
  if (flags.html !== undefined && !mayWriteFile(flags.html, path, report)) return false;
  const tuned = await tunedOptionsOf(choices, flags.tuning, desk);
  const parts = tuned && partsFor(tuned.options, report);
  if (!tuned || !parts) return false;
  doing(`reading ${path}`);
  const loaded = loadModel(path, choices, report);
  if (!loaded) return false;
  doing('choosing formats');
  const { target } = parts;
  // Nothing is emitted: what is told is known before.
  const silent = { ...target, emit: () => ({ artefacts: [], recipe: [] }) };
  const outcome = compileWith(loaded.graph, tuned.options, { ...parts, target: silent });
  outcome.diagnostics.forEach(report);
  if (!outcome.ok) return false;
  doing('asking for other masks');
  const whole = explain(outcome.graph, outcome.plan, target);
  const layers = picked(whole.layers, flags.layer);
  if (layers.length === 0 && flags.layer !== undefined) {
    report({
      severity: 'error',
      code: 'explain/no-such-layer',
      message: `no layer with weights matches "${flags.layer}"`,
      hint: 'a star matches slashes as well, e.g. "*conv_1*"',
      origin: { file: loaded.file },
    });
    return false;
  }
  const names = new Set(layers.map(({ name }) => name));
  const explained: Explained = {
    model: outcome.graph.name,
    cpu: tuned.options.cpu ?? null,
    tuning: tuned.tuning,
    ...whole,
    layers,
    advice:
      flags.advise === undefined
        ? null
        : advise(outcome.graph, target, flags.advise).filter(({ name }) => names.has(name)),
  };
  desk.print(explained, (paint) =>
    asText(explained, { file: loaded.file, detailed: flags.layer !== undefined, width: desk.io.out.columns }, paint),
  );
  return true;
}

const picked = (layers: readonly ExplainedLayer[], glob: string | undefined): readonly ExplainedLayer[] =>
  glob === undefined
    ? layers
    : layers.filter(({ name }) => glob === name || picomatch(glob, { bash: true, dot: true })(name));
