/** What the rules of simplify-shapes may ask while they look at a call. */
import type { Call, Id } from '../../src/graph/graph.ts';
import type { Emitter } from '../../src/graph/rewrite.ts';
import type { Kind, Op } from '../../src/ops/index.ts';
import type { Shape } from '../../src/tensor/type.ts';

export interface Rewriting extends Emitter {
  readonly uses: ReadonlyMap<Id, number>;
  shapeOf(id: Id): Shape;
  /** The call that computes a value, if it is of this kind. */
  call<K extends Kind>(id: Id, kind: K): Made<K> | undefined;
}

export type Made<K extends Kind> = Call & { readonly op: Extract<Op, { readonly kind: K }> };

export const rewritingOf = (emitter: Emitter, uses: ReadonlyMap<Id, number>): Rewriting => ({
  ...emitter,
  uses,
  shapeOf: (id) => emitter.byId.get(id)?.type.shape ?? [],
  call: <K extends Kind>(id: Id, kind: K) => {
    const found = emitter.byId.get(id);
    return found?.kind === 'call' && found.op.kind === kind ? (found as Made<K>) : undefined;
  },
});
