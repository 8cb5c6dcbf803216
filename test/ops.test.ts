/** The laws in src/ops/rules.ts, for every operator. */
import { describe, expect, test } from 'vitest';
import type { Kind, Op } from '../src/ops/index.ts';
import { rules, rulesOf } from '../src/ops/index.ts';
import type { Layout } from '../src/tensor/type.ts';
import { leastPanelAxes, panel, printShape } from '../src/tensor/type.ts';
import { awkward } from './ops/awkward.ts';
import { examples } from './ops/examples.ts';
import type { Layouts, Sample } from './ops/law.ts';
import { distance, meaning, named, runLoops, typeOfSample, typesOf } from './ops/law.ts';
import { refusals } from './ops/refusals.ts';

const kinds = Object.keys(rules) as readonly Kind[];

/** Sums in the samples are exact; what is left is the rounding of a few operations. */
const tolerance = 2e-6;

const titled = (samples: readonly Sample[]) =>
  samples.map((sample) => {
    const { kind: _, ...attributes } = sample.op;
    const shapes = sample.values.map((v) => printShape(v.type.shape) || 'scalar').join(', ');
    return { title: `${JSON.stringify(attributes)} of ${shapes}`, sample };
  });

/** Every way to lay the operands and the result out that is worth trying: all plain, one in panels, all in panels. */
function layoutsFor(sample: Sample): readonly Layouts[] {
  const types = Object.entries({ ...typesOf(sample), result: typeOfSample(sample) });
  const images = types
    .filter(([name, type]) => name !== 'weights' && type.shape.length >= leastPanelAxes)
    .map(([name]) => name);
  const all = (layout: Layout): Layouts => Object.fromEntries(images.map((name) => [name, layout]));
  const mixed: Layouts = Object.fromEntries(images.map((name, i) => [name, panel(2 + i)]));
  const one = images.map((name): Layouts => ({ [name]: panel(4) }));
  return [{}, ...(images.length > 0 ? [...one, all(panel(1)), all(panel(4)), all(panel(28)), mixed] : [])];
}

describe.each(kinds)('%s', (kind) => {
  const worked = examples[kind];
  const samples: readonly Sample[] = [...worked, ...awkward[kind]];

  test.each(titled(worked).map((t, i) => ({ ...t, gives: worked[i].gives })))('means $title', ({ sample, gives }) => {
    const got = Array.from(meaning(sample));
    expect(got.length).toBe(gives.length);
    for (const [i, want] of gives.entries()) expect(got[i], `element ${i}`).toBeCloseTo(want, 5);
  });

  test.each(titled(samples))('loops for every layout: $title', ({ sample }) => {
    const want = meaning(sample);
    for (const layouts of layoutsFor(sample))
      expect(distance(runLoops(sample, layouts), want), JSON.stringify(layouts)).toBeLessThanOrEqual(tolerance);
  });

  test.each(refusals[kind])('$because', ({ op, types, because }) => {
    expect(rulesOf(op as Op).infer(op as Op, named(op as Op, types))).toBe(because);
  });

  test('each operand has a name of its own', () => {
    for (const { op, values } of samples) {
      const names = rulesOf(op).operands(op);
      expect(names.length).toBe(values.length);
      expect(new Set(names).size).toBe(names.length);
    }
  });
});
