/** What `espalier prune` does. Loaded only when it runs, so that help comes at once. */
import { dirname, join } from 'node:path';
import { exporterFor } from '../export/index.ts';
import { isFree, mayWriteFile, writeFiles } from '../make/file.ts';
import { loadModel } from '../make/load.ts';
import { prunerFor, pruneWith } from '../make/prune.ts';
import type { LayerPruning } from '../prune/prune.ts';
import type { Desk } from './desk.ts';
import { modelOf } from './model.ts';
import { choicesOf } from './options.ts';
import type { Paint } from './paint.ts';
import { printBytes, printCount, printPercent, shortName, table } from './paint.ts';
import type { Flags } from './prune.ts';

export async function pruneModel(model: string | undefined, flags: Flags, desk: Desk): Promise<boolean> {
  const { io, report, doing } = desk;
  const { out, pattern, by, scope } = flags;
  const choices = await choicesOf(model, flags, desk);
  const path = choices && modelOf(choices, report);
  if (!choices || path === undefined) return false;
  // All that can be wrong with a command line comes before the wait for a large model.
  if (!prunerFor(flags, report) || !exporterFor(out, { report }) || !mayWriteFile(out, path, report)) return false;
  if (flags.force !== true && !isFree(out, report)) return false;
  doing(`reading ${path}`);
  const loaded = loadModel(path, choices, report);
  if (!loaded || !mayWriteFile(out, loaded.file, report)) return false;
  doing(`pruning ${path}`);
  const pruned = pruneWith(loaded.graph, flags, report);
  if (!pruned) return false;
  doing(`writing ${out}`);
  if (!writeFiles(out, pruned.files, io.journal, report)) return false;
  const files = pruned.files.map(({ path: name, contents }) => ({
    path: join(dirname(out), name),
    bytes: contents.byteLength,
  }));
  const { layers } = pruned;
  const total = sumOf(layers);
  desk.print({ files, pattern, by, scope, layers, ...total }, (paint) => [
    ...layerTable(layers, paint),
    '',
    `in layers   ${printCount(total.weights)} weights, ${zeros(total.zerosBefore, total.weights)} zero before, ${zeros(total.zerosAfter, total.weights)} after`,
    ...prunedLine(sumOf(layers.filter(({ reason }) => reason === null))),
    '',
    ...table(
      files.map(({ path: name, bytes }) => [paint.bold(name), printBytes(bytes)]),
      ['left', 'right'],
    ),
  ]);
  return true;
}

type Total = Pick<LayerPruning, 'weights' | 'zerosBefore' | 'zerosAfter'>;

const sumOf = (layers: readonly Total[]): Total =>
  layers.reduce(
    (sum, layer) => ({
      weights: sum.weights + layer.weights,
      zerosBefore: sum.zerosBefore + layer.zerosBefore,
      zerosAfter: sum.zerosAfter + layer.zerosAfter,
    }),
    { weights: 0, zerosBefore: 0, zerosAfter: 0 },
  );

const zeros = (count: number, weights: number): string => printPercent(weights === 0 ? 0 : count / weights);

const prunedLine = ({ weights, zerosAfter }: Total): readonly string[] => [
  `pruned      ${printCount(weights)} weights, ${zeros(zerosAfter, weights)} zero`,
];

function layerTable(layers: readonly LayerPruning[], paint: Paint): readonly string[] {
  const head = ['layer', 'op', 'weights', 'zeros', 'now', 'squares kept', ''].map((word) => paint.dim(word));
  const rows = layers.map(({ name, op, shape, weights, zerosBefore, zerosAfter, kept, reason }) => [
    shortName(name),
    op,
    shape.join('x'),
    zeros(zerosBefore, weights),
    zeros(zerosAfter, weights),
    kept === null ? '-' : printPercent(kept),
    reason === null ? '' : paint.dim(`left: ${reason}`),
  ]);
  return table([head, ...rows], ['left', 'left', 'left', 'right', 'right', 'right']);
}
