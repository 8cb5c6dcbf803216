/** Programs of others with the same model, ready to be timed. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Report } from '../diagnostic.ts';
import { exportWith } from '../make/export.ts';
import type { LoadedModel } from '../make/load.ts';
import type { ManifestPort } from '../make/manifest.ts';
import type { Process } from './contender.ts';
import { startSubject } from './contender.ts';
import type { Subject } from './orders.ts';
import { writeQuantised } from './ort-int8.ts';
import type { PeerName } from './peer-names.ts';

export interface PeerOptions {
  readonly loaded: LoadedModel;
  readonly inputs: readonly ManifestPort[];
  readonly outputs: readonly ManifestPort[];
  readonly threads: number;
  /** Where to keep files: a folder that lasts as long as the processes do. */
  readonly folder: string;
  readonly pin: readonly string[];
  readonly signal: AbortSignal;
  readonly report: Report;
}

/** Starts a process with the model in it. Undefined after a report. */
export async function openPeer(name: PeerName, options: PeerOptions): Promise<Process | undefined> {
  const folder = join(options.folder, name);
  mkdirSync(folder, { recursive: true });
  const subject = await subjectFor(name, folder, options);
  return subject && startSubject(subject, { ...options, name, folder });
}

async function subjectFor(name: PeerName, folder: string, options: PeerOptions): Promise<Subject | undefined> {
  const { loaded, threads, report } = options;
  const { file, graph, constants } = loaded;
  switch (name) {
    case 'tfjs':
      if (threads > 1)
        report({
          severity: 'warning',
          code: 'bench/threads',
          message: `tfjs runs on one thread, and the others on ${threads}`,
          hint: 'in Node.js its backend has no more',
        });
      return { kind: 'tfjs', model: file };
    case 'ort': {
      if (/\.onnx$/i.test(file)) return { kind: 'ort', model: file, threads, constants: plainConstants(constants) };
      const model = exportTo(folder, options);
      report({
        severity: 'note',
        code: 'bench/exported',
        message: `"${name}" runs the model as espalier export writes it: its own file is no ONNX file`,
      });
      return model === undefined ? undefined : { kind: 'ort', model, threads, constants: {} };
    }
    case 'ort-int8': {
      const source = exportTo(folder, options);
      const model = join(folder, 'integers.onnx');
      const told: Report = (d) => report({ ...d, code: 'bench/contender', hint: hintFor(name, d.hint) });
      const done = source !== undefined && (await writeQuantised(graph, source, model, told));
      return done ? { kind: 'ort', model, threads, constants: {} } : undefined;
    }
  }
}

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
