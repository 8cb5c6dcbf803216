/** Graphs within graphs, and the model's own functions: names of their own, and values from where they are used. */
import type { Scope } from '../scope.ts';
import type { Bound } from './bound.ts';
import { absent } from './bound.ts';
import type { Names } from './names.ts';
import { namesOf } from './names.ts';
import { readNode } from './read-node.ts';
import type { Reading } from './reading.ts';
import { opsetsOf, reportCycle } from './reading.ts';
import type { AttributeProto, FunctionProto, GraphProto, NodeProto } from './schema.ts';

/** Where a node stands: its graph's operator sets, and the attributes of the function around it. */
export interface Place {
  readonly opsets: ReadonlyMap<string, number>;
  readonly bindings: ReadonlyMap<string, AttributeProto>;
  /** What its name begins with. */
  readonly path: string;
}

type Operands = readonly (Bound | undefined)[];

/** The outputs of a subgraph, which sees the names around it; empty after a failure. */
export function readBody(
  graph: GraphProto,
  inputs: Operands,
  around: Names,
  place: Place,
  scope: Scope,
  reading: Reading,
): readonly Bound[] {
  const weights = reading.weightsIn(graph);
  // Old files list initializers among the inputs.
  const ports = graph.input.filter(({ name }) => !weights.has(name));
  if (ports.length > inputs.length) {
    scope.fail(`has a graph that takes ${ports.length} inputs and is given ${inputs.length}`, 'export the model again');
    return [];
  }
  const bound = new Map(ports.map(({ name }, i) => [name, inputs[i] ?? absent]));
  return within(graph.node.length, scope, reading, () => {
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
  });
}

/** The outputs of a function, which sees its inputs only. */
export function callFunction(
  { input, output, node, opsetImport, attributeProto }: FunctionProto,
  operands: Operands,
  attributes: ReadonlyMap<string, AttributeProto>,
  { path }: Place,
  scope: Scope,
  reading: Reading,
): readonly Bound[] {
  const bound = new Map(input.map((name, i) => [name, operands[i]]));
  const place: Place = {
    opsets: opsetsOf(opsetImport),
    bindings: new Map([...attributeProto.map((a) => [a.name, a] as const), ...attributes]),
    path,
  };
  return within(node.length, scope, reading, () => {
    const names = namesOf({
      // An operand that is left out is one that the body leaves out too.
      nodes: node.map((n) => ({ ...withAttributes(n), input: n.input.map((i) => (isLeftOut(bound, i) ? '' : i)) })),
      given: { known: bound.keys(), has: (name) => bound.has(name), find: (name) => bound.get(name) },
      read: (n, seen) => readNode(n, seen, place, reading),
      cycle: (n) => reportCycle(n, reading),
    });
    return resultsOf(output, names, scope);
  });
}

function within(nodes: number, scope: Scope, reading: Reading, read: () => readonly Bound[]): readonly Bound[] {
  const fault = reading.enter(nodes);
  if (fault !== undefined) {
    if (fault !== '') scope.fail(fault, 'export the model without this loop, branch or function');
    return [];
  }
  const results = read();
  reading.leave();
  return results;
}

const isLeftOut = (bound: ReadonlyMap<string, Bound | undefined>, name: string): boolean =>
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

function resultsOf(outputs: readonly string[], names: Names, scope: Scope): readonly Bound[] {
  const results: Bound[] = [];
  for (const name of outputs) {
    if (!names.has(name)) scope.fail(`has a graph whose output "${name}" is not in it`, 'export the model again');
    const found = names.find(name);
    if (found) results.push(found);
  }
  return results.length === outputs.length ? results : [];
}
