/** A layer taken apart again: the layer, and its activation as a call of its own. */
import { bug } from '../../src/diagnostic.ts';
import type { Call, Id } from '../../src/graph/graph.ts';

export interface Unfused {
  readonly bare: Call;
  /** The activation of `x`, under the id and type of `as`. */
  activate(x: Id, as: Call): Call;
}

export function withoutActivation(call: Call): Unfused {
  if (!('activation' in call.op)) return bug(`%${call.id} is no layer`);
  const { activation } = call.op;
  const [x, weights, bias, slope] = call.inputs;
  return {
    bare: { ...call, op: { ...call.op, activation: 'none' }, inputs: [x, weights, bias] },
    activate(value, as) {
      if (activation === 'none') return bug(`%${call.id} has no activation`);
      return activation === 'prelu'
        ? { ...as, op: { kind: 'binary', fn: 'prelu' }, inputs: [value, slope] }
        : { ...as, op: { kind: 'unary', fn: activation }, inputs: [value] };
    },
  };
}
