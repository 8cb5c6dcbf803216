/** Random operators as WebAssembly, from their loops and through whatever kernel takes them, against their meaning. */
import { describe, test } from 'vitest';
import { rules } from '../src/ops/index.ts';
import { randomOps } from './wasm-random.ts';

const kinds = Object.keys(rules) as (keyof typeof rules)[];

describe('random operators, laid out as the target wishes', () => {
  test.each(kinds)('%s', (kind) => randomOps(kind, 20));
});
