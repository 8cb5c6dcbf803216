/**
 * `npm run bench:web [-- MODEL ...]`: `espalier bench -t wasm` on models, in Node.js and in a browser, the reports kept as
 * data under test/bench/results/ with their commands and how busy the machine was; `npm run bench:web-gpu` the same for WebGPU,
 * on whatever adapter there is. Options behind the models say how long. Peers that are not installed are left out.
 */
import { spawnSync } from 'node:child_process';
import { loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import { benchSchema } from '../../src/bench/report.ts';
import { packageFolder } from '../../src/make/package.ts';
import { printAdapter } from '../../src/toolchain/adapter.ts';
import { findPackage } from '../../src/toolchain/packages.ts';
import { keep } from './keep.ts';

const main = fileURLToPath(new URL('../../src/cli/main.js', import.meta.url));
const example = fileURLToPath(new URL('examples/blazepose-detector', packageFolder()));

/** Those that read the model and are installed, as far as that is no matter of the place. */
function peersFor(target: string, model: string, inBrowser: boolean): readonly string[] {
  const onnx = model.endsWith('.onnx');
  if (target === 'wasm') return onnx ? (findPackage('onnxruntime-web') ? ['ort-web'] : []) : ['tfjs'];
  const runtime = findPackage(inBrowser ? 'onnxruntime-web' : 'onnxruntime-node');
  return [
    ...(!onnx && findPackage('@tensorflow/tfjs-backend-webgpu') ? ['tfjs-webgpu'] : []),
    ...(runtime ? ['ort-webgpu'] : []),
  ];
}

/** Software adapters take seconds for what takes GPUs milliseconds. */
const defaults: Readonly<Record<string, readonly string[]>> = {
  wasm: ['--layers', '--seconds', '20'],
  webgpu: ['--seconds', '10', '--starts', '3'],
};

function bench(target: string, model: string, place: readonly string[], howLong: readonly string[]) {
  const peers = peersFor(target, model, place.length > 0);
  const against = peers.length > 0 ? ['--against', peers.join(',')] : [];
  const argv = ['bench', model, '-t', target, ...against, ...place, ...howLong];
  const load = loadavg();
  const { stdout } = spawnSync(process.execPath, [main, ...argv, '--json'], {
    encoding: 'utf8',
    maxBuffer: 1 << 26,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const said: unknown = JSON.parse(stdout);
  const { success, data } = benchSchema.safeParse(said);
  if (!success) throw new Error(`${model}: ${stdout}`);
  const on = data.adapter ? ` on ${printAdapter(data.adapter)}` : '';
  console.log(`${data.model} in ${data.place.version}${on}: ${data.ours.medianMs.toFixed(2)} ms`);
  for (const { name, medianMs, ratio, web } of data.peers) {
    const first = (web?.start.totalMs ?? 0) / (data.ours.web?.start.totalMs ?? 1);
    console.log(`  ${name} ${medianMs.toFixed(2)} ms, ${ratio.toFixed(2)}x; first result ${first.toFixed(2)}x`);
  }
  return { command: ['espalier', ...argv].join(' '), load, report: data };
}

const [target, ...words] = process.argv.slice(2);
const first = words.findIndex((word) => word.startsWith('-'));
const [asked, options] = first < 0 ? [words, defaults[target]] : [words.slice(0, first), words.slice(first)];
const models = asked.length > 0 ? asked : [example];
keep(
  models.flatMap((model) => [[], ['--browser']].map((place) => bench(target, model, place, options))),
  target,
);
