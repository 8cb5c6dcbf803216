/**
 * `npm run bench:import`: how long reading a large ONNX model takes, and how much memory. Each run is a process of its own
 * that reads the model once; memory is the most that the process ever had, Node's own included. The figures are kept as
 * data under test/bench/results/.
 */
import { execFileSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { printDiagnostic } from '../../src/diagnostic.ts';
import { loadModel } from '../../src/make/load.ts';
import { median } from '../../src/make/timing.ts';
import { exportedPath } from '../onnx/models.ts';
import { keep } from './keep.ts';

interface Measured {
  readonly wallMs: number;
  /** Time on a processor, which other programs on the machine hardly change. */
  readonly cpuMs: number;
  readonly peakBytes: number;
}

function measure(path: string): Measured {
  const [cpu, since] = [process.cpuUsage(), performance.now()];
  const loaded = loadModel(path, {}, (d) => console.error(printDiagnostic(d)));
  if (!loaded) throw new Error(`"${path}" is not read`);
  const { user, system } = process.cpuUsage(cpu);
  return {
    wallMs: performance.now() - since,
    cpuMs: (user + system) / 1000,
    peakBytes: process.resourceUsage().maxRSS * 1024,
  };
}

async function bench(name: 'resnet50' | 'vit_b_16', runs: number) {
  const path = await exportedPath(name);
  const self = fileURLToPath(import.meta.url);
  const times = Array.from(
    { length: runs },
    () => JSON.parse(execFileSync(process.execPath, [self, path], { encoding: 'utf8' })) as Measured,
  );
  const bytes = statSync(path).size;
  const of = (key: keyof Measured): number => median(times.map((t) => t[key]));
  const peakBytes = Math.max(...times.map((t) => t.peakBytes));
  return { model: name, bytes, runs, wallMs: of('wallMs'), cpuMs: of('cpuMs'), peakBytes, peak: peakBytes / bytes };
}

const [path] = process.argv.slice(2);
if (path !== undefined) console.log(JSON.stringify(measure(path)));
else {
  const results = [await bench('resnet50', 5), await bench('vit_b_16', 5)];
  for (const { model, bytes, wallMs, cpuMs, peakBytes, peak } of results)
    console.log(
      `${model.padEnd(10)} ${(bytes / 1e6).toFixed(1)} MB  ${wallMs.toFixed(0)} ms (${cpuMs.toFixed(0)} ms on a processor)  at most ${(peakBytes / 1e6).toFixed(0)} MB, ${peak.toFixed(2)} times the file`,
    );
  keep(results, 'import');
}
