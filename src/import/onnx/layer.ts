/**
 * One node of an ONNX graph as its reader sees it: operands by place, attributes by name, checked as they are taken.
 * What is missing or of another kind makes the layer fail, and something harmless stands in for it.
 */
import type { Value } from '../builder.ts';
import { broken } from '../builder.ts';
import type { Scope } from '../scope.ts';
import type { Bound, Named } from './bound.ts';
import type { Element } from './elements.ts';
import type { AttributeProto, GraphProto, NodeProto } from './schema.ts';

export interface Layer extends Scope {
  /** The version of the operator set that the node is written in. */
  readonly opset: number;
  /** Undefined where an operand is left out. */
  readonly operands: readonly (Value | undefined)[];
  /** How many outputs the node names, the last ones that nobody may name not counted. */
  readonly outputs: number;
  operand(index: number): Value;
  optional(index: number): Value | undefined;
  /** The element type of an operand; `float` where it is left out. */
  element(index: number): Element;
  /** Says what element type an output has; otherwise it is that of the first operand of the same kind, or float or int64. */
  gives(element: Element, output?: number): void;

  /** The whole numbers of an operand that must be known; `what` it is, for the message. */
  numbers(index: number, what: string): readonly number[];
  number(index: number, what: string): number;
  /** The real numbers of an operand that must be known. */
  reals(index: number, what: string): readonly number[];

  has(attribute: string): boolean;
  int(attribute: string, otherwise?: number): number;
  float(attribute: string, otherwise?: number): number;
  text(attribute: string, otherwise?: string): string;
  ints(attribute: string, otherwise?: readonly number[]): readonly number[];
  floats(attribute: string, otherwise?: readonly number[]): readonly number[];
  texts(attribute: string, otherwise?: readonly string[]): readonly string[];
  flag(attribute: string, otherwise?: boolean): boolean;
  tensor(attribute: string): Named;
  graph(attribute: string): GraphProto | undefined;
  /** The outputs of a subgraph whose inputs, by position, have these values; empty after a failure. */
  body(graph: GraphProto, inputs: readonly (Bound | undefined)[], label: string): readonly Bound[];
}

/** A row of the table of operators: gives the outputs of a layer, as many as it has to give. */
export type Row = (layer: Layer) => Value | readonly Value[];

export type Rows = Readonly<Record<string, Row>>;

/** A row of an operator that takes or gives more than tensors. */
export type BoundRow = (layer: Layer, operands: readonly (Bound | undefined)[]) => readonly (Bound | undefined)[];

export type BoundRows = Readonly<Record<string, BoundRow>>;

/** What a layer needs of the graph that it stands in. */
export interface Surroundings {
  readonly opset: number;
  readonly operands: readonly (Named | undefined)[];
  readonly attributes: ReadonlyMap<string, AttributeProto>;
  readonly gives: (element: Element, output: number) => void;
  readonly tensorOf: (attribute: AttributeProto) => Named | string;
  readonly body: Layer['body'];
}

/** Sizes, axes and the like come in small numbers. */
const mostNumbers = 2 ** 16;

export function layerOf(scope: Scope, node: NodeProto, around: Surroundings): Layer {
  const { opset, operands, attributes, gives, tensorOf, body } = around;
  const values = operands.map((o) => o?.value);
  const take = <T>(name: string, kind: string, read: (a: AttributeProto) => T, otherwise: T | undefined, any: T): T => {
    const attribute = attributes.get(name);
    if (attribute) return read(attribute);
    if (otherwise !== undefined) return otherwise;
    scope.fail(`has no ${kind} as attribute "${name}"`, 'export the model again');
    return any;
  };
  const operand = (index: number): Value =>
    values[index] ??
    scope.fail(
      `has ${values.filter((v) => v).length} inputs and needs at least ${index + 1}`,
      'export the model again',
    );
  const known = (index: number, what: string, fits: (value: number) => boolean, kind: string): readonly number[] => {
    const value = operand(index);
    if (scope.failed || value === broken) return [];
    if (value.data && value.data.length <= mostNumbers && [...value.data].every(fits)) return [...value.data];
    scope.fail(
      `needs to know its ${what} when the model is compiled, and is given ${value.data ? `something else than a few ${kind} numbers` : `one that is computed from ${scope.sources(value)}`}`,
      'give every input its shape with --shape, fix an input with --constant NAME=VALUE, or export the model with a constant',
    );
    return [];
  };
  const numbers = (index: number, what: string): readonly number[] => known(index, what, Number.isInteger, 'whole');
  const decodeText = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8');
  return {
    ...scope,
    get failed() {
      return scope.failed;
    },
    opset,
    operands: values,
    outputs: node.output.findLastIndex((name) => name !== '') + 1,
    operand,
    optional: (index) => values[index],
    element: (index) => operands[index]?.element ?? 'float',
    gives: (element, output = 0) => gives(element, output),
    numbers,
    number: (index, what) => numbers(index, what)[0] ?? 0,
    reals: (index, what) => known(index, what, () => true, 'real'),
    has: (name) => attributes.has(name),
    int: (name, otherwise) => take(name, 'whole number', ({ i }) => i.toNumber(), otherwise, 0),
    flag: (name, otherwise) => take(name, 'truth value', ({ i }) => !i.isZero(), otherwise, false),
    float: (name, otherwise) => take(name, 'number', ({ f }) => f, otherwise, 0),
    text: (name, otherwise) => take(name, 'text', ({ s }) => decodeText(s), otherwise, ''),
    ints: (name, otherwise) =>
      take(name, 'list of whole numbers', ({ ints }) => ints.map((i) => i.toNumber()), otherwise, []),
    floats: (name, otherwise) => take(name, 'list of numbers', ({ floats }) => floats, otherwise, []),
    texts: (name, otherwise) => take(name, 'list of texts', ({ strings }) => strings.map(decodeText), otherwise, []),
    tensor(name) {
      const attribute = attributes.get(name);
      const found = attribute ? tensorOf(attribute) : 'is missing';
      if (typeof found !== 'string') return found;
      return {
        value: scope.fail(`has an attribute "${name}" that ${found}`, 'export the model again'),
        element: 'float',
      };
    },
    graph(name) {
      const graph = attributes.get(name)?.g ?? undefined;
      if (!graph) scope.fail(`has no graph as attribute "${name}"`, 'export the model again');
      return graph;
    },
    body: (graph, inputs, label) => (scope.failed ? [] : body(graph, inputs, label)),
  };
}
