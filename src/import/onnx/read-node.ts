/** One node → its outputs: by the tables of operators, or by the model's own function of that name. */
import type { Value } from '../builder.ts';
import { broken } from '../builder.ts';
import { suggestion } from '../nearest.ts';
import type { Scope } from '../scope.ts';
import { scopeOf } from '../scope.ts';
import type { Bound, Named } from './bound.ts';
import { absent, describe, isNamed } from './bound.ts';
import { standard } from './domains.ts';
import type { Element } from './elements.ts';
import type { Layer, Row } from './layer.ts';
import { layerOf } from './layer.ts';
import { masked, maskFor } from './masks.ts';
import type { Names } from './names.ts';
import { boundRowOf, refusalOf, rowOf } from './ops.ts';
import type { Place } from './read-body.ts';
import { callFunction, readBody } from './read-body.ts';
import type { Reading } from './reading.ts';
import { functionKey } from './reading.ts';
import type { AttributeProto, NodeProto } from './schema.ts';

type Operands = readonly (Bound | undefined)[];

/** The outputs in order; undefined where one could not be read, which has been reported. */
export function readNode(node: NodeProto, names: Names, place: Place, reading: Reading): Operands {
  const { file, report, builder, shapeHint } = reading;
  const label = `${place.path}${node.name === '' ? (node.output.find((o) => o !== '') ?? node.opType) : node.name}`;
  const operator = standard(node.domain) ? node.opType : `${node.domain}.${node.opType}`;
  const scope = scopeOf({ name: label, operator, file, builder, report, shapeHint });
  const operands = operandsOf(node, names, scope);
  if (scope.failed || operands === undefined) return [];
  const attributes = attributesOf(node, place);
  const inside = { ...place, path: `${label}/` };
  const [row, boundRow] = [rowOf(node.domain, node.opType), boundRowOf(node.domain, node.opType)];
  const own = reading.functions.get(functionKey(node.domain, node.opType));
  if (!row && !boundRow && own) {
    const results = callFunction(own, operands, attributes, inside, scope, reading);
    return results.length === own.output.length ? complete(node, results, scope) : [];
  }
  if (!row && !boundRow) {
    const { message, hint } = refusalOf(operator, node.domain);
    report({ severity: 'error', code: 'import/unknown-op', message, origin: { file, name: label }, hint });
    return [];
  }
  const elements = new Map<number, Element>();
  const tensors = operands.map((o) => (isNamed(o) ? o : undefined));
  const layer = layerOf(scope, node, {
    opset: place.opsets.get(standard(node.domain) ? '' : node.domain) ?? 1,
    operands: tensors,
    attributes,
    gives: (element, output) => elements.set(output, element),
    tensorOf: (attribute) => reading.tensorIn(attribute, label),
    body: (graph, inputs, which) =>
      readBody(graph, inputs, names, { ...inside, path: `${inside.path}${which}` }, scope, reading),
  });
  if (boundRow) return complete(node, boundRow(layer, operands), scope);
  const odd = operands.findIndex((o) => o && !isNamed(o));
  if (odd >= 0) scope.fail(`takes a tensor as input ${odd + 1} and is given ${describe(operands[odd])}`);
  if (!row || odd >= 0) return [];
  const results = outputsOf(row, layer, tensors, elements);
  return complete(
    node,
    operator === 'Constant' && place.path === '' ? withMask(node, results, scope, reading) : results,
    scope,
  );
}

/** Constants are weights too in some exporters' files, and go by the name of their output. */
function withMask(
  { output }: NodeProto,
  [found]: readonly (Named | undefined)[],
  scope: Scope,
  { masks }: Reading,
): Operands {
  const mask = found && maskFor(output[0], found.value, masks);
  if (typeof mask === 'string') scope.fail(`is a weight with a mask that does not fit: ${mask}`);
  return found && typeof mask !== 'string' ? [{ ...found, value: masked(found.value, mask) }] : [];
}

/** Whoever uses an output that its node does not give says so. */
const complete = ({ output }: NodeProto, found: Operands, { failed }: Scope): Operands =>
  failed ? [] : output.map((_, i) => (i < found.length ? found[i] : absent));

function outputsOf(
  row: Row,
  layer: Layer,
  operands: readonly (Named | undefined)[],
  elements: ReadonlyMap<number, Element>,
): readonly (Named | undefined)[] {
  const result = row(layer);
  const values = Array.isArray(result) ? (result as readonly Value[]) : [result as Value];
  return values.map((value, i) =>
    value === broken ? undefined : { value, element: elements.get(i) ?? likely(value, operands) },
  );
}

/** The element type of the first operand of the same kind. */
function likely({ type }: Value, operands: readonly (Named | undefined)[]): Element {
  const alike = operands.find((o) => o && o.value.type.dtype === type.dtype);
  return alike?.element ?? (type.dtype === 'f32' ? 'float' : 'int64');
}

/** Undefined, and nothing said, where an operand could not be read: whoever failed has said so. */
function operandsOf(node: NodeProto, names: Names, scope: Scope): Operands | undefined {
  const operands: (Bound | undefined)[] = [];
  let whole = true;
  for (const name of node.input) {
    if (name === '') operands.push(undefined);
    else if (names.has(name)) {
      const found = names.find(name);
      whole &&= found !== undefined;
      operands.push(found);
    } else
      scope.fail(
        `uses "${name}", which is not in the graph`,
        suggestion(name, names.known) || 'the file is incomplete; export the model again',
      );
  }
  return whole ? operands : undefined;
}

/** Attributes by name; those that a function passes on are those that it was given. */
function attributesOf({ attribute }: NodeProto, { bindings }: Place): ReadonlyMap<string, AttributeProto> {
  const own = new Map<string, AttributeProto>();
  for (const a of attribute) {
    const bound = a.refAttrName === '' ? a : bindings.get(a.refAttrName);
    if (bound) own.set(a.name, bound);
  }
  return own;
}
