/** Programs of others with the same model: what it takes to run each. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { tfjsFault } from '../check/tfjs.ts';
import type { Report } from '../diagnostic.ts';
import { exportWith } from '../make/export.ts';
import type { LoadedModel } from '../make/load.ts';
import type { ManifestPort } from '../make/manifest.ts';
import type { Subject } from './orders.ts';
import { writeQuantised } from './ort-int8.ts';
import type { PeerName, TorchName } from './peer-names.ts';
import { needsGpu } from './peer-names.ts';
import type { Kit, Ports } from './web/kit.ts';
import type { Missing } from './web/peer-kits.ts';
import { isMissing, litertKit, ortWebKit, tfjsKit } from './web/peer-kits.ts';

export interface PeerOptions {
  readonly loaded: LoadedModel;
  readonly inputs: readonly ManifestPort[];
  readonly outputs: readonly ManifestPort[];
  readonly threads: number;
  /** The same network as a file of TensorFlow Lite. */
  readonly tflite?: string | undefined;
  /** The browser that contenders run in; without it, they run in Node.js. */
  readonly browser?: string | undefined;
  /** Where to keep files: a folder that lasts as long as the processes do. */
  readonly folder: string;
  readonly report: Report;
}

/** Undefined after a report. */
export async function kitFor(name: Exclude<PeerName, TorchName>, options: PeerOptions): Promise<Kit | undefined> {
  const folder = join(options.folder, name);
  mkdirSync(folder, { recursive: true });
  const { loaded, threads, inputs, outputs, tflite, report } = options;
  const { file, graph, constants } = loaded;
  const ports: Ports = { threads, inputs, outputs, constants: {} };
  const ready = (kit: Kit | Missing): Kit | undefined => {
    if (!isMissing(kit)) return kit;
    return void report({
      severity: 'error',
      code: 'bench/contender',
      message: `"${name}": comparing with it needs more packages`,
      hint: kit.install,
    });
  };
  switch (name) {
    case 'tfjs':
    case 'tfjs-webgpu': {
      const fault = tfjsFault(file);
      if (!fault) return ready(tfjsKit(resolve(file), ports, needsGpu(name) ? 'webgpu' : 'wasm'));
      const { message } = fault;
      const hint = `leave ${name} out of --against`;
      return void report({ severity: 'error', code: 'bench/contender', message: `"${name}": ${message}`, hint });
    }
    case 'ort-web':
    case 'ort-webgpu':
    case 'ort': {
      const own = /\.onnx$/i.test(file);
      const model = own ? file : exportTo(folder, options);
      if (!own)
        report({
          severity: 'note',
          code: 'bench/exported',
          message: `"${name}" runs the model as espalier export writes it: its own file is no ONNX file`,
        });
      if (model === undefined) return undefined;
      const fixed = own ? plainConstants(constants) : {};
      if (name === 'ort-web') return ready(ortWebKit(resolve(model), { ...ports, constants: fixed }));
      const gpu = needsGpu(name);
      if (gpu && options.browser !== undefined)
        return ready(ortWebKit(resolve(model), { ...ports, constants: fixed }, 'webgpu'));
      return native(name, { kind: 'ort', model, threads, constants: fixed, gpu });
    }
    case 'ort-int8': {
      const source = exportTo(folder, options);
      const model = join(folder, 'integers.onnx');
      const told: Report = (d) => report({ ...d, code: 'bench/contender', hint: hintFor(name, d.hint) });
      const done = source !== undefined && (await writeQuantised(graph, source, model, told));
      return done ? native(name, { kind: 'ort', model, threads, constants: {} }) : undefined;
    }
    case 'litert': {
      if (tflite !== undefined) return ready(litertKit(resolve(tflite), ports));
      const reason =
        'it reads nothing but TensorFlow Lite, which nobody makes of other models in npm: name its file with --tflite';
      return { name, version: null, node: reason, page: reason, ships: [] };
    }
  }
}

/** Of a program of its own there is nothing that Node.js could load. */
export const native = (name: PeerName, node: Subject | string = 'it is a program of its own'): Kit => ({
  name,
  version: null,
  node,
  page: 'it is native code, which runs in no browser',
  ships: [],
});

/** What has to be installed is worth saying; the other hints are for other commands. */
export const hintFor = (peer: string, hint: string | null | undefined): string =>
  hint?.startsWith('npm ') ? hint : `leave ${peer} out of --against`;

/** The model as ONNX, after all passes: batch normalisation is folded, as whoever quantises wants it. Undefined after a report. */
function exportTo(folder: string, { loaded, report }: PeerOptions): string | undefined {
  const model = join(folder, 'model.onnx');
  const exported = exportWith(loaded.graph, { out: model }, report);
  for (const { path, contents } of exported?.files ?? []) writeFileSync(join(folder, path), contents);
  return exported && model;
}

const plainConstants = (constants: LoadedModel['constants']) =>
  Object.fromEntries(
    Object.entries(constants).map(([name, { data, shape }]) => [
      name,
      { data: Array.from(data), ...(shape && { shape }) },
    ]),
  );
