/**
 * What every graph satisfies, before and after every pass:
 *   - ids are identifiers and unique, and values are defined before they are used, so there is no cycle
 *   - sizes are whole numbers above zero, and no value has more than 8 of them or 2^31 − 1 stored elements
 *   - a panel layout is on a value of two axes or more and has at least one lane
 *   - pieces are on a value of two axes or more, of f16 or bf16 where it is f32, and of i8 where it is i32
 *   - a call has as many inputs as its operator has operands, and the dtype and shape that its operator infers
 *   - a constant holds as many numbers as its shape says, in its element type, with a mask as long or none
 *   - only constants are stored in a sparse format, and the format is listed; its parameters hold for the layers that use it
 *   - a quantity has as many scales and zeros as belong to its axis, scales above zero and whole zeros; of f32, constants
 *     alone have one; where it says what the numbers are made of, they are made of that
 *   - names of inputs are unique, names of outputs are unique, and there is an output
 */
import type { Report } from '../diagnostic.ts';
import { formatNamed } from '../formats/index.ts';
import { mostAxes, mostElements } from '../ops/check.ts';
import { rulesOf } from '../ops/index.ts';
import { zeros } from '../tensor/numbers.ts';
import { madeFault, quantityFault } from '../tensor/quantity.ts';
import type { TensorType } from '../tensor/type.ts';
import { elements, leastPanelAxes, sameShape, storedLength } from '../tensor/type.ts';
import type { Call, Constant, Graph, Id, Node } from './graph.ts';
import { inputsOf, originOf } from './graph.ts';
import { printType } from './text.ts';
import { meaningOf } from './weights.ts';

type Fail = (message: string) => void;

export function verify(graph: Graph, report: Report): void {
  const types = new Map<Id, TensorType>();
  const fault = (message: string, node?: Node): void =>
    report({
      severity: 'error',
      code: 'graph/invalid',
      message,
      origin: node ? originOf(graph, node) : { file: graph.file },
    });

  for (const node of graph.nodes) {
    const fail: Fail = (message) => fault(`%${node.id} ${message}`, node);
    if (!/^\w+$/.test(node.id)) fail('has an id that is not an identifier');
    if (types.has(node.id)) fail('is defined twice');
    const undefinedInputs = inputsOf(node).filter((i) => !types.has(i));
    for (const i of undefinedInputs) fail(`uses %${i} before it is defined`);
    types.set(node.id, node.type);
    checkType(node, fail);
    if (node.kind === 'constant') checkConstant(node, fail);
    if (node.kind === 'call' && undefinedInputs.length === 0) checkCall(node, types, fail);
  }
  for (const name of repeated(graph.nodes.flatMap((n) => (n.kind === 'input' ? [n.name] : []))))
    fault(`two inputs are named "${name}"`);
  for (const name of repeated(graph.outputs.map((o) => o.name))) fault(`two outputs are named "${name}"`);
  for (const { name, id } of graph.outputs)
    if (!types.has(id)) fault(`output "${name}" is %${id}, which is not defined`);
  if (graph.outputs.length === 0) fault('there is no output');
}

function checkType({ kind, type }: Node, fail: Fail): void {
  const { dtype, shape, layout, encoding, quantity } = type;
  if (!shape.every((d) => Number.isInteger(d) && d > 0))
    fail(`has a size that is not a whole number above zero: ${printType(type)}`);
  else if (shape.length > mostAxes) fail(`has over ${mostAxes} axes: ${printType(type)}`);
  else if (storedLength(type) > mostElements) fail(`is too large: ${printType(type)}`);
  if (
    layout.kind === 'panel' &&
    !(shape.length >= leastPanelAxes && Number.isInteger(layout.lanes) && layout.lanes > 0)
  )
    fail(`cannot be laid out in panels: ${printType(type)}`);
  if (layout.kind === 'pieces' && (shape.length < leastPanelAxes || dtype !== (layout.of === 'i8' ? 'i32' : 'f32')))
    fail(`cannot be laid out in pieces: ${printType(type)}`);
  if (layout.kind === 'panel' && layout.pairs && dtype !== 'i32')
    fail(`has pairs of numbers that are not i32: ${printType(type)}`);
  if (!formatNamed(encoding.format)) fail(`is stored in an unknown format "${encoding.format}"`);
  if (kind !== 'constant' && encoding.format !== 'dense') fail('is sparse but not a constant');
  const misfit = quantity && quantityFault(quantity, shape);
  if (misfit !== undefined) fail(misfit);
  if (quantity && dtype === 'f32' && kind !== 'constant') fail('has a quantity and is neither whole nor a constant');
  if (quantity?.decomposition && (kind !== 'constant' || !(dtype === 'f32' || dtype === 'i32')))
    fail('has units of powers of two and is no constant of f32 or i32');
}

function checkConstant({ type, data, mask }: Constant, fail: Fail): void {
  const want = elements(type.shape);
  if (data.length !== want) fail(`holds ${data.length} numbers, and its type ${printType(type)} needs ${want}`);
  if (zeros(type.dtype, 0).constructor !== data.constructor) fail(`holds numbers of another type than ${type.dtype}`);
  if (mask && mask.length !== want) fail(`has a mask of ${mask.length} for ${want} numbers`);
  const { quantity, shape } = type;
  if (quantity?.decomposition && quantityFault(quantity, shape) === undefined) {
    if (mask) fail('has a mask, and its numbers are made of units');
    const misfit = data.length === want ? madeFault(quantity, shape, data) : undefined;
    if (misfit !== undefined) fail(misfit);
  }
}

function checkCall({ op, inputs, type }: Call, types: ReadonlyMap<Id, TensorType>, fail: Fail): void {
  const { operands, infer, columns, plane } = rulesOf(op);
  const names = operands(op);
  if (inputs.length !== names.length) {
    fail(`has ${inputs.length} inputs; "${op.kind}" takes ${names.join(', ')}`);
    return;
  }
  const given = Object.fromEntries(names.map((name, i) => [name, types.get(inputs[i]) ?? type]));
  const inferred = infer(op, given);
  if (typeof inferred === 'string') fail(`cannot be typed: "${op.kind}" ${inferred}`);
  else if (inferred.dtype !== type.dtype || !sameShape(inferred.shape, type.shape))
    fail(`is declared ${printType(type)} but computes ${printType(inferred)}`);
  else if (columns && given.weights) {
    const { shape, encoding } = given.weights;
    const view = columns(op, given.weights);
    const read = plane?.(op, given);
    const rows = elements(shape) / view.columns;
    const sizes = { rows, ...view, ...(read && { plane: read }), ...meaningOf(given.weights) };
    const misfit = formatNamed(encoding.format)?.fault?.(sizes, encoding.params);
    if (misfit !== undefined) fail(`has weights stored as "${encoding.format}", and ${misfit}`);
  }
}

const repeated = (names: readonly string[]): ReadonlySet<string> =>
  new Set(names.filter((name, i) => names.indexOf(name) !== i));
