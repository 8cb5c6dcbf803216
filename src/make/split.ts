/** A graph that a CPU and an accelerator share, compiled part by part into one folder with the program that runs them. */
import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { portable } from '../../passes/index.ts';
import { targets } from '../../targets/index.ts';
import type { Compiled } from '../compile.ts';
import { recordedSeed } from '../compile.ts';
import type { Report } from '../diagnostic.ts';
import { bug } from '../diagnostic.ts';
import type { Named } from '../graph/evaluate.ts';
import { evaluate } from '../graph/evaluate.ts';
import type { Graph, Id } from '../graph/graph.ts';
import { randomInputs } from '../graph/samples.ts';
import type { Split, SplitPart } from '../graph/split.ts';
import { crossingBytes, figuresOf, leftOf } from '../graph/split.ts';
import { verify } from '../graph/verify.ts';
import { runPasses } from '../pass.ts';
import type { Artefact, HostedPart, Recorded, Sharing } from '../target.ts';
import type { Numbers } from '../tensor/numbers.ts';
import { withGraph } from './bug.ts';
import type { BuildOptions, Built } from './build.ts';
import { fillFolder } from './build.ts';
import { writeFolder } from './folder.ts';
import type { FileRole, ManifestPort, ManifestSplit } from './manifest.ts';
import { manifestName, printManifest } from './manifest.ts';
import type { CompileOptions, Parts } from './parts.ts';
import { compileWith, partsFor } from './parts.ts';

/** What both sides are compiled with. */
export interface SplitParts {
  readonly sharing: Sharing;
  readonly accelerator: Parts;
  readonly cpu: Parts;
}

/** Undefined, and reported, if the target shares nothing with a CPU or there is no such CPU. */
export function splitPartsFor(options: CompileOptions, report: Report): SplitParts | undefined {
  const { target: name, cpu, strictFp, prefix, threads, hardware, layers } = options;
  const sharing = targets.find((t) => t.name === name)?.sharing;
  if (!sharing && targets.some((t) => t.name === name)) {
    const able = targets.filter((t) => t.sharing).map((t) => t.name);
    return void report({
      severity: 'error',
      code: 'split/not-for-target',
      message: `the target "${name}" takes all operators, and --split is given`,
      hint: `leave out --split, or build for hardware: -t ${able.join(', -t ')}`,
    });
  }
  const accelerated = { ...(threads !== undefined && { threads }), ...(hardware && { hardware }) };
  const accelerator = partsFor({ target: name, ...accelerated }, report);
  if (!accelerator || !sharing) return undefined;
  const hosted = { ...(cpu !== undefined && { cpu }), ...(strictFp !== undefined && { strictFp }) };
  const named = { ...(prefix !== undefined && { prefix }) };
  const both = partsFor({ target: 'cpu', ...hosted, ...named }, report);
  if (!both) return undefined;
  if (layers && Object.keys(layers).length > 0)
    report({
      severity: 'warning',
      code: 'split/formats',
      message: 'formats that the config asks for are left out: with --split layers are on two targets',
    });
  const target = sharing.target({ ...accelerated, ...named });
  return { sharing, accelerator: { ...accelerator, target }, cpu: both };
}

export interface CompiledSplit {
  readonly split: Split;
  readonly accelerator: Compiled;
  readonly before: Compiled | undefined;
  readonly after: Compiled | undefined;
  readonly host: readonly Artefact[];
}

/** Undefined, and reported, if a part cannot be compiled. */
export function compileSplit(
  source: Graph,
  parts: SplitParts,
  { prefix = '', samples = [] }: Pick<CompileOptions, 'prefix'> & { readonly samples?: readonly Named[] },
  report: Report,
): CompiledSplit | undefined {
  const split = withGraph(source, () => splitOf(source, parts.sharing, report));
  if (!split) return undefined;
  const runs = (samples.length > 0 ? samples.slice(0, most) : [randomInputs(split.whole, recordedSeed)]).map((inputs) =>
    valuesOf(split, inputs),
  );
  const [values] = runs;
  const compiled = (graph: Graph | undefined, part: Parts): Compiled | undefined => {
    if (!graph) return undefined;
    const recorded = runs.map((run) => recordedOf(graph, split, run));
    const typical = recorded.map(({ inputs }) => inputs);
    const outcome = compileWith(graph, {}, { ...part, recorded: recorded[0], typical });
    outcome.diagnostics.forEach(report);
    return outcome.ok ? outcome : undefined;
  };
  const accelerator = compiled(split.accelerator, parts.accelerator);
  const before = accelerator && compiled(split.before, parts.cpu);
  const after = accelerator && compiled(split.after, parts.cpu);
  if (!accelerator || (split.before && !before) || (split.after && !after)) return undefined;
  const [hostedBefore, hostedAfter] = [before && hosted(before, prefix), after && hosted(after, prefix)];
  const host = parts.sharing.host(split, {
    render: parts.accelerator.render,
    symbol: `${prefix}${split.whole.name}`,
    before: hostedBefore,
    after: hostedAfter,
    compiler: compilerOf([before, after]),
    values,
  });
  return { split, accelerator, before, after, host };
}

function splitOf(source: Graph, sharing: Sharing, report: Report): Split | undefined {
  let failed = false;
  const heard: Report = (d) => {
    failed ||= d.severity === 'error';
    report(d);
  };
  verify(source, heard);
  const final = failed ? source : runPasses(source, portable, heard);
  return failed ? undefined : sharing.split(final, heard);
}

/** Inputs that are recorded, of those that are given. */
const most = 2;

