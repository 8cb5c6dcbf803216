/**
 * `npm run bench:web [-- MODEL ...]`: `espalier bench -t wasm` on models, in Node.js and in a browser, the reports kept as
 * data under test/bench/results/ with their commands and how busy the machine was. Peers that are not installed are left out.
 */
import { spawnSync } from 'node:child_process';
import { loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import { benchSchema } from '../../src/bench/report.ts';
import { packageFolder } from '../../src/make/package.ts';
import { findPackage } from '../../src/toolchain/packages.ts';
import { keep } from './keep.ts';

const main = fileURLToPath(new URL('../../src/cli/main.js', import.meta.url));
const example = fileURLToPath(new URL('examples/blazepose-detector', packageFolder()));

function bench(model: string, place: readonly string[]) {
  const peer = model.endsWith('.onnx') ? 'ort-web' : 'tfjs';
  const against = peer === 'tfjs' || findPackage('onnxruntime-web') ? ['--against', peer] : [];
  const argv = ['bench', model, '-t', 'wasm', ...against, ...place, '--layers', '--seconds', '20'];
  const load = loadavg();
  const { stdout } = spawnSync(process.execPath, [main, ...argv, '--json'], {
    encoding: 'utf8',
    maxBuffer: 1 << 26,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const said: unknown = JSON.parse(stdout);
  const { success, data } = benchSchema.safeParse(said);
  if (!success) throw new Error(`${model}: ${stdout}`);
  console.log(`${data.model} in ${data.place.version}: ${data.ours.medianMs.toFixed(2)} ms`);
  for (const { name, medianMs, ratio, web } of data.peers) {
    const first = (web?.start.totalMs ?? 0) / (data.ours.web?.start.totalMs ?? 1);
    console.log(`  ${name} ${medianMs.toFixed(2)} ms, ${ratio.toFixed(2)}x; first result ${first.toFixed(2)}x`);
  }
  return { command: ['espalier', ...argv].join(' '), load, report: data };
}

const asked = process.argv.slice(2);
const models = asked.length > 0 ? asked : [example];
keep(
  models.flatMap((model) => [[], ['--browser']].map((place) => bench(model, place))),
  'wasm',
);
