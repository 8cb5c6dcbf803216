/** What `espalier build --split` does: a model for a CPU and an accelerator that share it, from flags to printed report. */
import type { Config } from '../config.ts';
import { visible } from '../diagnostic.ts';
import { figuresOf, leftOf } from '../graph/split.ts';
import { mayWrite } from '../make/folder.ts';
import { loadModel } from '../make/load.ts';
import type { CompiledSplit } from '../make/split.ts';
import { buildSplitFolder, compileSplit, splitPartsFor } from '../make/split.ts';
import type { Flags } from './build.ts';
import { estimateText } from './build-model.ts';
import type { Desk } from './desk.ts';
import { targetOptionsOf } from './model.ts';
import type { Paint } from './paint.ts';
import { printBytes, printCount } from './paint.ts';
import { qualityLines } from './quality-text.ts';

export async function buildSplit(path: string, choices: Config, flags: Flags, desk: Desk): Promise<boolean> {
  const { io, report, doing } = desk;
  const options = targetOptionsOf(choices);
  const whole = [
    flags.tuning !== undefined && '--tuning',
    flags.printIrAfter !== undefined && '--print-ir-after',
    flags.printPlan && '--print-plan',
    flags.timing && '--timing',
  ].filter((name) => typeof name === 'string');
  if (whole.length > 0) {
    const message = `with --split a model is compiled in three parts, and ${whole.join(', ')} ${whole.length > 1 ? 'are' : 'is'} for one`;
    report({
      severity: 'error',
      code: 'split/one-graph',
      message,
      hint: `leave ${whole.length > 1 ? 'them' : 'it'} out`,
    });
    return false;
  }
  const parts = splitPartsFor(options, report);
  if (!parts) return false;
  const out = flags.out ?? choices.out;
  if (out !== undefined && !mayWrite(out, flags, report)) return false;
  doing(`reading ${path}`);
  const loaded = loadModel(path, choices, report);
  if (!loaded) return false;
  const { graph, quality, samples = [] } = loaded;
  doing(`compiling ${graph.name} for ${options.target} and a CPU`);
  const compiled = compileSplit(graph, parts, { ...options, samples }, report);
  if (!compiled) return false;
  const folder = out ?? `${graph.name}-${options.target}`;
  const built = await buildSplitFolder(
    folder,
    compiled,
    {
      ...options,
      sourceOnly: flags.sourceOnly ?? choices.sourceOnly,
      force: flags.force ?? false,
      journal: io.journal,
      signal: io.signal,
      onTask: (task) => task !== null && doing(`building ${task}`),
    },
    report,
  );
  if (!built) return false;
  const { manifest, complete } = built;
  const { estimate } = compiled.accelerator;
  const data = {
    files: manifest.files,
    split: { ...manifest.split, operators: compiled.split.operators },
    ...(quality && { quantization: quality }),
    ...(estimate && { estimate }),
  };
  desk.print(data, (paint) => [
    `${paint.green(complete ? 'built' : 'written')} ${paint.bold(folder)} for ${options.target} and a CPU: ${manifest.files.length} files, ${printBytes(manifest.files.reduce((sum, f) => sum + f.bytes, 0))}; README.md says how to go on`,
    '',
    ...splitText(compiled, flags.report === true, paint),
    ...(estimate && flags.report ? ['', ...estimateText(estimate, paint)] : []),
    ...(quality ? ['', ...qualityLines(quality, paint)] : []),
  ]);
  return complete;
}

/** Groups of operators on the CPU that are named without --report. */
const few = 8;

function splitText({ split }: CompiledSplit, all: boolean, paint: Paint): readonly string[] {
  const { macs, acceleratedMacs, bytesIn, bytesOut } = figuresOf(split);
  const count = (part: string): number => split.operators.filter((o) => o.part === part).length;
  const left = leftOf(split);
  const shown = all ? left : left.slice(0, few);
  return [
    `${count('accelerator')} of ${split.operators.length} operators and ${((100 * acceleratedMacs) / macs).toFixed(1)} % of ${printCount(macs)} multiply-adds are on the accelerator;`,
    `before it the CPU computes ${count('before')} of them, behind it ${count('after')}; ${printBytes(bytesIn)} go to it for each input and ${printBytes(bytesOut)} come back`,
    ...shown.map(
      ({ part, op, why, names }) =>
        `  ${paint.dim(part)} ${names.length > 1 ? `${names.length} x ` : ''}"${op}" ${visible(why)} ${paint.dim(named(names))}`,
    ),
    ...(shown.length < left.length ? [paint.dim(`  and ${left.length - shown.length} more: --report names all`)] : []),
  ];
}

const named = (names: readonly string[]): string =>
  `(${names
    .slice(0, 2)
    .map((name) => `"${name}"`)
    .join(', ')}${names.length > 2 ? ', ...' : ''})`;