/** What the whole graph computes for one input, as far as parts and callers see it. */
function valuesOf({ whole, crossings }: Split, inputs: Named): ReadonlyMap<Id, Numbers> {
  const wanted = new Set([...crossings, ...whole.outputs].map(({ id }) => id));
  const values = new Map<Id, Numbers>();
  evaluate(whole, inputs, {
    watch: (node, data) => void ((node.kind === 'input' || wanted.has(node.id)) && values.set(node.id, data)),
  });
  return values;
}

/** The values that a part sees and gives when the whole is computed. */
function recordedOf(graph: Graph, { whole, crossings }: Split, values: ReadonlyMap<Id, Numbers>): Recorded {
  const ids = new Map<string, Id>([
    ...whole.nodes.flatMap((n) => (n.kind === 'input' ? [[n.name, n.id] as const] : [])),
    ...crossings.map(({ name, id }) => [name, id] as const),
  ]);
  const of = (id: Id | undefined): Numbers => values.get(id ?? '') ?? bug(`%${id} was not computed`);
  const narrow = { i8: Int8Array, i16: Int16Array };
  return {
    inputs: Object.fromEntries(
      graph.nodes.flatMap((n) => {
        if (n.kind !== 'input') return [];
        const { dtype } = n.type;
        const data = of(ids.get(n.name));
        return [[n.name, dtype === 'i8' || dtype === 'i16' ? narrow[dtype].from(data) : data]];
      }),
    ),
    outputs: Object.fromEntries(graph.outputs.map(({ name, id }) => [name, of(id)])),
  };
}

function hosted({ plan, recipe }: Compiled, prefix: string): HostedPart {
  return {
    name: plan.name,
    symbol: `${prefix}${plan.name}`,
    inputs: plan.inputs.map((p) => p.name),
    outputs: plan.outputs.map((p) => p.name),
    objects: recipe.flatMap((task) => {
      if (task.kind !== 'run-compiler' || !task.args.includes('-c')) return [];
      const words = task.args.slice(0, task.args.indexOf('-o'));
      return [{ words: [...(task.only?.args ?? []), ...words], object: task.output }];
    }),
  };
}

/** What makes code for the CPU: as the first source of its parts is compiled. */
function compilerOf(parts: readonly (Compiled | undefined)[]): readonly string[] {
  const [task] = parts.flatMap((part) => part?.recipe ?? []);
  if (task?.kind !== 'run-compiler') return ['cc', '-std=c11', '-O2'];
  const flags = task.args.slice(0, task.args.indexOf('-c')).filter((word) => word !== '-I.');
  return [task.compilers[0], ...flags];
}

/** Writes the folder, whole or not at all. Undefined, and reported, if it was not written. */
export async function buildSplitFolder(
  folder: string,
  compiled: CompiledSplit,
  options: BuildOptions,
  report: Report,
): Promise<Built | undefined> {
  let built: Built | undefined;
  const fill = async (place: string): Promise<boolean> => {
    built = await fillSplit(place, compiled, options, report);
    return built !== undefined;
  };
  return (await writeFolder(folder, fill, options, report)) ? built : undefined;
}

const folders: Readonly<Record<SplitPart, string>> = { before: 'before', accelerator: 'fpga', after: 'after' };

async function fillSplit(
  folder: string,
  compiled: CompiledSplit,
  options: BuildOptions,
  report: Report,
): Promise<Built | undefined> {
  const { split, host } = compiled;
  const files: { path: string; bytes: number; role: FileRole }[] = [];
  let complete = true;
  for (const part of ['before', 'accelerator', 'after'] as const) {
    const own = compiled[part];
    if (!own) continue;
    const place = join(folder, folders[part]);
    mkdirSync(place);
    const target = part === 'accelerator' ? { target: options.target, cpu: undefined } : { target: 'cpu' };
    const made = await fillFolder(place, own, { ...options, ...target, dumps: [] }, report);
    if (!made) return undefined;
    complete &&= made.complete;
    const nested = { path: manifestName, bytes: statSync(join(place, manifestName)).size, role: 'build' as const };
    files.push(...[...made.manifest.files, nested].map((f) => ({ ...f, path: `${folders[part]}/${f.path}` })));
  }
  for (const { path, contents, role } of host) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), contents);
    files.push({ path, bytes: statSync(join(folder, path)).size, role });
  }
  const { inputs, outputs } = portsOf(split.whole);
  const { name } = split.whole;
  const { target, cpu = null } = options;
  const manifest = { version: 1 as const, name, target, cpu, inputs, outputs, files, split: manifestSplit(split) };
  writeFileSync(join(folder, manifestName), printManifest(manifest));
  return { manifest, complete };
}

function portsOf(whole: Graph): {
  readonly inputs: readonly ManifestPort[];
  readonly outputs: readonly ManifestPort[];
} {
  const byId = new Map(whole.nodes.map((n) => [n.id, n]));
  const port = (name: string, id: Id): ManifestPort => {
    const { dtype, shape } = (byId.get(id) ?? bug(`%${id} is not there`)).type;
    return { name, dtype, shape };
  };
  return {
    inputs: whole.nodes.flatMap((n) => (n.kind === 'input' ? [port(n.name, n.id)] : [])),
    outputs: whole.outputs.map(({ name, id }) => port(name, id)),
  };
}

const manifestSplit = (split: Split): ManifestSplit => ({
  ...figuresOf(split),
  crossings: split.crossings.map((c) => ({
    name: c.name,
    from: c.from,
    to: [...c.to, ...c.outputs.map(() => 'output')],
    dtype: c.dtype,
    shape: c.shape,
    bytes: crossingBytes(c),
  })),
  left: leftOf(split),
});
