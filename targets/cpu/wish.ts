/** How steps want activations to lie. */
import type { Call } from '../../src/graph/graph.ts';
import type { Types } from '../../src/ops/rules.ts';
import type { Wish } from '../../src/target.ts';

export function wish(_call: Call, _types: Types): Wish {
  return { kind: 'same' };
}
