/** Steps in chains: every band reads what is there, windows hold what is still read, and every panel is computed once. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Arr } from '../src/loop/loop.ts';
import type { Chain } from '../src/plan/chains.ts';
import { chainsOf } from '../src/plan/chains.ts';
import type { Panels, Range } from '../src/plan/kernel.ts';
import { lifetimesOf } from '../src/plan/lifetimes.ts';
import type { Step } from '../src/plan/plan.ts';

const size = 10;

const arrayOf = (name: string, panels: number): Arr => ({ name, dtype: 'f32', length: panels * size });

interface Drawn {
  readonly stride: number;
  readonly halo: number;
  /** Steps back to a second operand of as many panels, if there is one there. */
  readonly back: number;
  /** Panels that a range is a multiple of. */
  readonly unit: number;
}

/** Steps that read around their own panels, at strides, and perhaps what an earlier step gave as it is. */
function stepsOf(first: number, drawn: readonly Drawn[]): readonly Step[] {
  const arrays = [arrayOf('x', first)];
  const panels = [first];
  return drawn.map(({ stride, halo, back, unit }, i) => {
    const from = panels[i];
    const own = Math.ceil(from / stride);
    const writes = arrayOf(`y${i}`, own);
    const reads = new Map<Arr, (of: Panels) => Panels>([
      [
        arrays[i],
        ([begin, end]) => [Math.max(0, begin * stride - halo), Math.min(from, Math.max(end * stride, 1) + halo)],
      ],
    ]);
    const other = i - back;
    if (other >= 0 && panels[other] === own && stride === 1 && other !== i) reads.set(arrays[other], (of) => of);
    arrays.push(writes);
    panels.push(own);
    const range: Range = { writes, panels: own, unit, least: 1, reads };
    const calls = [{ routine: { name: 'r', template: '', view: {}, needs: [] }, args: [], range }];
    return {
      reads: [...reads.keys()],
      writes: [writes],
      work: { kind: 'routines', kernel: 'k', calls },
    } as unknown as Step;
  });
}

const rangeOf = ({ work }: Step): Range => (work.kind === 'routines' ? work.calls[0].range : undefined) as Range;

function simulate({ first, last, windows, bands }: Chain, steps: readonly Step[]): void {
  const inside = steps.slice(first, last + 1).map(rangeOf);
  const done = new Map<Arr, number>(inside.map(({ writes }) => [writes, 0]));
  for (const { ranges, kept } of bands) {
    const begins = new Map(windows.map(({ array }, w) => [array, kept[w][0]]));
    windows.forEach(({ array }, w) => {
      expect(kept[w][1]).toBe(done.get(array));
      expect(kept[w][0]).toBeLessThanOrEqual(kept[w][1]);
    });
    inside.forEach(({ writes, reads, unit = 1 }, i) => {
      const [begin, end] = ranges[i];
      if (end > begin) expect(begin % unit).toBe(0);
      expect(begin).toBe(done.get(writes));
      if (end > begin)
        for (const [array, needs] of reads) {
          const [low, high] = needs([begin, end]);
          expect(high).toBeLessThanOrEqual(done.get(array) ?? Infinity);
          expect(low).toBeGreaterThanOrEqual(begins.get(array) ?? 0);
        }
      done.set(writes, end);
    });
    for (const { array, panels } of windows)
      expect((done.get(array) as number) - (begins.get(array) as number)).toBeLessThanOrEqual(panels);
  }
  const windowed = new Set(windows.map(({ array }) => array));
  for (const { writes, panels } of inside) if (!windowed.has(writes)) expect(done.get(writes)).toBe(panels);
}

const drawnSteps = fc.array(
  fc.record({
    stride: fc.constantFrom(1, 1, 1, 2, 3),
    halo: fc.nat(4),
    back: fc.integer({ min: 1, max: 4 }),
    unit: fc.constantFrom(1, 1, 2, 3),
  }),
  { minLength: 2, maxLength: 9 },
);

test('every band reads what is there', () => {
  let found = 0;
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 90 }),
      drawnSteps,
      fc.integer({ min: 100, max: 9000 }),
      (first, drawn, near) => {
        const steps = stepsOf(first, drawn);
        const port = steps[steps.length - 1].writes[0];
        const isPort = (array: Arr): boolean => array === port || array.name === 'x';
        const chains = chainsOf({ steps, near, isPort, isConstant: () => false });
        for (const chain of chains) {
          found++;
          simulate(chain, steps);
          const bytes = chain.windows.reduce((sum, w) => sum + 4 * w.panels * w.size, 0);
          expect(bytes).toBeLessThanOrEqual(near);
        }
      },
    ),
    { numRuns: 300 },
  );
  expect(found).toBeGreaterThan(40);
});

test('what a chain touches lives through it, and scratch does not', () => {
  const steps = stepsOf(40, Array(4).fill({ stride: 1, halo: 1, back: 9, unit: 1 }));
  const scratch = arrayOf('scratch', 2);
  const second = { ...steps[1], writes: [...steps[1].writes, scratch] };
  const all = [steps[0], second, ...steps.slice(2)];
  const [chain] = chainsOf({ steps, near: 1000, isPort: () => false, isConstant: () => false });
  expect([chain.first, chain.last]).toEqual([0, 3]);
  const lives = new Map(lifetimesOf(all, () => false, [chain]).map((life) => [life.array.name, life]));
  expect(lives.get('y1')).toMatchObject({ first: 0, last: 3 });
  expect(lives.get('y1')?.length).toBeLessThan(40 * size);
  expect(lives.get('scratch')).toMatchObject({ first: 1, last: 1 });
});
