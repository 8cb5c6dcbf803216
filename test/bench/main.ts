/**
 * `npm run bench [-- MODEL ...]`: times artefacts against tfjs-backend-wasm, alternately in one run on one thread, and
 * keeps the figures as data under test/bench/results/. Pin it to one core: `taskset -c 1 npm run bench`.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Report } from '../../src/diagnostic.ts';
import { printDiagnostic } from '../../src/diagnostic.ts';
import { buildFolder } from '../../src/make/build.ts';
import { loadModel } from '../../src/make/load.ts';
import { openFolder } from '../../src/make/open.ts';
import { compileWith, partsFor } from '../../src/make/parts.ts';
import type { ModelName } from '../models.ts';
import { inputShapes, modelNames, modelPath, randomInputs } from '../models.ts';
import { loadTfjs } from '../tfjs.ts';
import type { Contender, Timing } from './alternate.ts';
import { alternate } from './alternate.ts';
import { keep } from './keep.ts';

interface Result {
  readonly model: string;
  readonly rounds: number;
  readonly timings: readonly Timing[];
}

const rounds = 25;
const report: Report = (d) => console.error(printDiagnostic(d));
const journal = { hold: () => {}, release: () => {} };
const scratch = mkdtempSync(join(tmpdir(), 'espalier-bench-'));

async function bench(name: ModelName): Promise<Result> {
  const shapes = inputShapes(name);
  const references = randomInputs(name, 1);
  const data = Object.fromEntries(
    Object.entries(references).map(([input, value]) => [input, value.data as Float32Array<ArrayBuffer>]),
  );
  const loaded = loadModel(modelPath(name), { shapes }, report) ?? fail(`${name} cannot be read`);
  const ours = async (target: string, cpu?: string): Promise<Contender> => {
    const parts = partsFor({ target, ...(cpu && { cpu }) }, report) ?? fail(`no target ${target}`);
    const outcome = compileWith(loaded.graph, {}, parts);
    if (!outcome.ok) return fail(outcome.diagnostics.map(printDiagnostic).join('\n'));
    const folder = join(scratch, `${name}-${target}`);
    if (!(await buildFolder(folder, outcome, { target, cpu, journal }, report))) return fail('the build failed');
    const model = (await openFolder(folder, report)) ?? fail('the artefact does not run');
    return {
      name: cpu ? `${target} ${cpu}` : target,
      time: async (times) => [(await model.time(data, times))?.medianMs ?? fail('the artefact does not run')],
    };
  };
  const tfjs = await loadTfjs(modelPath(name));
  const peer: Contender = {
    name: 'tfjs-backend-wasm',
    async time(times) {
      return Array.from({ length: times }, () => {
        const since = performance.now();
        tfjs.run(references);
        return performance.now() - since;
      });
    },
  };
  const timings = await alternate([peer, await ours('wasm'), await ours('cpu', 'native')], rounds);
  tfjs.dispose();
  return { model: name, rounds, timings };
}

function fail(message: string): never {
  throw new Error(message);
}

const asked = process.argv.slice(2);
const names = modelNames.filter((name) => (asked.length > 0 ? asked.includes(name) : name === 'blazepose-detector'));
const results: Result[] = [];
for (const name of names) {
  const result = await bench(name);
  results.push(result);
  console.log(`${name}, ${rounds} rounds, one thread`);
  for (const { name: who, medianMs, minMs, ratio } of result.timings)
    console.log(
      `  ${who.padEnd(20)} median ${medianMs.toFixed(2)} ms  min ${minMs.toFixed(2)} ms  ${ratio.toFixed(2)}x`,
    );
}
keep(results);
rmSync(scratch, { recursive: true, force: true });
