/** What `espalier quantize` does. Loaded only when it runs, so that help comes at once. */
import { dirname, join } from 'node:path';
import { exporterFor } from '../export/index.ts';
import type { Graph } from '../graph/graph.ts';
import { exportWith, graphFor } from '../make/export.ts';
import { isFree, mayWriteFile, writeFiles } from '../make/file.ts';
import { loadModel } from '../make/load.ts';
import { parseQuantize } from '../quantize/options.ts';
import type { Desk } from './desk.ts';
import { modelOf } from './model.ts';
import { choicesOf } from './options.ts';
import { printBytes, table } from './paint.ts';
import { qualityTable } from './quality-text.ts';
import type { Flags } from './quantize.ts';

const usual = 'weights=int8,activations=int8';

export async function quantizeModel(model: string | undefined, flags: Flags, desk: Desk): Promise<boolean> {
  const { report, doing } = desk;
  const choices = await choicesOf(model, flags, desk);
  const path = choices && modelOf(choices, report);
  if (!choices || path === undefined) return false;
  const { out } = flags;
  // All that can be wrong with a command line comes before the wait for a large model.
  if (out !== undefined && !(exporterFor(out, { report }) && mayWriteFile(out, path, report))) return false;
  if (out !== undefined && flags.force !== true && !isFree(out, report)) return false;
  doing(`quantising ${path}`);
  const loaded = loadModel(path, { quantize: usual, ...choices }, report);
  const quality = loaded?.quality;
  if (!loaded || !quality) return false;
  const files = out === undefined ? [] : written(graphFor(loaded, out), out, desk);
  if (!files) return false;
  if (out !== undefined) noteCodebook(choices.quantize ?? usual, out, desk);
  desk.print({ ...quality, files }, (paint) => [
    ...qualityTable(quality, paint),
    ...(files.length === 0 ? [] : ['']),
    ...table(
      files.map(({ path: name, bytes }) => [paint.bold(name), printBytes(bytes)]),
      ['left', 'right'],
    ),
  ]);
  return true;
}

/** What a file of real numbers does not show. */
function noteCodebook(quantize: string, out: string, { report }: Desk): void {
  const options = parseQuantize(quantize);
  if ('length' in options || options.kind !== 'calibrated' || options.activations) return;
  if (options.weights.kind !== 'codebook' || !/\.onnx$/i.test(out)) return;
  report({
    severity: 'note',
    code: 'export/real-weights',
    message: 'weights of a codebook are written as real numbers: they are no steps of a scale',
    origin: { file: out },
    hint: 'weights=int8, int4 and po2 are written as bytes, and so are codebooks with activations=int8',
  });
}

/** The files; undefined, and reported, if they cannot be written. */
function written(graph: Graph, out: string, { io, report, doing }: Desk) {
  doing(`writing ${out}`);
  const exported = exportWith(graph, { out, passes: 'none' }, report);
  if (!exported || !writeFiles(out, exported.files, io.journal, report)) return undefined;
  return exported.files.map(({ path, contents }) => ({ path: join(dirname(out), path), bytes: contents.byteLength }));
}
