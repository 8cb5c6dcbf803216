/**
 * Espalier as a library: everything that the command line does, as functions of plain data.
 *
 * Nothing throws on bad input. What can fail gives `{ ok: false, diagnostics }`, and each diagnostic has a stable code,
 * a message, the file and layer that it is about, and a hint. Only a bug in the compiler throws, a `CompilerBug`.
 *
 * @example
 * import { build, compile, importModel, printDiagnostic } from 'espalier';
 *
 * const model = await importModel('model/model.json');
 * if (!model.ok) throw new Error(model.diagnostics.map(printDiagnostic).join('\n'));
 * const compiled = await compile(model.graph, { target: 'wasm' });
 * if (compiled.ok) for (const { path, role } of compiled.artefacts) console.log(role, path);
 * await build(model.graph, { target: 'wasm', out: 'out' });
 */
import { loadPeer } from './check/load-peer.ts';
import type { Against, Verdict } from './check/verify.ts';
import { verifyModel } from './check/verify.ts';
import type { Compiled, Job } from './compile.ts';
import type { Diagnostic, Report } from './diagnostic.ts';
import type { Explanation } from './explain/explain.ts';
import type { Graph } from './graph/graph.ts';
import { budgetFor } from './make/budget.ts';
import type { BuildOptions, Built } from './make/build.ts';
import { buildFolder } from './make/build.ts';
import { explainWith } from './make/explain.ts';
import type { Exported, ExportModelOptions } from './make/export.ts';
import { exportWith, graphFor } from './make/export.ts';
import { mayWriteFile, writeFiles } from './make/file.ts';
import type { Journal } from './make/journal.ts';
import type { LoadOptions } from './make/load.ts';
import { loadModel } from './make/load.ts';
import type { OpenModel } from './make/open.ts';
import { openFolder } from './make/open.ts';
import type { CompileOptions, Parts } from './make/parts.ts';
import { compileWith, partsFor } from './make/parts.ts';
import type { Pruned, PruneModelOptions } from './make/prune.ts';
import { pruneWith } from './make/prune.ts';
import type { QuantizeChoice, QuantizedGraph } from './make/quantize.ts';
import { quantizeWith } from './make/quantize.ts';
import { assembled } from './make/recipe.ts';
import type { SmartDealOptions } from './make/smartdeal.ts';
import { smartdealWith } from './make/smartdeal.ts';
import type { CompiledSplit } from './make/split.ts';
import { buildSplitFolder, compileSplit, splitPartsFor } from './make/split.ts';
import { manifestWeights } from './make/storage.ts';
import { buildAndOpen } from './make/temporary.ts';
import type { Decomposed } from './smartdeal/graph.ts';

export { pipeline as passes } from '../passes/index.ts';
export { targets } from '../targets/index.ts';
export type { Divergence } from './check/bisect.ts';
export type { Compared } from './check/compare.ts';
export type { Against, Verdict } from './check/verify.ts';
export type { Compiled } from './compile.ts';
export type { Config, LayerConfig } from './config.ts';
export { defineConfig } from './config.ts';
export type { Diagnostic, Origin } from './diagnostic.ts';
export { CompilerBug, printDiagnostic } from './diagnostic.ts';
export type { ExplainedLayer, ExplainedOffer, Explanation } from './explain/explain.ts';
export type { Format } from './formats/format.ts';
export { formats } from './formats/index.ts';
export type { Named } from './graph/evaluate.ts';
export { evaluate } from './graph/evaluate.ts';
export type { Call, Constant, Graph, Input, Node, Output } from './graph/graph.ts';
export { parse as parseGraph } from './graph/parse.ts';
export { print as printGraph } from './graph/print.ts';
export { randomInputs } from './graph/samples.ts';
export type { Built } from './make/build.ts';
export type { Exported, ExportModelOptions } from './make/export.ts';
export type { LoadOptions } from './make/load.ts';
export type { Manifest } from './make/manifest.ts';
export type { OpenModel } from './make/open.ts';
export type { CompileOptions, Parts } from './make/parts.ts';
export type { Pruned, PruneModelOptions } from './make/prune.ts';
export type { QuantizeChoice, QuantizedGraph } from './make/quantize.ts';
export type { SmartDealOptions } from './make/smartdeal.ts';
export type { Pass } from './pass.ts';
export type { Kernel } from './plan/kernel.ts';
export type { Plan } from './plan/plan.ts';
export type { Prediction, Rates } from './plan/rates.ts';
export type { LayerPruning } from './prune/prune.ts';
export type { LayerQuality, Quality } from './quantize/quantize.ts';
export type { Decomposed, LayerDecomposition } from './smartdeal/graph.ts';
export type { Artefact, Target, TargetFamily, TargetOptions } from './target.ts';

