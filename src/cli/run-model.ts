/** What `espalier run` does. */
import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { visible } from '../diagnostic.ts';
import type { Named } from '../graph/evaluate.ts';
import { evaluate } from '../graph/evaluate.ts';
import type { Graph } from '../graph/graph.ts';
import { nodesById } from '../graph/graph.ts';
import { loadModel } from '../make/load.ts';
import type { ManifestPort } from '../make/manifest.ts';
import { writeNpy } from '../make/npy.ts';
import { isOutput, openFolder } from '../make/open.ts';
import { isSystemError, reasonOf } from '../make/system-error.ts';
import { timingOf } from '../make/timing.ts';
import type { Numbers } from '../tensor/numbers.ts';
import type { AdapterInfo } from '../toolchain/adapter.ts';
import { printAdapter } from '../toolchain/adapter.ts';
import type { Timing } from '../toolchain/run-native.ts';
import type { Desk } from './desk.ts';
import { readInputs } from './inputs.ts';
import { choicesOf } from './options.ts';
import type { Paint } from './paint.ts';
import { printTime, table } from './paint.ts';
import type { Flags } from './run.ts';

interface Subject {
  readonly inputs: readonly ManifestPort[];
  readonly outputs: readonly ManifestPort[];
  readonly adapter?: AdapterInfo;
  readonly run: (inputs: Named) => Promise<Named | undefined>;
  readonly time: (inputs: Named, times: number) => Promise<Timing | undefined>;
  readonly dispose: () => void;
}

export async function run(path: string, flags: Flags, desk: Desk): Promise<boolean> {
  desk.doing(`loading ${path}`);
  const subject = isOutput(path) ? await built(path, desk) : await interpreted(path, flags, desk);
  if (!subject) return false;
  try {
    const inputs = readInputs(flags.input ?? [], subject.inputs, flags.range, desk.report);
    if (!inputs) return false;
    desk.doing('running');
    const values = await subject.run(inputs);
    if (!values) return false;
    const time = flags.repeat === undefined ? undefined : await subject.time(inputs, flags.repeat);
    const files = flags.output === undefined ? [] : writeOutputs(flags.output, subject.outputs, values, desk);
    if (!files) return false;
    const outputs = subject.outputs.map((port, i) => ({
      ...port,
      ...summary(values[port.name]),
      file: files[i] ?? null,
    }));
    const { adapter } = subject;
    desk.print({ outputs, ...(adapter && { adapter }), ...(time && { time }) }, (paint) => [
      ...asText(outputs, flags.repeat, time, paint),
      ...(adapter ? ['', `adapter: ${visible(printAdapter(adapter))}`] : []),
    ]);
    return true;
  } finally {
    subject.dispose();
  }
}

async function built(folder: string, { report, io }: Desk): Promise<Subject | undefined> {
  const model = await openFolder(folder, report, io.signal);
  return model && { ...model.manifest, ...model };
}

async function interpreted(path: string, flags: Flags, desk: Desk): Promise<Subject | undefined> {
  const choices = await choicesOf(path, flags, desk);
  const loaded = choices && loadModel(path, choices, desk.report);
  if (!loaded) return undefined;
  const { graph } = loaded;
  return {
    ...portsOf(graph),
    run: async (inputs) => evaluate(graph, inputs),
    time: async (inputs, times) => timingOf(times, () => void evaluate(graph, inputs)),
    dispose: () => {},
  };
}

function portsOf(graph: Graph): Pick<Subject, 'inputs' | 'outputs'> {
  const byId = nodesById(graph);
  const port = (name: string, id: string): readonly ManifestPort[] => {
    const type = byId.get(id)?.type;
    return type ? [{ name, dtype: type.dtype, shape: type.shape }] : [];
  };
  return {
    inputs: graph.nodes.flatMap((node) => (node.kind === 'input' ? port(node.name, node.id) : [])),
    outputs: graph.outputs.flatMap(({ name, id }) => port(name, id)),
  };
}

/** The files' paths in the order of the outputs; undefined, and reported, if they cannot be written. */
function writeOutputs(
  folder: string,
  outputs: readonly ManifestPort[],
  values: Named,
  { report }: Desk,
): readonly string[] | undefined {
  const taken = new Set<string>();
  try {
    mkdirSync(folder, { recursive: true });
    if (!statSync(folder).isDirectory()) throw Object.assign(new Error(), { code: 'ENOTDIR', syscall: 'mkdir' });
    return outputs.map(({ name, shape }) => {
      const file = join(folder, fileName(name, taken));
      writeFileSync(file, writeNpy(values[name] as Float32Array | Int32Array, shape));
      return file;
    });
  } catch (error) {
    if (!isSystemError(error)) throw error;
    const message = `the outputs cannot be written to "${folder}": ${reasonOf(error)}`;
    report({ severity: 'error', code: 'run/not-writable', message, hint: 'choose another folder with --output' });
    return undefined;
  }
}

/** An output's name is the model's word, and no path. */
function fileName(name: string, taken: Set<string>): string {
  const stem =
    name
      .replace(/[^\w.-]+/g, '_')
      .replace(/^[.]+/, '_')
      .slice(0, 100) || 'output';
  let file = `${stem}.npy`;
  for (let n = 1; taken.has(file.toLowerCase()); n++) file = `${stem}_${n}.npy`;
  taken.add(file.toLowerCase());
  return file;
}

interface Summary {
  readonly min: number | null;
  readonly max: number | null;
  readonly mean: number | null;
  /** Values that are NaN or infinite; the others count for the rest. */
  readonly notFinite: number;
}

function summary(data: Numbers): Summary {
  let [min, max, sum, count] = [Infinity, -Infinity, 0, 0];
  for (const value of data) {
    if (!Number.isFinite(value)) continue;
    [min, max, sum, count] = [Math.min(min, value), Math.max(max, value), sum + value, count + 1];
  }
  if (count === 0) return { min: null, max: null, mean: null, notFinite: data.length };
  return { min, max, mean: sum / count, notFinite: data.length - count };
}

type Shown = ManifestPort & Summary & { readonly file: string | null };

function asText(
  outputs: readonly Shown[],
  repeat: number | undefined,
  time: Timing | undefined,
  paint: Paint,
): readonly string[] {
  const number = (value: number | null): string => (value === null ? '-' : String(Number(value.toPrecision(6))));
  const head = ['output', 'type', 'min', 'max', 'mean', ''].map((word) => paint.dim(word));
  const rows = outputs.map(({ name, dtype, shape, min, max, mean, notFinite, file }) => [
    paint.bold(visible(name)),
    `${dtype} [${shape.join(', ')}]`,
    ...[min, max, mean].map(number),
    [...(notFinite > 0 ? [paint.yellow(`${notFinite} not finite`)] : []), ...(file === null ? [] : [file])].join(' '),
  ]);
  const took = time && `${printTime(time.medianMs)} a run (median of ${repeat}; at best ${printTime(time.minMs)})`;
  return [...table([head, ...rows], ['left', 'left', 'right', 'right', 'right']), ...(took ? ['', took] : [])];
}
