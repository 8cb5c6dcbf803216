/** Graphs to export: one operator each, its operands computed in whatever order of axes. */

import type { Named } from '../../src/graph/evaluate.ts';
import type { Call, Graph, Node } from '../../src/graph/graph.ts';
import { rulesOf } from '../../src/ops/index.ts';
import { copyView, stridesOf } from '../../src/ops/strides.ts';
import type { Numbers } from '../../src/tensor/numbers.ts';
import type { Sample } from '../ops/law.ts';
import { typeOfSample } from '../ops/law.ts';

export interface Case {
  readonly graph: Graph;
  readonly inputs: Named;
}

/** Operands that models have as constants. */
const parameters: ReadonlySet<string> = new Set([
  'weights',
  'bias',
  'slope',
  'scale',
  'zero',
  'offset',
  'mean',
  'variance',
  'indices',
]);

export interface CaseOptions {
  /** Whether weights and the like are constants; inputs otherwise. */
  readonly constants: boolean;
  /** The order in which an operand's axes come in, by its rank; plain unless given. */
  readonly orderFor?: (rank: number) => readonly number[];
}

/** The operator on its operands, each an input whose axes come in some order, or a constant. */
export function caseOf(sample: Sample, { constants, orderFor }: CaseOptions): Case {
  const { op, values } = sample;
  const nodes: Node[] = [];
  const inputs: Record<string, Numbers> = {};
  const operands = rulesOf(op)
    .operands(op)
    .map((name, i) => {
      const { type, data } = values[i];
      const id = `v${i}`;
      if (constants && parameters.has(name)) nodes.push({ kind: 'constant', id, type, data });
      else {
        const order = orderFor?.(type.shape.length) ?? [...type.shape.keys()];
        const shape = order.map((axis) => type.shape[axis]);
        const strides = stridesOf(type.shape);
        inputs[name] = copyView(data, type.dtype, { shape, from: 0, strides: order.map((axis) => strides[axis]) });
        nodes.push({ kind: 'input', id: `in${i}`, name, type: { ...type, shape } });
        const perm = order.map((_, axis) => order.indexOf(axis));
        nodes.push({ kind: 'call', id, op: { kind: 'transpose', perm }, inputs: [`in${i}`], type });
      }
      return id;
    });
  const call: Call = { kind: 'call', id: 'result', op, inputs: operands, type: typeOfSample(sample) };
  return {
    graph: { name: 'one', file: 'one.graph', nodes: [...nodes, call], outputs: [{ name: 'y', id: 'result' }] },
    inputs,
  };
}

const reach = 2 ** 31 - 128;

/** Why a runtime may give something else for a sample; undefined where it may not. */
export function runtimeOwn({ op, values }: Sample): string | undefined {
  const [first, second] = values;
  const some = (test: (v: number) => boolean): boolean => values.some(({ data }) => data.some(test));
  if (some(Number.isNaN)) return 'what becomes of NaN is the runtime’s';
  if (op.kind === 'cast' && op.to === 'i32' && some((v) => !(Math.abs(v) <= reach))) return 'a cast is out of range';
  if (first.type.dtype !== 'i32') return undefined;
  if (op.kind === 'reduce' && some((v) => Math.abs(v) > 1000)) return 'runtimes differ where whole numbers overflow';
  if (op.kind === 'binary' && op.fn === 'pow' && second.data.some((v) => v < 0)) return 'a whole power is below 0';
  return undefined;
}
