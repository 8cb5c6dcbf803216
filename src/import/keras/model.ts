/** TensorFlow.js layers-models: Keras layers, read through the table of layers. */
import type { Graph } from '../../graph/graph.ts';
import { withQuantity } from '../../tensor/quantity.ts';
import { tensor } from '../../tensor/type.ts';
import type { Builder, Value } from '../builder.ts';
import { broken, graphBuilder } from '../builder.ts';
import type { ImportContext } from '../importer.ts';
import type { Declared } from '../inputs.ts';
import { checkShapeNames, hintOfShapes, shapeOfInput } from '../inputs.ts';
import { baseName, graphName } from '../names.ts';
import { checkOutputs } from '../outputs.ts';
import { scopeOf } from '../scope.ts';
import type { LayersModel } from '../tfjs/json.ts';
import { typeName } from '../tfjs/layer.ts';
import type { Weight } from '../tfjs/weights.ts';
import type { KerasLayerDef, KerasModel, Ref } from './json.ts';
import { isModel, readTopology } from './json.ts';
import { kerasLayerOf } from './layer.ts';
import { refusalOfLayer, rowOfLayer } from './layers.ts';

interface Reading {
  readonly file: string;
  readonly context: ImportContext;
  readonly builder: Builder;
  readonly weight: (layer: string, name: string) => Value | undefined;
  readonly shapeHint: string;
  /** Whether some layer could not be read, and has said so. */
  readonly failed: () => boolean;
}

export function importLayersModel(
  { modelTopology }: LayersModel,
  weights: ReadonlyMap<string, Weight>,
  file: string,
  context: ImportContext,
): Graph | null {
  const model = readTopology(modelTopology, file, context.report);
  if (!model || !checkLayers(model, file, context)) return null;
  const builder = graphBuilder();
  const placed = placeInputs(model, builder, file, context);
  if (!placed) return null;
  let failed = false;
  const reading: Reading = {
    file,
    context: {
      ...context,
      report: (d) => {
        failed ||= d.severity === 'error';
        context.report(d);
      },
    },
    failed: () => failed,
    builder,
    weight: weightFinder(weights, builder),
    shapeHint: hintOfShapes(placed.guessed),
  };
  const results = runModel(model, placed.values, reading);
  if (!results || reading.failed()) return null;
  const names = uniqueNames(model.outputs.map(({ layer }) => layer));
  const outputs = results.map((value, i) => ({ name: names[i], value }));
  if (!checkOutputs(outputs, file, context.report)) return null;
  return builder.finish(graphName(file, context.options.name), baseName(file), outputs);
}

/** Every layer that cannot be read, at once. */
function checkLayers(model: KerasModel, file: string, { report }: ImportContext): boolean {
  let fine = true;
  for (const { name, className, model: inner } of model.layers) {
    if (inner) fine = checkLayers(inner, file, { report } as ImportContext) && fine;
    else if (className !== 'InputLayer' && !isModel(className) && !rowOfLayer(className)) {
      report({ severity: 'error', code: 'import/unknown-op', ...refusalOfLayer(className), origin: { file, name } });
      fine = false;
    }
  }
  return fine;
}

interface Placed {
  readonly values: readonly Value[];
  readonly guessed: readonly Declared[];
}

function placeInputs(model: KerasModel, builder: Builder, file: string, context: ImportContext): Placed | undefined {
  const { report, options } = context;
  const layers = new Map(model.layers.map((l) => [l.name, l]));
  const names = model.inputs.map(({ layer }) => layer);
  const fault = (name: string, message: string): undefined =>
    void report({
      severity: 'error',
      code: 'import/ports',
      message,
      origin: { file, name },
      hint: 'convert the model again',
    });
  if (model.outputs.length === 0) return fault('', 'the model has no output');
  if (new Set(names).size !== names.length) return fault(names[0], 'the model lists an input twice');
  if ([...names, ...model.outputs.map((o) => o.layer)].includes('__proto__'))
    return fault('__proto__', 'an input or output has a name that no JavaScript object can have as a key of its own');
  if (!checkShapeNames(names, file, options, report)) return undefined;
  const guessed: Declared[] = [];
  const values: Value[] = [];
  for (const name of names) {
    const def = layers.get(name);
    if (!def) return fault(name, 'the model has no such layer, and lists it as an input');
    const sizes = sizesOf(def);
    const type = typeof def.config.dtype === 'string' ? def.config.dtype : 'float32';
    const shaped = shapeOfInput({ name, sizes }, file, options, report);
    if (!shaped) continue;
    if (shaped.guessed) guessed.push({ name, sizes });
    const whole = ['int32', 'bool', 'int64', 'uint8'].includes(typeName(type));
    values.push(builder.input(name, tensor(whole ? 'i32' : 'f32', shaped.shape)));
  }
  return values.length === names.length ? { values, guessed } : undefined;
}

/** The declared sizes of an input layer, −1 where open. */
function sizesOf({ config }: KerasLayerDef): readonly number[] | undefined {
  const shape = config.batch_input_shape ?? config.batch_shape;
  if (!Array.isArray(shape) || shape.length > 254) return undefined;
  return shape.map((d: unknown) => (typeof d === 'number' && Number.isInteger(d) ? d : -1));
}

