/** What `espalier explain` does. Loaded only when it runs, so that help comes at once. */
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import picomatch from 'picomatch';
import { layerTimesSchema } from '../bench/report.ts';
import type { Report } from '../diagnostic.ts';
import { advise } from '../explain/advise.ts';
import type { ExplainedLayer } from '../explain/explain.ts';
import type { Explained, Measured } from '../explain/page.ts';
import { explanationPage } from '../explain/page.ts';
import { explainWith } from '../make/explain.ts';
import { mayWriteFile, writeFiles } from '../make/file.ts';
import { loadModel } from '../make/load.ts';
import { partsFor } from '../make/parts.ts';
import { isSystemError, reasonOf } from '../make/system-error.ts';
import type { Desk } from './desk.ts';
import type { Flags } from './explain.ts';
import { asText } from './explain-text.ts';
import { modelOf } from './model.ts';
import { choicesOf } from './options.ts';
import { tunedOptionsOf } from './tuned.ts';

export async function explainModel(model: string | undefined, flags: Flags, desk: Desk): Promise<boolean> {
  const { report, doing } = desk;
  const choices = await choicesOf(model, flags, desk);
  const path = choices && modelOf(choices, report);
  if (!choices || path === undefined) return false;
  if (flags.html !== undefined && !mayWriteFile(flags.html, path, report)) return false;
  const measured = flags.measured === undefined ? undefined : readMeasured(flags.measured, report);
  if (flags.measured !== undefined && !measured) return false;
  const tuned = await tunedOptionsOf(choices, flags.tuning, desk);
  const parts = tuned && partsFor(tuned.options, report);
  if (!tuned || !parts) return false;
  doing(`reading ${path}`);
  const loaded = loadModel(path, choices, report);
  if (!loaded) return false;
  doing('choosing formats, and asking for other masks');
  const done = explainWith(loaded.graph, tuned.options, parts, report);
  if (!done) return false;
  const { explanation: whole, graph } = done;
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
    model: graph.name,
    cpu: tuned.options.cpu ?? null,
    tuning: tuned.tuning,
    ...whole,
    layers,
    advice:
      flags.advise === undefined
        ? null
        : advise(graph, parts.target, flags.advise).filter(({ name }) => names.has(name)),
  };
  if (flags.html !== undefined) {
    const contents = new TextEncoder().encode(explanationPage(explained, measured));
    if (!writeFiles(flags.html, [{ path: basename(flags.html), contents }], desk.io.journal, report)) return false;
  }
  desk.print(explained, (paint) =>
    asText(explained, { file: loaded.file, detailed: flags.layer !== undefined, width: desk.io.out.columns }, paint),
  );
  return true;
}

const picked = (layers: readonly ExplainedLayer[], glob: string | undefined): readonly ExplainedLayer[] =>
  glob === undefined
    ? layers
    : layers.filter(({ name }) => glob === name || picomatch(glob, { bash: true, dot: true })(name));

/** The times of steps in a bench's JSON; undefined, and reported, if it has none. */
function readMeasured(file: string, report: Report): Measured | undefined {
  const fail = (message: string): undefined =>
    void report({
      severity: 'error',
      code: 'explain/not-measured',
      message,
      origin: { file },
      hint: 'give the JSON that espalier bench --layers writes',
    });
  try {
    const { data } = layerTimesSchema.safeParse(JSON.parse(readFileSync(file, 'utf8')));
    if (!data) return fail('it is no measurement');
    if (data.layers.length === 0) return fail('it has no times of layers');
    return data.layers.map(({ name, medianMs }) => ({ name, ns: medianMs * 1e6 }));
  } catch (error) {
    if (error instanceof SyntaxError) return fail('it is no JSON');
    if (!isSystemError(error)) throw error;
    return fail(`it cannot be read: ${reasonOf(error)}`);
  }
}
