/** What the config says of single layers, brought to choose-formats as prices: a format that is not wanted costs too much. */
import type { Config, LayerConfig } from '../config.ts';
import { idleGlobs, layerConfig } from '../config.ts';
import type { Report } from '../diagnostic.ts';
import { formatNamed, formats } from '../formats/index.ts';
import type { Call, Graph } from '../graph/graph.ts';
import { weightsOf } from '../graph/weights.ts';
import { suggestion } from '../import/nearest.ts';
import { offersFor } from '../plan/offers.ts';
import type { Target } from '../target.ts';
import type { Encoding } from '../tensor/type.ts';

type Layers = Config['layers'];

const nameOf = ({ origin, id }: Call): string => origin ?? id;

const suits = ({ format, params = {} }: LayerConfig, encoding: Encoding): boolean =>
  (format === undefined || encoding.format === format) &&
  Object.entries(params).every(([key, value]) => encoding.params[key] === value);

/** The target, with no price that anyone would pay for formats that the config does not want. */
export function withLayers(target: Target, layers: Layers): Target {
  if (layers === undefined) return target;
  const { ownStorage: _own, ...chooses } = target;
  return {
    ...chooses,
    price: (work) =>
      suits(layerConfig(layers, nameOf(work.call)) ?? {}, work.encoding) ? target.price(work) : Infinity,
  };
}

/** Whether every format that the config names exists; reports those that do not. */
export function checkFormatNames(layers: Layers, report: Report): boolean {
  const unknown = Object.values(layers ?? {}).flatMap(({ format }) =>
    format === undefined || formatNamed(format) ? [] : [format],
  );
  const names = formats.map((f) => f.name);
  for (const format of unknown)
    report({
      severity: 'error',
      code: 'config/unknown-format',
      message: `there is no format "${format}"`,
      hint: [suggestion(format, names), `formats are ${names.join(', ')}`].filter(Boolean).join(' '),
    });
  return unknown.length === 0;
}

/** Reports layers whose weights could not be stored as the config wants, and globs that match no layer. */
export function checkLayers(graph: Graph, layers: Layers, report: Report): void {
  const all = [...weightsOf(graph).values()];
  for (const weights of all) {
    const { call, constant } = weights;
    const wanted = layerConfig(layers, nameOf(call));
    if (!wanted || suits(wanted, constant.type.encoding)) continue;
    const refusals = offersFor(weights).refused.filter(({ encoding }) => suits(wanted, encoding));
    const { format = constant.type.encoding.format, params = {} } = wanted;
    const asked = [format, ...Object.entries(params).map(([key, value]) => `${key}=${value}`)].join(' ');
    report({
      severity: 'error',
      code: 'config/format-refused',
      message: `the weights cannot be stored as "${asked}": ${refusals[0]?.reason ?? 'the format has no such parameters here'}`,
      origin: { file: graph.file, name: nameOf(call) },
      hint: 'espalier inspect lists the formats that fit each layer',
    });
  }
  for (const glob of idleGlobs(
    layers,
    all.map(({ call }) => nameOf(call)),
  ))
    report({
      severity: 'warning',
      code: 'config/no-such-layer',
      message: `"${glob}" in the config matches no layer with weights`,
      hint:
        suggestion(
          glob,
          all.map(({ call }) => nameOf(call)),
        ) || 'espalier inspect lists the layers',
    });
}
