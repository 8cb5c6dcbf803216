/**
 * `npm run bench [-- MODEL ...]`: `espalier bench` on models, the reports kept as data under test/bench/results/. Without
 * models it is the example, against everything that runs it.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { BenchReport } from '../../src/bench/report.ts';
import { benchSchema } from '../../src/bench/report.ts';
import { packageFolder } from '../../src/make/package.ts';
import { keep } from './keep.ts';

const main = fileURLToPath(new URL('../../src/cli/main.js', import.meta.url));
const example = fileURLToPath(new URL('examples/blazepose-detector', packageFolder()));

function bench(model: string): BenchReport {
  const against = model.endsWith('.onnx') ? 'ort,ort-int8' : 'tfjs,ort,ort-int8';
  const argv = [main, 'bench', model, '--against', against, '--layers', '--json'];
  const { stdout } = spawnSync(process.execPath, argv, {
    encoding: 'utf8',
    maxBuffer: 1 << 26,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const said: unknown = JSON.parse(stdout);
  const { success, data } = benchSchema.safeParse(said);
  if (!success) throw new Error(`${model}: ${stdout}`);
  return data;
}

const asked = process.argv.slice(2);
const reports = (asked.length > 0 ? asked : [example]).map((model) => {
  const report = bench(model);
  console.log(`${report.model}: ${report.ours.medianMs.toFixed(2)} ms`);
  for (const { name, medianMs, ratio } of report.peers)
    console.log(`  ${name.padEnd(9)} ${medianMs.toFixed(2)} ms, ${ratio.toFixed(2)}x`);
  return report;
});
keep(reports, 'bench');
