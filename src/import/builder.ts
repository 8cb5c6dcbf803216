/**
 * Builds a graph call by call. What can be known now is computed now, so that shape arithmetic is gone before
 * anything looks at a shape; a known value becomes a node only where a call that is left needs it.
 */

import { evaluateCall } from '../graph/evaluate.ts';
import type { Constant, Graph, Id, Node, Output } from '../graph/graph.ts';
import { inputsOf } from '../graph/graph.ts';
import { quantified } from '../graph/quantities.ts';
import { dropUnused } from '../graph/rewrite.ts';
import type { Op } from '../ops/index.ts';
import { rulesOf } from '../ops/index.ts';
import type { Numbers } from '../tensor/numbers.ts';
import type { Quantity } from '../tensor/quantity.ts';
import { withQuantity } from '../tensor/quantity.ts';
import type { TensorType } from '../tensor/type.ts';
import { elements, tensor } from '../tensor/type.ts';
import { maskOfResult } from './fold-masks.ts';
import { identifier, uniqueIds } from './names.ts';

/** A value while a model is read. */
export interface Value {
  readonly type: TensorType;
  /** Present where the value is known. */
  readonly data?: Numbers;
  /** Which elements of a known value are kept, where the model says so. */
  readonly mask?: Uint8Array<ArrayBuffer>;
  /** What the model calls it. */
  readonly origin?: string | undefined;
}

/** Stands for what could not be read. A call that uses it is not made, and says nothing. */
export const broken: Value = { type: tensor('f32', []) };

export interface Builder {
  input(name: string, type: TensorType): Value;
  known(type: TensorType, data: Numbers, details?: Pick<Value, 'mask' | 'origin'>): Value;
  /** Whether so many more elements may be made; they count as made then. What is not computed now is left as a call. */
  affords(count: number): boolean;
  /**
   * The result, or why there is none: the rest of a sentence that begins with the operator's name. A quantity is given
   * where the caller knows better than the call what whole numbers stand for.
   */
  call(op: Op, inputs: readonly Value[], origin: string, quantity?: Quantity): Value | string;
  /** The names of the inputs that a value is computed from, in order. */
  sources(value: Value): readonly string[];
  finish(name: string, file: string, outputs: readonly { readonly name: string; readonly value: Value }[]): Graph;
}

/** Results larger than their operands are computed only up to this many elements. */
const foldLimit = 2 ** 18;
/** Values of so few elements are not counted: shape arithmetic never ends. */
const small = 2 ** 12;

export interface BuilderOptions {
  /** Elements that are made of what a file holds, in all: a small file could ask for more than there is memory. */
  readonly mostMade?: number;
}

export function graphBuilder({ mostMade = 2 ** 28 }: BuilderOptions = {}): Builder {
  const nodes: Node[] = [];
  const ids = new Map<Value, Id>();
  const fresh = uniqueIds();
  const folded = new WeakMap<Value, Map<string, Value>>();

  let made = 0;
  const affords = (count: number): boolean => {
    const able = count <= small || made + count <= mostMade;
    if (able && count > small) made += count;
    return able;
  };

  const idOf = (value: Value): Id => {
    const id = ids.get(value);
    if (id !== undefined) return id;
    const { type, data, mask, origin } = value;
    const node: Constant = {
      kind: 'constant',
      id: fresh(origin === undefined ? 'constant' : identifier(origin)),
      type,
      data: data as Numbers,
      ...(mask && { mask }),
      origin,
    };
    return place(value, node);
  };
  const place = (value: Value, node: Node): Id => {
    nodes.push(node);
    ids.set(value, node.id);
    return node.id;
  };

  /** The same work on the same value is done once, so that shared weights stay shared. */
  const fold = (op: Op, inputs: readonly Value[], type: TensorType, origin: string): Value => {
    const [x] = inputs;
    const key = inputs.length === 1 ? JSON.stringify(op) : '';
    const before = key === '' ? undefined : folded.get(x)?.get(key);
    if (before) return before;
    const same = op.kind === 'reshape' || op.kind === 'transpose' || op.kind === 'cast';
    const mask = maskOfResult(op, inputs, type);
    const value = {
      type,
      data: evaluateCall(
        { op, type },
        inputs.map(({ type: t, data }) => ({ type: t, data: data as Numbers })),
      ),
      ...(mask && { mask }),
      origin: same ? x.origin : origin,
    };
    if (key !== '') folded.set(x, (folded.get(x) ?? new Map<string, Value>()).set(key, value));
    return value;
  };

  return {
    input(name, type) {
      const value = { type, origin: name };
      place(value, { kind: 'input', id: fresh(identifier(name)), type, name, origin: name });
      return value;
    },
    affords,
    known: (type, data, details) => ({ type, data, ...details }),
    call(op, inputs, origin, quantity) {
      if (inputs.includes(broken)) return broken;
      const { operands, infer, columns } = rulesOf(op);
      const names = operands(op);
      const inferred = infer(op, Object.fromEntries(names.map((n, i) => [n, inputs[i].type])));
      if (typeof inferred === 'string') return inferred;
      const type = quantity ? withQuantity(inferred, quantity) : quantified(inferred, op, inputs);
      const most = Math.max(foldLimit, ...inputs.map((v) => elements(v.type.shape)));
      const known = inputs.every((v) => v.data) && !columns && op.kind !== 'matmul';
      if (known && elements(type.shape) <= most && affords(elements(type.shape))) return fold(op, inputs, type, origin);
      const value = { type, origin };
      const call: Node = { kind: 'call', id: '', op, inputs: inputs.map(idOf), type, origin };
      place(value, { ...call, id: fresh(identifier(origin)) });
      return value;
    },
    sources(value) {
      const wanted = new Set<Id | undefined>([ids.get(value)]);
      const names: string[] = [];
      for (const node of nodes.toReversed()) {
        if (!wanted.has(node.id)) continue;
        if (node.kind === 'input') names.unshift(node.name);
        for (const id of inputsOf(node)) wanted.add(id);
      }
      return names;
    },
    finish: (name, file, outputs) => {
      const results = outputs.map(({ name: output, value }): Output => ({ name: output, id: idOf(value) }));
      return dropUnused({ name, file, nodes, outputs: results });
    },
  };
}
