/** TensorFlow.js graph-models: nodes of a frozen TensorFlow graph, read through the table of operators. */
import type { Graph } from '../../graph/graph.ts';
import { withQuantity } from '../../tensor/quantity.ts';
import { sameShape, tensor } from '../../tensor/type.ts';
import type { Builder, Value } from '../builder.ts';
import { broken, graphBuilder } from '../builder.ts';
import type { ImportContext } from '../importer.ts';
import type { Declared } from '../inputs.ts';
import { checkShapeNames, hintOfShapes, shapeOfInput } from '../inputs.ts';
import { baseName, graphName } from '../names.ts';
import { checkOutputs } from '../outputs.ts';
import type { Scope } from '../scope.ts';
import { scopeOf } from '../scope.ts';
import { withDilations } from './dilation.ts';
import type { GraphModel, NodeDef } from './json.ts';
import { sizesOf } from './json.ts';
import { layerOf, typeName } from './layer.ts';
import { refusalOf, rowOf } from './ops.ts';
import { inputsOf, nodesByName, orderOf } from './order.ts';
import type { Port } from './signature.ts';
import { portsOf, tensorOf } from './signature.ts';
import type { Weight } from './weights.ts';

interface Reading {
  readonly file: string;
  readonly context: ImportContext;
  readonly builder: Builder;
  readonly weights: ReadonlyMap<string, Weight>;
  /** The outputs of every node so far. */
  readonly values: Map<string, readonly Value[]>;
}

export function importGraphModel(
  model: GraphModel,
  weights: ReadonlyMap<string, Weight>,
  file: string,
  context: ImportContext,
): Graph | null {
  const { report, options } = context;
  const { inputs, outputs } = portsOf(model);
  const { node: nodes } = model.modelTopology;
  const named = nodesByName(nodes, file, report);
  const byName = named && withDilations(nodes, named, weights);
  if (!byName || !checkPorts(inputs, outputs, byName, file, context)) return null;
  const isInput = new Set(inputs.map((port) => tensorOf(port.tensor).node));
  const wanted = outputs.map((o) => tensorOf(o.tensor).node);
  const order = orderOf(wanted, { byName, leaves: isInput, file, report });
  if (!order) return null;

  // Placeholders that the signature forgot are inputs all the same.
  const ports = [
    ...inputs,
    ...order
      .filter((n) => n.op === 'Placeholder' && !isInput.has(n.name))
      .map((n) => ({ name: n.name, tensor: n.name })),
  ];
  if (!checkOperators(order, isInput, file, context)) return null;
  const reading: Reading = { file, context, builder: graphBuilder(), weights, values: new Map() };
  const guessed = placeInputs(ports, byName, reading);
  if (!guessed) return null;
  const shapeHint = hintOfShapes(guessed);
  let complete = true;
  for (const node of order)
    if (!reading.values.has(node.name)) complete = readNode(node, shapeHint, reading) && complete;
  const results = outputs.map(({ name, tensor: source }) => {
    const { node, index } = tensorOf(source);
    return { name, value: reading.values.get(node)?.[index] ?? broken };
  });
  if (!complete || !checkOutputs(results, file, report)) return null;
  return reading.builder.finish(graphName(file, options.name), baseName(file), results);
}

function checkPorts(
  inputs: readonly Port[],
  outputs: readonly Port[],
  byName: ReadonlyMap<string, NodeDef>,
  file: string,
  { report, options }: ImportContext,
): boolean {
  const fault = (message: string, hint: string): false => {
    report({ severity: 'error', code: 'import/ports', message, origin: { file }, hint });
    return false;
  };
  const again = 'mend the "signature" in the file, or convert the model again';
  if (outputs.length === 0) return fault('the graph has no output', again);
  for (const { name, tensor: source } of inputs)
    if (!byName.has(tensorOf(source).node)) return fault(`the input "${name}" is not in the graph`, again);
  for (const [i, { name, tensor: source }] of inputs.entries()) {
    const { node, index } = tensorOf(source);
    if (index !== 0) return fault(`the input "${name}" is output ${index} of "${node}"`, again);
    if (inputs.findIndex((other) => tensorOf(other.tensor).node === node) !== i)
      return fault(`the input "${name}" is another input too`, again);
  }
  for (const { name } of [...inputs, ...outputs])
    if (name === '__proto__')
      return fault(
        `an input or output is named "${name}", which no JavaScript object can have as a key of its own`,
        again,
      );
  return checkShapeNames(
    inputs.map((i) => i.name),
    file,
    options,
    report,
  );
}

