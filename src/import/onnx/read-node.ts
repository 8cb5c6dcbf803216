/** One node → its outputs: by the table of operators, or by the model's own function of that name. */
import type { Report } from '../../diagnostic.ts';
import type { Builder, Value } from '../builder.ts';
import { broken } from '../builder.ts';
import { suggestion } from '../nearest.ts';
import type { Scope } from '../scope.ts';
import { scopeOf } from '../scope.ts';
import { standard } from './domains.ts';
import type { Element } from './elements.ts';
import type { Layer, Named, Row } from './layer.ts';
import { layerOf } from './layer.ts';
import type { Names } from './names.ts';
import { namesOf } from './names.ts';
import { refusalOf, rowOf } from './ops.ts';
import type { AttributeProto, FunctionProto, GraphProto, NodeProto } from './schema.ts';
import { readSparse } from './sparse.ts';
import type { ReadExternal } from './tensors.ts';
import { readTensor } from './tensors.ts';
import { named, weightsOf } from './weights.ts';

/** What stays the same while a model is read. */
export interface Reading {
  readonly file: string;
  readonly report: Report;
  readonly builder: Builder;
  readonly readExternal: ReadExternal;
  /** The model's own functions, by domain and name. */
  readonly functions: ReadonlyMap<string, FunctionProto>;
  readonly shapeHint: string;
}

/** Where a node stands: its graph's operator sets, the attributes of the function around it, and how deep it is. */
export interface Place {
  readonly opsets: ReadonlyMap<string, number>;
  readonly bindings: ReadonlyMap<string, AttributeProto>;
  readonly path: string;
  readonly depth: number;
}

/** Subgraphs and functions in each other: more is a broken model, or one made to break its readers. */
const deepest = 32;

export const functionKey = (domain: string, name: string): string => `${standard(domain) ? '' : domain}:${name}`;

export function readNode(
  node: NodeProto,
  names: Names,
  place: Place,
  reading: Reading,
): readonly (Named | undefined)[] {
  const { file, report, builder, shapeHint } = reading;
  const label = `${place.path}${node.name === '' ? (node.output.find((o) => o !== '') ?? node.opType) : node.name}`;
  const operator = standard(node.domain) ? node.opType : `${node.domain}.${node.opType}`;
  const scope = scopeOf({ name: label, operator, file, builder, report, shapeHint });
  const operands = operandsOf(node, names, scope);
  if (scope.failed || operands === undefined) return [];
  const attributes = attributesOf(node, place);
  const own = reading.functions.get(functionKey(node.domain, node.opType));
  const row = rowOf(node.domain, node.opType);
  if (!row && own) return callFunction(own, operands, attributes, { ...place, path: `${label}/` }, scope, reading);
  if (!row) {
    const { message, hint } = refusalOf(operator, node.domain);
    report({ severity: 'error', code: 'import/unknown-op', message, origin: { file, name: label }, hint });
    return [];
  }
  const elements = new Map<number, Element>();
  const layer = layerOf(scope, node, {
    opset: place.opsets.get(standard(node.domain) ? '' : node.domain) ?? 1,
    operands,
    attributes,
    gives: (element, output) => elements.set(output, element),
    tensorOf: (attribute) => tensorOf(attribute, label, reading),
    body: (graph, inputs, which) =>
      readBody(graph, inputs, names, { ...place, path: `${label}/${which}`, depth: place.depth + 1 }, scope, reading),
  });
  return outputsOf(row, layer, operands, elements);
}