/** The results of a model for its inputs; undefined after a report. */
function runModel(model: KerasModel, inputs: readonly Value[], reading: Reading): readonly Value[] | undefined {
  const { file, context } = reading;
  const layers = new Map(model.layers.map((l) => [l.name, l]));
  const bases = basesOf(model);
  const values = new Map<string, readonly Value[]>();
  const keyOf = ({ layer, call }: Ref): string => `${call - (bases.get(layer) ?? 0)} ${layer}`;
  const fault = (name: string, message: string): undefined =>
    void context.report({
      severity: 'error',
      code: 'import/missing-node',
      message,
      origin: { file, name },
      hint: 'the topology is damaged; convert the model again',
    });
  for (const [i, ref] of model.inputs.entries()) values.set(keyOf(ref), [inputs[i]]);

  for (const output of model.outputs) {
    // A stack of its own: a model may be deeper than the one of the language.
    const path: Ref[] = [output];
    const open = new Set<string>();
    for (let ref = path.at(-1); ref; ref = path.at(-1)) {
      const key = keyOf(ref);
      const def = layers.get(ref.layer);
      const operands = def?.calls[ref.call - (bases.get(ref.layer) ?? 0)];
      if (values.has(key)) path.pop();
      else if (!def || !operands)
        return fault(
          ref.layer,
          def
            ? `call ${ref.call} of the layer is used, and there is none`
            : 'the layer is used, and there is none of this name',
        );
      else {
        const missing = operands.find((o) => !values.has(keyOf(o)));
        if (!missing) {
          open.delete(key);
          values.set(
            key,
            callLayer(
              def,
              operands.map((o) => values.get(keyOf(o))?.[o.tensor] ?? broken),
              reading,
            ),
          );
        } else if (open.has(keyOf(missing)) || keyOf(missing) === key) {
          context.report({
            severity: 'error',
            code: 'import/cycle',
            message: `layers use each other in a circle: "${ref.layer}" and "${missing.layer}" are on it`,
            origin: { file, name: ref.layer },
            hint: 'a network with loops cannot be compiled; unroll it, and convert the model again',
          });
          return undefined;
        } else {
          open.add(key);
          path.push(missing);
        }
      }
    }
  }
  return model.outputs.map((o) => values.get(keyOf(o))?.[o.tensor] ?? broken);
}

/** Calls of a layer are counted from 0, and those of a model from 1 where its own making counts as the first. */
function basesOf(model: KerasModel): ReadonlyMap<string, number> {
  const bases = new Map<string, number>();
  const inner = new Set(model.layers.flatMap((l) => (l.model ? [l.name] : [])));
  const refs = [...model.layers.flatMap((l) => l.calls.flat()), ...model.inputs, ...model.outputs];
  for (const { layer, call } of refs) if (inner.has(layer)) bases.set(layer, Math.min(call, bases.get(layer) ?? call));
  return bases;
}

function callLayer(def: KerasLayerDef, inputs: readonly Value[], reading: Reading): readonly Value[] {
  const { file, context, builder, weight, shapeHint } = reading;
  const { name, className, config, model } = def;
  const scope = scopeOf({ name, operator: className, file, builder, report: context.report, shapeHint });
  if (inputs.includes(broken)) return [];
  if (model) {
    if (model.inputs.length === inputs.length) return runModel(model, inputs, reading) ?? [];
    scope.fail(`takes ${model.inputs.length} inputs and is given ${inputs.length}`);
    return [];
  }
  if (className === 'InputLayer') {
    scope.fail('is called like a layer', 'list it among "input_layers"');
    return [];
  }
  const layer = kerasLayerOf(scope, { config, inputs, weight: (w) => weight(name, w) });
  const result = rowOfLayer(className)?.(layer) ?? broken;
  return scope.failed ? [] : [result];
}

/** Finds weights by layer and name, as they are spelled today, with a cell's name between, or under the names of outer models. */
function weightFinder(weights: ReadonlyMap<string, Weight>, builder: Builder) {
  const spellings = new Map<string, string>();
  for (const name of weights.keys()) {
    const parts = name.split('/');
    const last = parts[parts.length - 1];
    for (const spelling of [parts.slice(-2).join('/'), [...parts.slice(0, -2), last].join('/'), name])
      if (spelling === name || !spellings.has(spelling)) spellings.set(spelling, name);
  }
  const values = new Map<string, Value>();
  return (layer: string, name: string): Value | undefined => {
    const full = spellings.get(`${layer}/${name}`);
    const weight = full === undefined ? undefined : weights.get(full);
    if (full === undefined || !weight) return undefined;
    const { dtype, shape, data, mask, quantity } = weight;
    const type = withQuantity(tensor(dtype, shape), quantity);
    const value = values.get(full) ?? builder.known(type, data, { ...(mask && { mask }), origin: full });
    values.set(full, value);
    return value;
  };
}

function uniqueNames(names: readonly string[]): readonly string[] {
  const taken = new Set<string>();
  return names.map((name) => {
    let unique = name;
    for (let n = 1; taken.has(unique); n++) unique = `${name}_${n}`;
    taken.add(unique);
    return unique;
  });
}