/** Why there is no result: at least one of them is an error. */
export interface Failed {
  readonly ok: false;
  readonly diagnostics: readonly Diagnostic[];
}

/** A result, and what there is to say about it: warnings and notes. */
export type Result<T> = ({ readonly ok: true; readonly diagnostics: readonly Diagnostic[] } & T) | Failed;

/** A model: the path of its file or folder, or a graph that was imported before. */
export type Model = string | Graph;

/** The file that was read, and what is in it. */
export interface Imported {
  readonly file: string;
  /** The files that it was made of, `file` among them, for those who watch them. Masks and the like are not. */
  readonly files: readonly string[];
  readonly graph: Graph;
}

/** Reads a model: a TensorFlow.js `model.json`, an `.onnx` file, a graph as text, or a folder that holds one. Only files in its folder are read. */
export const importModel = (path: string, options: LoadOptions = {}): Promise<Result<Imported>> =>
  collected(async (report) => loadModel(path, options, report));

/** Parts of one's own in place of those that are shipped. */
export interface OwnParts {
  readonly parts?: Partial<Parts>;
  readonly watch?: Job['watch'];
}

/**
 * Compiles a model. Nothing is written: `artefacts` holds every file, a WebAssembly binary among them, and `recipe`
 * what is left to do with a C compiler.
 */
export const compile = (model: Model, options: CompileOptions & LoadOptions & OwnParts): Promise<Result<Compiled>> =>
  collected(async (report) => {
    const compiled = compileModel(model, options, report);
    return compiled && assembled(compiled);
  });

export interface BuildModelOptions extends CompileOptions, LoadOptions, OwnParts {
  /** The output folder. It appears whole or not at all, in place of an older output. */
  readonly out: string;
  /** Replace an older output even if other files lie in it. */
  readonly force?: boolean;
  /** Write sources and build files, but no binary. */
  readonly sourceOnly?: boolean;
  /** How large what is shipped may be: see `Config`. Nothing is written where it is larger. */
  readonly budget?: string;
  /** Leave operators that hardware does not take to a CPU, with a program that runs both. Without `parts` and `watch`. */
  readonly split?: boolean;
}

/** Compiles a model into a folder: sources, weights, build files, binaries and `espalier.json`, which lists them. */
export const build = (model: Model, options: BuildModelOptions): Promise<Result<Built>> =>
  collected(async (report) => {
    const budget = options.budget === undefined ? undefined : budgetFor(options.budget, options, report);
    if (options.budget !== undefined && !budget) return undefined;
    const compiled = options.split ? undefined : compileModel(model, options, report);
    const folder = { ...options, journal: nobody, rounding: compiled?.rounding, budget };
    const shared = options.split ? shareModel(model, options, report) : undefined;
    const built = compiled
      ? await buildFolder(options.out, compiled, folder, report)
      : shared && (await buildSplitFolder(options.out, shared, folder, report));
    return built?.complete ? built : undefined;
  });

/** Makes what was built into a folder ready to run: WebAssembly in this process, native code and what is for WebGPU in one of its own. */
export const openOutput = (folder: string): Promise<Result<OpenModel>> =>
  collected((report) => openFolder(folder, report));

export interface VerifyOptions extends CompileOptions, LoadOptions, OwnParts {
  /** How many random inputs to try; 1 unless given. */
  readonly samples?: number;
  /** What to compare with: the exact reference unless `tfjs` or `ort` is given, which need the model's path. */
  readonly against?: Against;
}

export interface Verified {
  readonly verdict: Verdict;
}

/** Builds a model into a temporary folder, runs it, and compares every output with the reference. */
export const verify = (model: Model, options: VerifyOptions): Promise<Result<Verified>> =>
  collected(async (report) => {
    const loaded =
      typeof model === 'string' ? loadModel(model, options, report) : { graph: model, file: model.file, constants: {} };
    const shipped = partsFor(options, report);
    if (!loaded || !shipped) return undefined;
    const { file, graph } = loaded;
    const { against = 'evaluate' } = options;
    const peer = against === 'evaluate' ? undefined : await loadPeer(against, file, graph, loaded, report);
    if (against !== 'evaluate' && !peer) return undefined;
    const verdict = await verifyModel({
      ...shipped,
      ...options.parts,
      graph,
      samples: options.samples ?? 1,
      open: (compiled) => buildAndOpen(compiled, { ...options, journal: nobody }, report),
      ...(peer && { peer }),
      report,
    });
    peer?.dispose();
    return verdict && { verdict };
  });

/**
 * Quantises a model as `options.quantize` says, with `options.calibrate`: its layers made final, and what each loses. Other
 * functions take the same options, or the graph that this gives.
 */
