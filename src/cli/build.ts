/** `espalier build`: a model into a folder of sources, weights, build files and binaries. */
import { Command } from 'commander';
import type { Compiled } from '../compile.ts';
import type { Config } from '../config.ts';
import { visible } from '../diagnostic.ts';
import type { Graph } from '../graph/graph.ts';
import { identifier } from '../import/names.ts';
import type { Built } from '../make/build.ts';
import { buildFolder } from '../make/build.ts';
import { mayWrite } from '../make/folder.ts';
import { loadModel } from '../make/load.ts';
import type { CompileOptions } from '../make/parts.ts';
import { compileWith, partsFor } from '../make/parts.ts';
import type { Desk } from './desk.ts';
import { modelOf, targetOptionsOf } from './model.ts';
import type { Act, TargetFlags } from './options.ts';
import { choicesOf, jsonOption, parsePrefix, withTargetOptions } from './options.ts';
import type { Paint } from './paint.ts';
import { printBytes, table } from './paint.ts';
import { dumpFiles, isDumpable, printDumps, printPlan, printTimes, watching } from './watching.ts';

interface Flags extends TargetFlags {
  readonly out?: string;
  readonly sourceOnly?: boolean;
  readonly force?: boolean;
  readonly printIrAfter?: string;
  readonly printPlan?: boolean;
  readonly timing?: boolean;
}

export const buildCommand = (act: Act): Command =>
  withTargetOptions(
    new Command('build')
      .summary('compile a model to sources and a binary')
      .description(
        'Compiles a model into a folder: sources, header, weights, build files, the binary, and espalier.json, which lists them.\n' +
          'The folder appears whole or not at all, in place of what an earlier build wrote there.',
      )
      .argument('[model]', 'a model.json, a .graph text, or a folder that holds one'),
  )
    .option('-o, --out <folder>', 'the output folder (default: NAME-TARGET)')
    .option('--prefix <word>', 'cpu only: put before every exported C identifier', parsePrefix)
    .option('--source-only', 'write no binary: needs no C compiler')
    .option('--force', 'replace an earlier output even if other files lie in it')
    .option(
      '--print-ir-after <pass>',
      'print the graph after a pass, "import" or "all"; with -o also to files that can be built again',
    )
    .option('--print-plan', 'print the steps, what computes each, and where its results lie')
    .option('--timing', 'print how long each pass and stage takes')
    .addOption(jsonOption)
    .action((model: string | undefined, flags: Flags) => act(flags, (desk) => build(model, flags, desk)));

async function build(model: string | undefined, flags: Flags, desk: Desk): Promise<boolean> {
  const { io, report, doing } = desk;
  const choices = await choicesOf(model, flags, desk);
  const path = choices && modelOf(choices, report);
  if (!choices || path === undefined) return false;
  const options = targetOptionsOf(choices);
  const parts = partsFor(options, report);
  if (!parts || !isDumpable(flags.printIrAfter, parts.passes, report)) return false;
  const out = flags.out ?? choices.out;
  if (out !== undefined && !mayWrite(out, flags, report)) return false;

  doing(`reading ${path}`);
  const watched = watching(flags.printIrAfter);
  const graph = loadModel(path, choices, report)?.graph;
  if (!graph) return false;
  watched.read(graph);
  doing(`compiling ${graph.name} for ${options.target}`);
  const outcome = compileWith(graph, options, { ...parts, ...watched });
  outcome.diagnostics.forEach(report);
  io.err.write(printDumps(watched.dumps));
  if (!outcome.ok) return false;
  if (flags.printPlan) io.err.write(lines(printPlan(outcome)));

  const folder = out ?? `${graph.name}-${options.target}`;
  const built = await buildFolder(
    folder,
    outcome,
    {
      ...options,
      sourceOnly: flags.sourceOnly ?? choices.sourceOnly,
      force: flags.force ?? false,
      journal: io.journal,
      dumps: out === undefined ? [] : dumpFiles(watched.dumps),
      onTask: (task) => task !== null && doing(`building ${task}`),
    },
    report,
  );
  watched.stage('build');
  if (flags.timing) io.err.write(lines(printTimes(watched.times)));
  if (!built) return false;
  desk.print(asData(built, outcome), (paint) => asText(folder, built, outcome, paint));
  return built.complete;
}

const lines = (text: readonly string[]): string => text.map((line) => `${line}\n`).join('');

const asData = ({ manifest: { files } }: Built, { graph, plan }: Compiled) => {
  const { peak, sum, bound } = plan.arena;
  return { files, layers: reportLayers(graph, plan), arena: { peak, sum, bound } };
};
