/** The laws in src/ops/rules.ts on random operators, and shape rules on anything at all. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { mostAxes, mostElements } from '../src/ops/check.ts';
import type { Kind, Op } from '../src/ops/index.ts';
import { rules, rulesOf } from '../src/ops/index.ts';
import { elements, leastPanelAxes, panel } from '../src/tensor/type.ts';
import { arbitraries, hostile } from './ops/arbitrary.ts';
import type { Layouts, Sample } from './ops/law.ts';
import { distance, inferred, meaning, named, runLoops, typesOf } from './ops/law.ts';

const kinds = Object.keys(rules) as readonly Kind[];
const seed = 20_26;

describe.each(kinds)('%s', (kind) => {
  test('loops mean what evaluate means', () => {
    let accepted = 0;
    fc.assert(
      fc.property(arbitraries[kind] as fc.Arbitrary<Sample>, fc.integer({ min: 0, max: 9 }), (sample, lanes) => {
        const result = inferred(sample);
        if (typeof result === 'string') return;
        accepted++;
        const images = Object.entries({ ...typesOf(sample), result }).filter(
          ([name, type]) => name !== 'weights' && type.shape.length >= leastPanelAxes,
        );
        const layouts: Layouts = lanes === 0 ? {} : Object.fromEntries(images.map(([name]) => [name, panel(lanes)]));
        expect(distance(runLoops(sample, layouts), meaning(sample))).toBeLessThanOrEqual(5e-6);
      }),
      { seed, numRuns: 150 },
    );
    expect(accepted).toBeGreaterThan(30);
  });

  test('whatever the attributes and shapes, there is a type or a reason', () => {
    let [refused, given] = [0, 0];
    fc.assert(
      fc.property(hostile(kind), ({ op, types }) => {
        const { operands, infer } = rulesOf(op as Op);
        // A call with another number of operands is refused by the verifier before.
        if (operands(op as Op).length !== types.length) return;
        const result = infer(op as Op, named(op as Op, types));
        if (typeof result === 'string') {
          refused++;
          expect(result.length).toBeLessThan(400);
        } else {
          given++;
          expect(elements(result.shape)).toBeLessThanOrEqual(mostElements);
          expect(result.shape.length).toBeLessThanOrEqual(mostAxes);
          expect(result.shape.every((d) => Number.isInteger(d) && d > 0)).toBe(true);
        }
      }),
      { seed, numRuns: 500 },
    );
    expect(refused).toBeGreaterThan(10);
    expect(given).toBeGreaterThan(5);
  });
});
