/** What was compiled → an output folder: sources, binaries, and the manifest that says what is in it. */
import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Compiled } from '../compile.ts';
import type { Report } from '../diagnostic.ts';
import type { Artefact } from '../target.ts';
import type { KernelUse } from '../toolchain/ptxas.ts';
import type { Budget, Weighed } from './budget.ts';
import { fits, weigh } from './budget.ts';
import type { FolderOptions } from './folder.ts';
import { writeFolder } from './folder.ts';
import type { FileRole, Manifest, ManifestWeights } from './manifest.ts';
import { manifestName, manifestPort, printManifest } from './manifest.ts';
import type { Made } from './recipe.ts';
import { runTask } from './recipe.ts';

export interface BuildOptions extends FolderOptions {
  readonly target: string;
  readonly cpu?: string | undefined;
  /** Write sources and build files, but no binary. */
  readonly sourceOnly?: boolean | undefined;
  /** How weights were rounded, for the manifest. */
  readonly rounding?: ManifestWeights | undefined;
  /** What the files that are shipped may take: nothing is written where they take more. */
  readonly budget?: Budget | undefined;
  /** More files to put beside the artefacts. */
  readonly dumps?: readonly Pick<Artefact, 'path' | 'contents'>[];
  /** Told when a task of the recipe begins, and when all are done. */
  readonly onTask?: (doc: string | null) => void;
  /** Told what is held against the budget, before it is known to fit. */
  readonly onWeighed?: (weighed: Weighed) => void;
  /** Ends compilers that run. */
  readonly signal?: AbortSignal | undefined;
}

export interface Built {
  readonly manifest: Manifest;
  /** Whether everything that was asked for was made. Without a compiler the sources are still written. */
  readonly complete: boolean;
  /** What each kernel takes of a GPU, where a compiler said that. */
  readonly kernels?: readonly KernelUse[];
  /** Where there is a budget: what was held against it. */
  readonly weighed?: Weighed;
}

/** Writes the folder, whole or not at all. Undefined, and reported, if it was not written. */
export async function buildFolder(
  folder: string,
  compiled: Compiled,
  options: BuildOptions,
  report: Report,
): Promise<Built | undefined> {
  let built: Built | undefined;
  const fill = async (place: string): Promise<boolean> => {
    built = await fillFolder(place, compiled, options, report);
    return built !== undefined;
  };
  return (await writeFolder(folder, fill, options, report)) ? built : undefined;
}

/** Fills a folder that is there. Undefined, and reported, if what is in it cannot be used. */
export async function fillFolder(
  folder: string,
  compiled: Compiled,
  {
    target,
    cpu,
    sourceOnly,
    rounding,
    budget,
    onWeighed = () => {},
    dumps = [],
    onTask = () => {},
    signal,
  }: BuildOptions,
  report: Report,
): Promise<Built | undefined> {
  const { artefacts, recipe, plan } = compiled;
  const roles = new Map<string, FileRole>();
  const write = ({ path, contents }: Pick<Artefact, 'path' | 'contents'>, role: FileRole): void => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), contents);
    roles.set(path, role);
  };
  for (const artefact of artefacts) write(artefact, artefact.role);
  for (const dump of dumps) write(dump, 'dump');
  let result: Made = 'made';
  const kernels: KernelUse[] = [];
  for (const task of sourceOnly ? [] : recipe) {
    onTask(task.kind === 'run-compiler' ? task.doc : task.output);
    result = await runTask(task, folder, report, { signal, onUse: (use) => void kernels.push(...use) });
    if (result !== 'made') break;
    roles.set(task.output, 'binary');
  }
  onTask(null);
  if (result === 'failed') return undefined;
  const manifest: Manifest = {
    version: 1,
    name: plan.name,
    target,
    cpu: cpu ?? null,
    inputs: plan.inputs.map(manifestPort),
    outputs: plan.outputs.map(manifestPort),
    files: Array.from(roles, ([path, role]) => ({ path, bytes: statSync(join(folder, path)).size, role })),
    ...(rounding && { weights: rounding }),
  };
  const weighed = budget && weigh(folder, manifest, compiled, budget, report);
  if (weighed) onWeighed(weighed);
  if (budget && !(weighed && fits(weighed, report))) return undefined;
  writeFileSync(join(folder, manifestName), printManifest(manifest));
  return {
    manifest,
    complete: result === 'made',
    ...(kernels.length > 0 && { kernels }),
    ...(weighed && { weighed }),
  };
}