export const quantize = (model: Model, options: QuantizeChoice & LoadOptions): Promise<Result<QuantizedGraph>> =>
  collected(async (report) => {
    const { quantize: how = 'weights=int8,activations=int8', ...loading } = options;
    const { calibrate: _data, calibrateRange: _range, ...plain } = loading;
    const graph = typeof model === 'string' ? loadModel(model, plain, report)?.graph : model;
    return graph && quantizeWith(graph, { ...options, quantize: how }, report);
  });

export interface Explained {
  readonly explanation: Explanation;
}

/** Says for each layer with weights which format a build gives it and why, what the others would take, and what would change it. */
export const explain = (model: Model, options: CompileOptions & LoadOptions): Promise<Result<Explained>> =>
  collected(async (report) => {
    const parts = partsFor(options, report);
    const graph = parts && (typeof model === 'string' ? loadModel(model, options, report)?.graph : model);
    const done = parts && graph && explainWith(graph, options, parts, report);
    return done && { explanation: done.explanation };
  });

/**
 * Writes a model as `options.out` asks for, NAME.onnx or NAME.graph: `files` are what was written, the first at `out` and
 * the others beside it.
 */
export const exportModel = (model: Model, options: ExportModelOptions & LoadOptions): Promise<Result<Exported>> =>
  collected(async (report) => {
    const loaded = typeof model === 'string' ? loadModel(model, options, report) : { file: undefined, graph: model };
    if (!loaded || !mayWriteFile(options.out, loaded.file, report)) return undefined;
    const exported = exportWith(graphFor(loaded, options.out), options, report);
    return exported && writeFiles(options.out, exported.files, nobody, report) ? exported : undefined;
  });

/**
 * Sets weights of a model to zero, those of the smallest magnitude in the pattern that `options.pattern` asks for, and
 * writes it as `options.out` asks for, NAME.onnx or NAME.graph. An older file is replaced.
 */
export const prune = (model: Model, options: PruneModelOptions & LoadOptions): Promise<Result<Pruned>> =>
  collected(async (report) => {
    const loaded = typeof model === 'string' ? loadModel(model, options, report) : { file: undefined, graph: model };
    if (!loaded || !mayWriteFile(options.out, loaded.file, report)) return undefined;
    const pruned = pruneWith(loaded.graph, options, report);
    return pruned && writeFiles(options.out, pruned.files, nobody, report) ? pruned : undefined;
  });

/**
 * Makes the weights of a model's layers of powers of two and small bases, as SmartDeal does, and writes it as `options.out`
 * asks for: NAME.graph keeps what they are made of, NAME.onnx the new weights alone. An older file is replaced.
 */
export const smartdeal = (
  model: Model,
  { out, ...options }: SmartDealOptions & LoadOptions & { readonly out: string },
): Promise<Result<Decomposed & Pick<Exported, 'files'>>> =>
  collected(async (report) => {
    const plain = { ...options, smartdeal: false };
    const loaded = typeof model === 'string' ? loadModel(model, plain, report) : { file: undefined, graph: model };
    if (!loaded || !mayWriteFile(out, loaded.file, report)) return undefined;
    const made = smartdealWith(loaded.graph, options, report);
    const exported = made && exportWith(made.graph, { out, passes: 'none' }, report);
    return exported && writeFiles(out, exported.files, nobody, report) ? { ...made, files: exported.files } : undefined;
  });

/** A library has no Ctrl-C to clean up after. */
const nobody: Journal = { hold: () => {}, release: () => {}, keep: () => {} };

async function collected<T extends object>(work: (report: Report) => Promise<T | undefined>): Promise<Result<T>> {
  const diagnostics: Diagnostic[] = [];
  const value = await work((d) => void diagnostics.push(d));
  const failed = value === undefined || diagnostics.some((d) => d.severity === 'error');
  return failed ? { ok: false, diagnostics } : { ...value, ok: true, diagnostics };
}

function compileModel(
  model: Model,
  options: CompileOptions & LoadOptions & OwnParts,
  report: Report,
): (Compiled & Pick<BuildOptions, 'rounding'>) | undefined {
  const shipped = partsFor(options, report);
  const loaded =
    shipped && (typeof model === 'string' ? loadModel(model, options, report) : { graph: model, samples: [] });
  if (!shipped || !loaded) return undefined;
  const { graph, samples } = loaded;
  const { parts, watch } = options;
  const outcome = compileWith(graph, options, { ...shipped, typical: samples, ...parts, ...(watch && { watch }) });
  outcome.diagnostics.forEach(report);
  return outcome.ok ? { ...outcome, rounding: manifestWeights(loaded) } : undefined;
}

function shareModel(model: Model, options: CompileOptions & LoadOptions, report: Report): CompiledSplit | undefined {
  const parts = splitPartsFor(options, report);
  const loaded = parts && (typeof model === 'string' ? loadModel(model, options, report) : { graph: model });
  return parts && loaded && compileSplit(loaded.graph, parts, { ...options, ...loaded }, report);
}
