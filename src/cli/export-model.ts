/** What `espalier export` does. Loaded only when it runs, so that help comes at once. */
import { dirname, join } from 'node:path';
import type { Graph } from '../graph/graph.ts';
import { weightsOf } from '../graph/weights.ts';
import { exportWith, graphFor } from '../make/export.ts';
import { mayWriteFile, writeFiles } from '../make/file.ts';
import { loadModel } from '../make/load.ts';
import { countLive } from '../tensor/matrix.ts';
import type { Desk } from './desk.ts';
import type { Flags } from './export.ts';
import { modelOf } from './model.ts';
import { choicesOf } from './options.ts';
import { printBytes, printCount, printPercent, table } from './paint.ts';

export async function exportModel(model: string | undefined, flags: Flags, desk: Desk): Promise<boolean> {
  const { io, report, doing } = desk;
  const choices = await choicesOf(model, flags, desk);
  const path = choices && modelOf(choices, report);
  if (!choices || path === undefined || !mayWriteFile(flags.out, path, report)) return false;
  doing(`reading ${path}`);
  const loaded = loadModel(path, choices, report);
  if (!loaded || !mayWriteFile(flags.out, loaded.file, report)) return false;
  doing(`writing ${flags.out}`);
  const exported = exportWith(graphFor(loaded, flags.out), flags, report);
  if (!exported || !writeFiles(flags.out, exported.files, io.journal, report)) return false;
  const files = exported.files.map(({ path: name, contents }) => ({
    path: join(dirname(flags.out), name),
    bytes: contents.byteLength,
  }));
  const { weights, kept } = countWeights(exported.graph);
  desk.print({ files, weights, kept }, (paint) => [
    ...table(
      files.map(({ path: name, bytes }) => [paint.bold(name), printBytes(bytes)]),
      ['left', 'right'],
    ),
    '',
    `in layers  ${printCount(weights)} weights, ${printPercent(weights === 0 ? 0 : 1 - kept / weights)} zero`,
  ]);
  return true;
}

/** How many numbers weights hold, and how many of those are kept. A weight that several layers use counts once. */
function countWeights(graph: Graph): { readonly weights: number; readonly kept: number } {
  const matrices = new Map([...weightsOf(graph).values()].map(({ constant, matrix }) => [constant.id, matrix]));
  const all = [...matrices.values()];
  return {
    weights: all.reduce((sum, { data }) => sum + data.length, 0),
    kept: all.reduce((sum, matrix) => sum + countLive(matrix), 0),
  };
}
