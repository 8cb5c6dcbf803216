/** Damaged ONNX files never crash the importer and never hang it. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { everything } from './onnx/everything.ts';
import { check, damaged } from './onnx/fuzz.ts';
import { bytesOfModel, modelOf } from './onnx/kit.ts';

const runs = Number(process.env.FUZZ_RUNS ?? 400);
const bytes = bytesOfModel(modelOf(everything));

test('is fine before it is damaged', () => {
  expect(check({ 'model.onnx': bytes }).graph?.outputs.map((o) => o.name)).toEqual(['classes', 'parts', 'chosen']);
});

test('damaged anywhere is refused, or runs', () => {
  fc.assert(
    fc.property(damaged(bytes), (file) => {
      if (file) check({ 'model.onnx': file });
    }),
    { numRuns: runs },
  );
});
