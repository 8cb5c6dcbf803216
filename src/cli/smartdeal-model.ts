/** What `espalier smartdeal` does. Loaded only when it runs, so that help comes at once. */
import { dirname, join } from 'node:path';
import type { Report } from '../diagnostic.ts';
import { visible } from '../diagnostic.ts';
import { exporterFor } from '../export/index.ts';
import type { Named } from '../graph/evaluate.ts';
import type { Graph } from '../graph/graph.ts';
import { exportWith } from '../make/export.ts';
import { isFree, mayWriteFile, writeFiles } from '../make/file.ts';
import { loadModel } from '../make/load.ts';
import { smartdealWith } from '../make/smartdeal.ts';
import { outputErrors } from '../smartdeal/errors.ts';
import type { LayerDecomposition } from '../smartdeal/graph.ts';
import type { Desk } from './desk.ts';
import { readInputs } from './inputs.ts';
import { modelOf } from './model.ts';
import { choicesOf } from './options.ts';
import type { Paint } from './paint.ts';
import { printBytes, printCount, printPercent, shortName, table } from './paint.ts';
import type { Flags } from './smartdeal.ts';

type Row = LayerDecomposition & { readonly outputError: number | null };

export async function smartdealModel(model: string | undefined, flags: Flags, desk: Desk): Promise<boolean> {
  const { io, report, doing } = desk;
  const { out } = flags;
  const choices = await choicesOf(model, flags, desk);
  const path = choices && modelOf(choices, report);
  if (!choices || path === undefined) return false;
  if (!exporterFor(out, { report }) || !mayWriteFile(out, path, report)) return false;
  if (flags.force !== true && !isFree(out, report)) return false;
  doing(`reading ${path}`);
  // What the config says of decomposition, the options here say.
  const loaded = loadModel(path, { ...choices, smartdeal: false }, report);
  if (!loaded || !mayWriteFile(out, loaded.file, report)) return false;
  const { graph } = loaded;
  const inputs = inputsFor(graph, flags, report);
  if (!inputs) return false;
  doing(`decomposing ${path}`);
  const said = typeof choices.smartdeal === 'object' ? choices.smartdeal : {};
  // The table shows what notes say.
  const decomposed = smartdealWith(graph, { ...said, ...flags }, (d) => d.severity !== 'note' && report(d));
  if (!decomposed) return false;
  doing('measuring errors');
  const { calls, outputs } = outputErrors(graph, decomposed.graph, decomposed.calls.keys(), inputs);
  const errors = new Map(Array.from(decomposed.calls, ([id, place]) => [place, calls.get(id) ?? null]));
  const layers = decomposed.layers.map((layer, place): Row => ({ ...layer, outputError: errors.get(place) ?? null }));
  doing(`writing ${out}`);
  const exported = exportWith(decomposed.graph, { out, passes: 'none' }, report);
  if (!exported || !writeFiles(out, exported.files, io.journal, report)) return false;
  if (!out.endsWith('.graph'))
    report({
      severity: 'warning',
      code: 'smartdeal/codes-lost',
      message: 'the file holds the new weights, and not what they are made of',
      origin: { file: out },
      hint: 'builds store powers of two and bases only from a .graph, or with --smartdeal',
    });
  const files = exported.files.map(({ path: name, contents }) => ({
    path: join(dirname(out), name),
    bytes: contents.byteLength,
  }));
  desk.print({ files, layers, outputs, ...totalOf(layers) }, (paint) => [
    ...layerTable(layers, paint),
    '',
    ...summary(layers, outputs),
    '',
    ...table(
      files.map(({ path: name, bytes }) => [paint.bold(name), printBytes(bytes)]),
      ['left', 'right'],
    ),
  ]);
  return true;
}

/** What was given for inputs, and random numbers for the others. */
function inputsFor(graph: Graph, { input = [], range }: Flags, report: Report): Named | undefined {
  const ports = graph.nodes.flatMap((n) =>
    n.kind === 'input' ? [{ name: n.name, dtype: n.type.dtype, shape: n.type.shape }] : [],
  );
  const given = (name: string): boolean => input.some((spec) => spec.startsWith(`${name}=`));
  const named = ports.length === 1 && input.length > 0 ? [] : ports.filter(({ name }) => !given(name));
  return readInputs([...input, ...named.map(({ name }) => `${name}=random:1`)], ports, range, report);
}

/** Of the layers that are decomposed. */
function totalOf(layers: readonly Row[]): { readonly weights: number; readonly bits: number } {
  const made = layers.filter(({ bits }) => bits !== null);
  return {
    weights: made.reduce((sum, { weights }) => sum + weights, 0),
    bits: made.reduce((sum, { bits }) => sum + (bits ?? 0), 0),
  };
}

const times = (ratio: number): string => `${ratio.toFixed(1)}x`;

const percent = (error: number | null): string => (error === null ? '-' : printPercent(error));

function layerTable(layers: readonly Row[], paint: Paint): readonly string[] {
  const head = ['layer', 'op', 'weights', 'bits each', 'to f32', 'to int8', 'weight error', 'output error', ''];
  const rows = layers.map(({ name, op, shape, weights, bits, weightError, outputError, reason }) => [
    shortName(name),
    op,
    shape.join('x'),
    ...(bits === null
      ? ['', '', '']
      : [(bits / weights).toFixed(2), times((32 * weights) / bits), times((8 * weights) / bits)]),
    ...(bits === null ? ['', ''] : [percent(weightError), percent(outputError)]),
    reason === null ? '' : paint.dim(`left: ${reason}`),
  ]);
  return table(
    [head.map((word) => paint.dim(word)), ...rows],
    ['left', 'left', 'left', 'right', 'right', 'right', 'right', 'right'],
  );
}

function summary(layers: readonly Row[], outputs: Readonly<Record<string, number | null>>): readonly string[] {
  const { weights, bits } = totalOf(layers);
  const all = layers.reduce((sum, layer) => sum + layer.weights, 0);
  return [
    `decomposed  ${printCount(weights)} of ${printCount(all)} weights, ${printBytes(weights * 4)} to ${printBytes(Math.ceil(bits / 8))}: ${times((32 * weights) / bits)} to f32, ${times((8 * weights) / bits)} to int8`,
    ...Object.entries(outputs).map(
      ([name, error]) => `output      "${visible(name)}" moves by ${percent(error)} of its size on these inputs`,
    ),
  ];
}
