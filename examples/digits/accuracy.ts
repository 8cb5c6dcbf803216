/**
 * `npm run accuracy:digits -- PATH... [--digits N]`: how many of the 2000 test digits a model reads rightly: a model as
 * the reference evaluates it, or an output of `espalier build` as it runs.
 */
import { parseArgs } from 'node:util';
import type { Named, Result } from '../../src/index.ts';
import { evaluate, importModel, openOutput, printDiagnostic } from '../../src/index.ts';
import { isOutput } from '../../src/make/open.ts';
import { inputOf, readDigits } from './data.ts';

const { values, positionals } = parseArgs({ allowPositionals: true, options: { digits: { type: 'string' } } });
const { test } = readDigits();
const count = Number(values.digits ?? test.count);
if (positionals.length === 0 || !(Number.isInteger(count) && count > 0 && count <= test.count)) {
  console.error(`usage: npm run accuracy:digits -- PATH... [--digits N], N at most ${test.count}`);
  process.exit(1);
}

for (const path of positionals) {
  const model = await runner(path);
  let right = 0;
  for (let i = 0; i < count; i++) {
    const [logits] = Object.values(await model.run({ image: inputOf(test, i, i + 1) }));
    if (logits.indexOf(Math.max(...logits)) === test.labels[i]) right++;
  }
  model.dispose();
  console.log(`${path}: ${right} of ${count} right, ${((100 * right) / count).toFixed(2)} %`);
}

interface Runner {
  readonly run: (inputs: Named) => Promise<Named>;
  readonly dispose: () => void;
}

async function runner(path: string): Promise<Runner> {
  if (!isOutput(path)) {
    const { graph } = succeed(await importModel(path));
    return { run: async (inputs) => evaluate(graph, inputs), dispose: () => {} };
  }
  const { run, dispose } = succeed(await openOutput(path));
  return { run: async (inputs) => (await run(inputs)) ?? process.exit(1), dispose };
}

function succeed<T>(result: Result<T>): T {
  for (const diagnostic of result.diagnostics) console.error(printDiagnostic(diagnostic));
  return result.ok ? result : process.exit(1);
}
