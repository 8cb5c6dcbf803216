/** The topology of a layers-model: Keras layers and how they are called, brought from its several spellings into one. */
import { z } from 'zod';
import type { Report } from '../../diagnostic.ts';
import { checkJson } from '../json.ts';

/** One result of one call of a layer. */
export interface Ref {
  readonly layer: string;
  readonly call: number;
  readonly tensor: number;
}

export type Config = Readonly<Record<string, unknown>>;

export interface KerasLayerDef {
  readonly name: string;
  readonly className: string;
  readonly config: Config;
  /** The operands of each call; a layer that is shared has several. */
  readonly calls: readonly (readonly Ref[])[];
  /** Where the layer is a model itself. */
  readonly model?: KerasModel;
}

export interface KerasModel {
  readonly layers: readonly KerasLayerDef[];
  readonly inputs: readonly Ref[];
  readonly outputs: readonly Ref[];
}

/** Models within models go no deeper than this in earnest. */
const deepest = 16;

const config = z.record(z.string(), z.unknown());
const reference = z.tuple([z.string(), z.int().min(0), z.int().min(0)], z.unknown());
/** One reference, or a list of them. */
const references = z.union([z.array(reference), reference.transform((r) => [r])]);
/** Keras 3 writes the operands of a call as its arguments, each with the history of its tensor. */
const history = z.object({ config: z.object({ keras_history: reference }) }).transform((t) => t.config.keras_history);
const call = z.union([
  references,
  z
    .object({ args: z.array(z.union([history.transform((h) => [h]), z.array(history)])) })
    .transform(({ args }) => args.flat()),
]);

const layer = z.object({
  class_name: z.string(),
  name: z.string().optional(),
  config,
  inbound_nodes: z.array(call).nullish(),
});

const functional = z.object({ layers: z.array(layer).min(1), input_layers: references, output_layers: references });
const sequential = z.union([
  z.object({ layers: z.array(layer).min(1) }),
  z
    .array(layer)
    .min(1)
    .transform((layers) => ({ layers })),
]);
const root = z.object({ class_name: z.string(), config: z.union([config, z.array(z.unknown())]) });

type Layer = z.infer<typeof layer>;

export const isModel = (className: string): boolean => ['Functional', 'Model', 'Sequential'].includes(className);

/** The model in a topology, or undefined after reports. */
export function readTopology(topology: Config, file: string, report: Report): KerasModel | undefined {
  // A whole model has its topology one level further down than a bare one has.
  const given = topology.model_config ?? topology;
  const top = checkJson(root, given, file, report, 'modelTopology');
  return top && readModel(top.class_name, top.config, 'modelTopology.config', 0, { file, report });
}

interface Place {
  readonly file: string;
  readonly report: Report;
}

function readModel(
  className: string,
  value: unknown,
  path: string,
  depth: number,
  place: Place,
): KerasModel | undefined {
  const fault = (message: string, hint: string): undefined =>
    void place.report({ severity: 'error', code: 'import/json', message, origin: { file: place.file }, hint });
  if (!isModel(className))
    return fault(`"${path}" is a "${className}", which is not a model`, 'Functional and Sequential models are read');
  if (depth > deepest)
    return fault(`"${path}" is a model within ${depth} models`, 'flatten the model, and convert it again');
  if (className === 'Sequential') {
    const found = checkJson(sequential, value, place.file, place.report, path);
    const layers = found && readLayers(found.layers, path, depth, place);
    return layers && chain(layers);
  }
  const found = checkJson(functional, value, place.file, place.report, path);
  const layers = found && readLayers(found.layers, path, depth, place);
  return layers && { layers, inputs: found.input_layers.map(refOf), outputs: found.output_layers.map(refOf) };
}

function readLayers(found: readonly Layer[], path: string, depth: number, place: Place): KerasLayerDef[] | undefined {
  const layers: KerasLayerDef[] = [];
  const names = new Set<string>();
  for (const [i, { class_name: className, name, config: fields, inbound_nodes: nodes }] of found.entries()) {
    const own = typeof fields.name === 'string' ? fields.name : `layer_${i}`;
    const def = { name: name ?? own, className, config: fields, calls: (nodes ?? []).map((refs) => refs.map(refOf)) };
    if (names.has(def.name)) {
      place.report({
        severity: 'error',
        code: 'import/duplicate-name',
        message: 'two layers have this name',
        origin: { file: place.file, name: def.name },
        hint: 'rename one of them and its weights, or convert the model again',
      });
      return undefined;
    }
    names.add(def.name);
    if (!isModel(className)) layers.push(def);
    else {
      const model = readModel(className, fields, `${path}.layers[${i}].config`, depth + 1, place);
      if (!model) return undefined;
      layers.push({ ...def, model });
    }
  }
  return layers;
}

const refOf = ([layerName, callIndex, tensor]: readonly [string, number, number, ...unknown[]]): Ref => ({
  layer: layerName,
  call: callIndex,
  tensor,
});

const first = (name: string): Ref => ({ layer: name, call: 0, tensor: 0 });

/** A sequence as a model like the others: each layer called once on the one before, the first on an input. */
function chain(layers: readonly KerasLayerDef[]): KerasModel {
  const [head] = layers;
  const input = inputOf(head);
  const all = input === head ? layers : [input, ...layers];
  const linked = all.map((def, i) => ({ ...def, calls: i === 0 ? [] : [[first(all[i - 1].name)]] }));
  return { layers: linked, inputs: [first(input.name)], outputs: [first(linked[linked.length - 1].name)] };
}

/** The input of a sequence: its first layer, or one made from what the first layer says about its input. */
function inputOf(head: KerasLayerDef): KerasLayerDef {
  if (head.className === 'InputLayer') return head;
  const inner = head.model?.layers.find(({ name }) => name === head.model?.inputs[0]?.layer);
  if (inner) return inner;
  const { batch_input_shape: shape, dtype } = head.config;
  return {
    name: `${head.name}_input`,
    className: 'InputLayer',
    config: { batch_input_shape: shape, dtype },
    calls: [],
  };
}
