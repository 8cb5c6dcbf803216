/** Law 1 of src/ops/rules.ts for weights: the loops mean the same for every format that can hold them. */
import { describe, expect, test } from 'vitest';
import { formats } from '../src/formats/index.ts';
import type { Kind } from '../src/ops/index.ts';
import { rules, rulesOf } from '../src/ops/index.ts';
import type { Encoding } from '../src/tensor/type.ts';
import { leastPanelAxes, panel } from '../src/tensor/type.ts';
import { awkward } from './ops/awkward.ts';
import type { Layouts, Sample } from './ops/law.ts';
import { distance, matrixOf, meaning, runLoops, some, typeOfSample, typesOf, value } from './ops/law.ts';

const weighted = (Object.keys(rules) as readonly Kind[]).filter((kind) => rules[kind].columns);

/** Weights of f32: whole ones are in no format. */
const realSamples = (kind: Kind): readonly Sample[] =>
  awkward[kind].filter(({ values }) => values[0].type.dtype === 'f32');

/** Which weights stay, by row and column; in `rows` rows. */
const patterns: Readonly<Record<string, (row: number, column: number, rows: number) => boolean>> = {
  dense: () => true,
  'all zero': () => false,
  'a third': (row, column) => (row * 7 + column * 5) % 3 === 0,
  'empty rows': (row, column, rows) => row > 0 && row < rows - 1 && column % 2 === 0,
  'two of four': (row, column) => (column + row) % 4 < 2,
  'last only': (row, column, rows) => row === rows - 1 && column % 4 === 3,
};

function pruned(sample: Sample, keep: (row: number, column: number, rows: number) => boolean): Sample {
  const { rows, columns, data } = matrixOf(sample);
  const at = rulesOf(sample.op).operands(sample.op).indexOf('weights');
  const { type } = sample.values[at];
  const kept = Array.from(data, (w, i) => (keep(Math.floor(i / columns), i % columns, rows) ? w || 0.375 : 0));
  return { ...sample, values: sample.values.with(at, value('f32', type.shape, kept)) };
}

/** Every operand and the result in panels, if they may lie so. */
function inPanels(sample: Sample, lanes: number): Layouts {
  const types = Object.entries({ ...typesOf(sample), result: typeOfSample(sample) });
  const images = types.filter(([name, type]) => name !== 'weights' && type.shape.length >= leastPanelAxes);
  return Object.fromEntries(images.map(([name]) => [name, panel(lanes)]));
}

/** At most twelve, spread over all that fit. */
const encodings = (sample: Sample): readonly Encoding[] =>
  formats.flatMap(({ name, detect }) => {
    const { fits } = detect(matrixOf(sample));
    const stride = Math.ceil(fits.length / 12);
    return fits.filter((_, i) => i % stride === 0).map((params) => ({ format: name, params }));
  });

describe.each(weighted)('%s', (kind) => {
  const samples = realSamples(kind);

  describe.each(Object.entries(patterns))('%s', (_name, keep) => {
    test.each(samples.map((sample, i) => ({ i, sample: pruned(sample, keep) })))('sample $i', ({ sample }) => {
      const want = meaning(sample);
      for (const encoding of encodings(sample))
        for (const layouts of [{}, inPanels(sample, 4)])
          expect(distance(runLoops(sample, layouts, encoding), want), JSON.stringify(encoding)).toBeLessThanOrEqual(
            2e-6,
          );
    });
  });

  test('a kept weight may be zero', () => {
    for (const sample of samples.map((s) => pruned(s, patterns['a third']))) {
      const mask = new Uint8Array(matrixOf(sample).data.length).fill(1);
      for (const { name, detect } of formats)
        for (const params of detect(matrixOf(sample, mask)).fits.slice(0, 3)) {
          const got = runLoops(sample, {}, { format: name, params }, mask);
          expect(distance(got, meaning(sample)), name).toBeLessThanOrEqual(2e-6);
        }
    }
  });

  test('counts multiply-adds of dense weights', () => {
    for (const sample of samples) {
      const { rows, columns } = matrixOf(sample);
      const types = typesOf(sample);
      const result = typeOfSample(sample);
      const places = (kind === 'conv-transpose2d' ? types.x : result).shape.slice(0, -1).reduce((a, b) => a * b, 1);
      expect(rulesOf(sample.op).macs?.(sample.op, types, result)).toBe(places * rows * columns);
    }
  });
});

/** How larger layers are pruned for formats that hold no small ones. */
const structured: Readonly<Record<string, (row: number, tap: number, channel: number) => boolean>> = {
  vec: (row, tap, channel) => ((row % 4) * 3 + tap * 5 + channel * 7) % 9 < 2,
  punched: (row, tap, channel) => (Math.floor(row / 8) + tap * 2 + Math.floor(channel / 4)) % 5 === 0,
  pattern: (row, tap, channel) => (row + channel) % 3 > 0 && [0, 4, 5, 8].includes((tap + ((row * channel) % 2)) % 9),
  gs: (row, tap, channel) => (row * 3 + tap * 5) % 8 === channel && tap % 9 < 8,
  stretched: (row, tap, channel) => (row * 7 + tap * 5 + channel * 11) % 6 === 0,
  union: (row, tap, channel) =>
    (Math.floor(row / 4) + tap + Math.floor(channel / 4)) % 4 === 0 || (row + tap) % 16 === 3,
};

const pictures = { stride: [1, 2], dilation: [1, 1], groups: 1, activation: 'relu' } as const;
const larger: readonly Sample[] = [
  {
    op: { kind: 'conv2d', ...pictures, pad: [1, 1, 1, 1] },
    values: [some('f32', [1, 5, 6, 8]), some('f32', [16, 3, 3, 8], 2), some('f32', [16], 3)],
  },
  {
    op: { kind: 'linear', activation: 'none' },
    values: [some('f32', [3, 72]), some('f32', [16, 72], 2), some('f32', [16], 3)],
  },
];

test.each(Object.entries(structured))('%s in layers that are pruned so', (name, keep) => {
  const tried = larger.map((whole) => {
    const sample = pruned(whole, (row, column) => keep(row, Math.floor(column / 8), column % 8));
    const encoding = encodings(sample).find(({ format }) => format === name);
    for (const layouts of encoding ? [{}, inPanels(sample, 4)] : [])
      expect(distance(runLoops(sample, layouts, encoding), meaning(sample))).toBeLessThanOrEqual(2e-6);
    return encoding !== undefined;
  });
  expect(tried).toContain(true);
});

test('every format is tried', () => {
  const samples = weighted.flatMap(realSamples);
  const tried = samples.flatMap((s) => Object.values(patterns).flatMap((keep) => encodings(pruned(s, keep))));
  // Weights are made for one: test/smartdeal-targets.test.ts.
  const names = [...tried.map((e) => e.format), ...Object.keys(structured), 'smartdeal'];
  expect([...new Set(names)].sort()).toEqual(formats.map((f) => f.name).sort());
});
