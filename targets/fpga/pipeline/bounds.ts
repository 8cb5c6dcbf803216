/** Bits of whole numbers that no stage makes, as far as the operator that does tells. */
import type { Call, Id, Node } from '../../../src/graph/graph.ts';
import { operandsOf } from '../../../src/graph/graph.ts';
import { bitsOf } from './work.ts';

/** Signed bits of a result of i32; `from` are those of its operands that are known. */
export function wholeBits(call: Call, byId: ReadonlyMap<Id, Node>, from: readonly number[]): number {
  const { op } = call;
  switch (op.kind) {
    case 'quantize':
    case 'requantize':
      return bitsOf(op.low, op.high);
    case 'lookup': {
      const { table } = operandsOf(call, byId);
      if (table.kind !== 'constant') return most;
      const values = Int32Array.from(table.data);
      const low = values.reduce((a, b) => Math.min(a, b), 0);
      const high = values.reduce((a, b) => Math.max(a, b), 0);
      return bitsOf(low, high);
    }
    // These choose and move: every number of the result is one that they were given.
    case 'reshape':
    case 'transpose':
    case 'relayout':
    case 'slice':
    case 'concat':
    case 'tile':
    case 'resize':
    case 'depth-to-space':
    case 'space-to-depth':
      return from.length === call.inputs.length ? Math.max(...from) : most;
    default:
      return most;
  }
}

const most = 32;
