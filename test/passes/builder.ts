/** Graphs by calls, for tests: types are inferred. */
import type { Graph, Id, Node } from '../../src/graph/graph.ts';
import type { Op } from '../../src/ops/index.ts';
import { rulesOf } from '../../src/ops/index.ts';
import type { Shape, TensorType } from '../../src/tensor/type.ts';
import { elements, tensor } from '../../src/tensor/type.ts';

export interface Builder {
  input(name: string, shape: Shape): Id;
  constant(shape: Shape, value: (at: number) => number): Id;
  /** Undefined when the operands do not fit. */
  attempt(op: Op, inputs: readonly Id[]): Id | undefined;
  call(op: Op, inputs: readonly Id[]): Id;
  shape(id: Id): Shape;
  graph(outputs: readonly Id[]): Graph;
}

export function builder(): Builder {
  const nodes: Node[] = [];
  const types = new Map<Id, TensorType>();
  const put = (node: Node): Id => {
    nodes.push(node);
    types.set(node.id, node.type);
    return node.id;
  };
  const typeOf = (id: Id): TensorType => types.get(id) ?? tensor('f32', []);
  const shape = (id: Id): Shape => typeOf(id).shape;
  const make = (op: Op, inputs: readonly Id[]): Id | string => {
    const { operands, infer } = rulesOf(op);
    const type = infer(op, Object.fromEntries(operands(op).map((name, i) => [name, typeOf(inputs[i])])));
    return typeof type === 'string' ? type : put({ kind: 'call', id: `v${nodes.length}`, op, inputs, type });
  };
  return {
    shape,
    input: (name, of) => put({ kind: 'input', id: name, name, type: tensor('f32', of) }),
    constant: (of, value) =>
      put({
        kind: 'constant',
        id: `k${nodes.length}`,
        type: tensor('f32', of),
        data: Float32Array.from({ length: elements(of) }, (_, at) => value(at)),
      }),
    attempt: (op, inputs) => {
      const made = make(op, inputs);
      return types.has(made) ? made : undefined;
    },
    call: (op, inputs) => {
      const made = make(op, inputs);
      if (!types.has(made)) throw new Error(made);
      return made;
    },
    graph: (outputs) => ({
      name: 'built',
      file: 'built.json',
      nodes,
      outputs: outputs.map((id, i) => ({ name: `y${i}`, id })),
    }),
  };
}