/** Every operator that cannot be read, at once. */
function checkOperators(
  order: readonly NodeDef[],
  inputs: ReadonlySet<string>,
  file: string,
  { report }: ImportContext,
): boolean {
  const unknown = order.filter(({ name, op }) => !inputs.has(name) && !isSource(op) && !rowOf(op));
  for (const { name, op } of unknown)
    report({ severity: 'error', code: 'import/unknown-op', ...refusalOf(op), origin: { file, name } });
  return unknown.length === 0;
}

const isSource = (op: string): boolean => op === 'Const' || op === 'Placeholder' || op === 'PlaceholderWithDefault';

/** The inputs whose shapes were guessed, or undefined after reports. */
function placeInputs(
  ports: readonly Port[],
  byName: ReadonlyMap<string, NodeDef>,
  { file, context, builder, values }: Reading,
): readonly Declared[] | undefined {
  const guessed: Declared[] = [];
  let complete = true;
  for (const { name, tensor: source, shape } of ports) {
    const { node } = tensorOf(source);
    const attr = byName.get(node)?.attr;
    const own = sizesOf(attr?.shape?.shape);
    const signed = sizesOf(shape);
    // Either may leave open what the other knows.
    const sizes = own && signed?.length === own.length ? own.map((d, i) => (d < 0 ? signed[i] : d)) : (own ?? signed);
    const type = typeName(attr?.dtype?.type ?? 'DT_FLOAT');
    const shaped = shapeOfInput({ name, sizes }, file, context.options, context.report);
    const known = ['float32', 'int32', 'bool'].includes(type);
    if (!known)
      context.report({
        severity: 'error',
        code: 'import/dtype',
        message: `an input of type "${type}" is not read; those of type float32, int32 and bool are`,
        origin: { file, name },
        hint: 'convert the model again with numbers as inputs',
      });
    if (!shaped || !known) complete = false;
    else {
      if (shaped.guessed) guessed.push({ name, sizes });
      values.set(node, [builder.input(name, tensor(type === 'float32' ? 'f32' : 'i32', shaped.shape))]);
    }
  }
  return complete ? guessed : undefined;
}

/** Whether the node could be read. */
function readNode(node: NodeDef, shapeHint: string, reading: Reading): boolean {
  const { file, context, builder, values } = reading;
  const scope = scopeOf({ name: node.name, operator: node.op, file, builder, report: context.report, shapeHint });
  const operands = inputsOf(node).map((name) => operandOf(name, scope, values));
  if (operands.includes(broken)) values.set(node.name, []);
  else if (node.op === 'Const') values.set(node.name, [constant(node, scope, reading)]);
  else if (node.op === 'PlaceholderWithDefault') values.set(node.name, operands.slice(0, 1));
  else {
    const row = rowOf(node.op);
    const result = row?.(layerOf(scope, node, operands)) ?? broken;
    const list = Array.isArray(result) ? (result as readonly Value[]) : [result as Value];
    values.set(node.name, scope.failed ? [] : list);
  }
  return !scope.failed;
}

function operandOf(name: string, scope: Scope, values: ReadonlyMap<string, readonly Value[]>): Value {
  const { node, index } = tensorOf(name);
  const outputs = values.get(node) ?? [];
  // A node without outputs has failed, and has said so.
  if (outputs.length === 0) return broken;
  return (
    outputs[index] ??
    scope.fail(`uses output ${index} of "${node}", which has ${outputs.length}`, 'convert the model again')
  );
}

function constant(node: NodeDef, scope: Scope, { weights, builder }: Reading): Value {
  const weight = weights.get(node.name);
  if (!weight)
    return scope.fail(
      'has no values: "weightsManifest" does not list it',
      'convert the model again; the manifest belongs to another model',
    );
  const declared = node.attr?.value?.tensor;
  const shape = sizesOf(declared?.tensorShape);
  const dtype = declared?.dtype === undefined ? undefined : typeName(declared.dtype);
  if (shape && !sameShape(shape, weight.shape))
    return scope.fail(
      `has the shape [${shape.join(', ')}] in the topology and [${weight.shape.join(', ')}] in the manifest`,
      'mend "weightsManifest", or convert the model again',
    );
  if (dtype !== undefined && (dtype === 'float32') !== (weight.dtype === 'f32'))
    return scope.fail(
      `has the type ${dtype} in the topology and ${weight.dtype === 'f32' ? 'float32' : 'int32'} in the manifest`,
      'mend "weightsManifest", or convert the model again',
    );
  const { data, mask, quantity } = weight;
  const type = withQuantity(tensor(weight.dtype, weight.shape), quantity);
  return builder.known(type, data, { ...(mask && { mask }), origin: node.name });
}
