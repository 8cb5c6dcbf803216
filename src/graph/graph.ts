/** The graph: immutable typed nodes in an order in which each comes after what it uses. */

import type { Origin } from '../diagnostic.ts';
import { bug } from '../diagnostic.ts';
import type { Op } from '../ops/index.ts';
import { rulesOf } from '../ops/index.ts';
import type { Numbers } from '../tensor/numbers.ts';
import type { TensorType } from '../tensor/type.ts';

/** Letters, digits and underscores. Readable and stable: passes keep ids, so dumps from before and after line up. */
export type Id = string;

export type Node = Input | Constant | Call;

interface Common {
  readonly id: Id;
  readonly type: TensorType;
  /** The layer's name in the model, as the user wrote it. Not to be trusted. */
  readonly origin?: string | undefined;
}

/** A value that the caller supplies under `name`, the user's own and not to be trusted. */
export interface Input extends Common {
  readonly kind: 'input';
  readonly name: string;
}

/** A value known now. `data` is plain and dense whatever the type says about storage. */
export interface Constant extends Common {
  readonly kind: 'constant';
  readonly data: Numbers;
  /** 1 where a weight is kept, when the model says so; a kept weight may be 0. */
  readonly mask?: Uint8Array<ArrayBuffer>;
}

/** A value computed from others. */
export interface Call extends Common {
  readonly kind: 'call';
  readonly op: Op;
  readonly inputs: readonly Id[];
}

/** Output names belong to the user and never change. */
export interface Graph {
  /** An identifier made from the file's name. */
  readonly name: string;
  /** The file it was read from. */
  readonly file: string;
  readonly nodes: readonly Node[];
  readonly outputs: readonly Output[];
}

export interface Output {
  readonly name: string;
  readonly id: Id;
}

export const inputsOf = (node: Node): readonly Id[] => (node.kind === 'call' ? node.inputs : []);

export const originOf = ({ file }: Pick<Graph, 'file'>, { origin }: Node): Origin => ({ file, name: origin });

export const nodesById = ({ nodes }: Graph): ReadonlyMap<Id, Node> => new Map(nodes.map((n) => [n.id, n]));

/** The operands of a call by name. */
export function operandsOf(call: Call, byId: ReadonlyMap<Id, Node>): Readonly<Record<string, Node>> {
  const names = rulesOf(call.op).operands(call.op);
  return Object.fromEntries(
    names.map((name, i) => [name, byId.get(call.inputs[i]) ?? bug(`%${call.id} lacks "${name}"`)]),
  );
}

/** How often each value is used, outputs included. */
export function useCounts({ nodes, outputs }: Graph): ReadonlyMap<Id, number> {
  const counts = new Map<Id, number>(nodes.map((n) => [n.id, 0]));
  for (const node of nodes) for (const id of inputsOf(node)) counts.set(id, (counts.get(id) ?? 0) + 1);
  for (const { id } of outputs) counts.set(id, (counts.get(id) ?? 0) + 1);
  return counts;
}
