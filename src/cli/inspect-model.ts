/** What `espalier inspect` does. Loaded only when it runs, so that help comes at once. */
import picomatch from 'picomatch';
import { visible } from '../diagnostic.ts';
import { formats } from '../formats/index.ts';
import { loadModel } from '../make/load.ts';
import type { InspectedLayer, Inspection, PortReport } from '../plan/report.ts';
import { inspect } from '../plan/report.ts';
import type { Desk } from './desk.ts';
import type { Flags } from './inspect.ts';
import { modelOf } from './model.ts';
import { choicesOf } from './options.ts';
import type { Paint } from './paint.ts';
import { printBytes, printCount, printPercent, shortName, table } from './paint.ts';

export async function show(model: string | undefined, flags: Flags, desk: Desk): Promise<boolean> {
  const { report, doing } = desk;
  const choices = await choicesOf(model, flags, desk);
  const path = choices && modelOf(choices, report);
  if (!choices || path === undefined) return false;
  doing(`reading ${path}`);
  const loaded = loadModel(path, choices, report);
  if (!loaded) return false;
  doing('looking for formats that fit');
  const found = inspect(loaded.graph);
  const { layer: glob } = flags;
  const layers = glob === undefined ? found.layers : found.layers.filter(({ name }) => matches(glob, name));
  if (layers.length === 0 && glob !== undefined) {
    report({
      severity: 'error',
      code: 'inspect/no-such-layer',
      message: `no layer with weights matches "${glob}"`,
      hint: 'a star matches slashes as well, e.g. "*conv_1*"',
      origin: { file: loaded.file },
    });
    return false;
  }
  desk.print({ model: loaded.graph.name, ...found, layers }, (paint) =>
    glob === undefined ? asText(loaded.file, found, paint) : layers.flatMap((layer) => detail(layer, paint)),
  );
  return true;
}

const matches = (glob: string, name: string): boolean =>
  glob === name || picomatch(glob, { bash: true, dot: true })(name);

function asText(file: string, { inputs, outputs, operators, layers }: Inspection, paint: Paint): readonly string[] {
  const sum = (of: (layer: InspectedLayer) => number): number => layers.reduce((total, layer) => total + of(layer), 0);
  const [parameters, macs, zeros] = [sum((l) => l.parameters), sum((l) => l.macs), sum((l) => l.zeros)];
  const ports = (kind: string, list: readonly PortReport[]) =>
    list.map(({ name, dtype, shape }, i) => [
      paint.dim(i === 0 ? kind : ''),
      paint.bold(visible(name)),
      `${dtype} [${shape.join(', ')}]`,
    ]);
  return [
    paint.bold(file),
    '',
    ...table([...ports('inputs', inputs), ...ports('outputs', outputs)]),
    '',
    `${paint.dim('operators')}  ${operators.map(({ op, count }) => `${count} ${op}`).join(', ')}`,
    `${paint.dim('in layers')}  ${printCount(parameters)} parameters, ${printPercent(parameters === 0 ? 0 : zeros / parameters)} zero; ${printCount(macs)} multiply-adds`,
    '',
    ...(layers.length === 0 ? ['no layer has weights'] : layerTable(layers, paint)),
  ];
}

/** A row a layer: the fewest bytes that its weights take in each format that holds any of the layers. */
function layerTable(layers: readonly InspectedLayer[], paint: Paint): readonly string[] {
  const names = formats
    .map((f) => f.name)
    .filter((format) => layers.some((layer) => fewestBytes(layer, format) < Infinity));
  const head = ['layer', 'op', 'weights', 'output', 'parameters', 'MACs', 'zeros', ...names].map((word) =>
    paint.dim(word),
  );
  const rows = layers.map((layer) => {
    const { name, op, shape, output, parameters, macs, zeros } = layer;
    const bytes = names.map((format) => fewestBytes(layer, format));
    const best = Math.min(...bytes);
    return [
      shortName(name),
      op,
      shape.join('x'),
      output.join('x'),
      printCount(parameters),
      printCount(macs),
      printPercent(zeros / shape.reduce((n, d) => n * d, 1)),
      ...bytes.map((b) => (b === Infinity ? paint.dim('-') : b === best ? paint.green(printBytes(b)) : printBytes(b))),
    ];
  });
  return table(
    [head, ...rows],
    ['left', 'left', 'left', 'left', 'right', 'right', 'right', ...names.map(() => 'right' as const)],
  );
}

const fewestBytes = ({ formats: found }: InspectedLayer, name: string): number =>
  found.reduce(
    (least, f) => ('bytes' in f && f.format.split(' ', 1)[0] === name ? Math.min(least, f.bytes) : least),
    Infinity,
  );

function detail(layer: InspectedLayer, paint: Paint): readonly string[] {
  const { name, op, shape, output, parameters, macs, zeros } = layer;
  const fits = layer.formats.flatMap((f) => ('bytes' in f ? [f] : [])).sort((a, b) => a.bytes - b.bytes);
  const not = layer.formats.flatMap((f) => ('reason' in f ? [f] : []));
  return [
    paint.bold(visible(name)),
    `  ${op}, weights ${shape.join('x')}, output ${output.join('x')}`,
    `  ${printCount(parameters)} parameters, ${printCount(zeros)} of the weights zero; ${printCount(macs)} multiply-adds`,
    ...table(
      fits.map(({ format, bytes }) => [`  ${format}`, printBytes(bytes)]),
      ['left', 'right'],
    ),
    ...not.map(({ format, reason }) => paint.dim(`  not ${format}: ${reason}`)),
    '',
  ];
}