function outputsOf(
  row: Row,
  layer: Layer,
  operands: readonly (Named | undefined)[],
  elements: ReadonlyMap<number, Element>,
): readonly (Named | undefined)[] {
  const result = row(layer);
  if (layer.failed) return [];
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
function operandsOf(node: NodeProto, names: Names, scope: Scope): readonly (Named | undefined)[] | undefined {
  const operands: (Named | undefined)[] = [];
  let complete = true;
  for (const name of node.input) {
    if (name === '') operands.push(undefined);
    else if (names.has(name)) {
      const found = names.find(name);
      complete &&= found !== undefined;
      operands.push(found);
    } else
      scope.fail(
        `uses "${name}", which is not in the graph`,
        suggestion(name, names.known) || 'the file is incomplete; export the model again',
      );
  }
  return complete ? operands : undefined;
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

function tensorOf(
  { t, sparseTensor }: AttributeProto,
  origin: string,
  { builder, readExternal }: Reading,
): Named | string {
  const found = t
    ? readTensor(t, readExternal)
    : sparseTensor
      ? readSparse(sparseTensor, readExternal)
      : 'is no tensor';
  return typeof found === 'string' ? found : named(builder, found, origin);
}

/** The outputs of a subgraph, which sees the names around it. */
function readBody(
  graph: GraphProto,
  inputs: readonly Named[],
  around: Names,
  place: Place,
  scope: Scope,
  reading: Reading,
): readonly Named[] {
  if (place.depth > deepest) {
    scope.fail(`has graphs in graphs over ${deepest} deep`);
    return [];
  }
  const bound = new Map(graph.input.map(({ name }, i) => [name, inputs[i]]));
  const { file, report, builder, readExternal } = reading;
  const weights = weightsOf({ graph, builder, readExternal, file, report, masks: undefined });
  const names = namesOf({
    nodes: graph.node,
    around,
    given: {
      known: [...bound.keys(), ...weights.names],
      has: (name) => bound.has(name) || weights.has(name),
      find: (name) => bound.get(name) ?? weights.get(name),
    },
    read: (node, seen) => readNode(node, seen, place, reading),
    cycle: (node) => reportCycle(node, reading),
  });
  return resultsOf(
    graph.output.map(({ name }) => name),
    names,
    scope,
  );
}

function callFunction(
  { input, output, node, opsetImport, attributeProto }: FunctionProto,
  operands: readonly (Named | undefined)[],
  attributes: ReadonlyMap<string, AttributeProto>,
  { path, depth }: Place,
  scope: Scope,
  reading: Reading,
): readonly (Named | undefined)[] {
  if (depth > deepest) {
    scope.fail(`is a function that calls others over ${deepest} deep`);
    return [];
  }
  const bound = new Map(input.map((name, i) => [name, operands[i]]));
  const place = {
    opsets: opsetsOf(opsetImport),
    bindings: new Map([...attributeProto.map((a) => [a.name, a] as const), ...attributes]),
    path,
    depth: depth + 1,
  };
  const names = namesOf({
    // An operand that is left out is one that the body leaves out too.
    nodes: node.map((n) => ({ ...withAttributes(n), input: n.input.map((i) => (isLeftOut(bound, i) ? '' : i)) })),
    given: { known: bound.keys(), has: (name) => bound.has(name), find: (name) => bound.get(name) },
    read: (n, seen) => readNode(n, seen, place, reading),
    cycle: (n) => reportCycle(n, reading),
  });
  return resultsOf(output, names, scope);
}

const isLeftOut = (bound: ReadonlyMap<string, Named | undefined>, name: string): boolean =>
  bound.has(name) && bound.get(name) === undefined;

/** The fields of a node, which protobufjs keeps partly in its prototype. */
const withAttributes = ({ input, output, name, opType, domain, attribute }: NodeProto): NodeProto => ({
  input,
  output,
  name,
  opType,
  domain,
  attribute,
});

function resultsOf(outputs: readonly string[], names: Names, scope: Scope): readonly Named[] {
  const results: Named[] = [];
  for (const name of outputs) {
    if (!names.has(name)) scope.fail(`has a graph whose output "${name}" is not in it`, 'export the model again');
    const found = names.find(name);
    if (found) results.push(found);
  }
  return results.length === outputs.length ? results : [];
}

export const opsetsOf = (
  imports: readonly { readonly domain: string; readonly version: { toNumber(): number } }[],
): ReadonlyMap<string, number> =>
  new Map(imports.map(({ domain, version }) => [standard(domain) ? '' : domain, version.toNumber()]));

export function reportCycle(node: NodeProto, { file, report }: Pick<Reading, 'file' | 'report'>): void {
  report({
    severity: 'error',
    code: 'import/cycle',
    message: `"${node.opType}" needs its own result`,
    origin: { file, name: node.name === '' ? node.output[0] : node.name },
    hint: 'a network with loops cannot be compiled; unroll it, and export the model again',
  });
}
