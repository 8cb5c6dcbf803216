/** Accuracy of the digits networks on all 2000 test digits: as they are read, and as built for WebAssembly and for CPUs. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { OpenModel, Result } from '../../src/index.ts';
import { build, evaluate, openOutput, printDiagnostic } from '../../src/index.ts';
import type { DigitModel } from '../digits.ts';
import { countRight, digitGraph, digitPath, highest, testDigits } from '../digits.ts';

const digits = testDigits();

/** As examples/digits/README.md has them. */
const right: Readonly<Record<DigitModel, number>> = { 'digits-dense': 1971, 'digits-pruned': 1958, 'digits-2-4': 1967 };

const models = Object.entries(right) as readonly [DigitModel, number][];

test.each(models)('%s reads %i of 2000', (name, want) => {
  const graph = digitGraph(name);
  expect(countRight(digits, (image) => evaluate(graph, { image }).logits)).toBe(want);
});

function must<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(result.diagnostics.map(printDiagnostic).join('\n'));
  return result;
}

async function built(name: DigitModel, target: string, batch: number): Promise<OpenModel> {
  const out = join(mkdtempSync(join(tmpdir(), 'digits-')), target);
  onTestFinished(() => rmSync(join(out, '..'), { recursive: true }));
  must(await build(digitPath(name), { target, out, batch }));
  const model = must(await openOutput(out));
  onTestFinished(model.dispose);
  return model;
}

// A batch at a time: 100 shares no panel with 64 lanes evenly.
test.each(models.flatMap(([name, want]) => ['wasm', 'cpu'].map((target) => ({ name, want, target }))))(
  '$name reads $want of them on $target',
  async ({ name, want, target }) => {
    const batch = 100;
    const model = await built(name, target, batch);
    let count = 0;
    for (let from = 0; from < digits.images.length; from += batch) {
      const image = new Float32Array(batch * 784);
      for (let i = 0; i < batch; i++) image.set(digits.images[from + i], i * 784);
      const { logits } = (await model.run({ image })) ?? expect.unreachable();
      for (let i = 0; i < batch; i++)
        if (highest(logits.slice(i * 10, i * 10 + 10)) === digits.labels[from + i]) count++;
    }
    expect(count).toBe(want);
  },
);
