/** Argument list → exit code: the subcommands, and what becomes of everything that goes wrong. */
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { Command, CommanderError } from 'commander';
import type { Diagnostic } from '../diagnostic.ts';
import { packageVersion } from '../make/package.ts';
import { isSystemError, reasonOf } from '../make/system-error.ts';
import { benchCommand } from './bench.ts';
import { buildCommand } from './build.ts';
import { atDesk, printFault } from './desk.ts';
import { explainCommand } from './explain.ts';
import { exportCommand } from './export.ts';
import { inspectCommand } from './inspect.ts';
import type { Io } from './io.ts';
import { exits } from './io.ts';
import type { Act } from './options.ts';
import { pruneCommand } from './prune.ts';
import { quantizeCommand } from './quantize.ts';
import { runCommand } from './run.ts';
import { smartdealCommand } from './smartdeal.ts';
import { tuneCommand } from './tune.ts';
import { verifyCommand } from './verify.ts';

/** Runs one command line. Nothing is thrown, whatever happens; gives the exit code. */
export async function runEspalier(argv: readonly string[], io: Io): Promise<number> {
  const json = argv.includes('--json');
  let code: number = exits.ok;
  const act: Act = async (options, work) => {
    code = await atDesk(io, argv, options.json === true, work);
  };
  try {
    await program(act, io).parseAsync([...argv], { from: 'user' });
    return code;
  } catch (error) {
    io.progress(null);
    if (error instanceof CommanderError && error.exitCode === 0) return exits.ok;
    // Without a command commander has printed its help already.
    if (error instanceof CommanderError && error.code === 'commander.help' && !json) return exits.usage;
    const [exit, fault] = faultOf(error);
    printFault(fault, io, json);
    return exit;
  }
}

function program(act: Act, { out, err }: Io): Command {
  const espalier = new Command('espalier')
    .description('Compiles pruned neural networks to small, verified native and WebAssembly binaries.')
    .version(packageVersion(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .helpCommand('help [command]', 'print help for a command')
    .addHelpText('after', examples)
    .showSuggestionAfterError()
    .exitOverride()
    .configureOutput({
      writeOut: out.write,
      writeErr: err.write,
      // Usage faults are printed as every other problem is.
      outputError: () => {},
      getOutHelpWidth: () => out.columns,
      getErrHelpWidth: () => err.columns,
      getOutHasColors: () => out.colours,
      getErrHasColors: () => err.colours,
    });
  for (const define of [
    buildCommand,
    inspectCommand,
    runCommand,
    verifyCommand,
    benchCommand,
    exportCommand,
    pruneCommand,
    quantizeCommand,
    smartdealCommand,
    explainCommand,
    tuneCommand,
  ])
    espalier.addCommand(inheriting(espalier, define(act)));
  return espalier;
}

/** `addCommand` leaves a command made elsewhere without the program's settings. */
const inheriting = (parent: Command, command: Command): Command =>
  command.copyInheritedSettings(parent).helpOption('-h, --help', 'print help');

const examples = `
Examples:
  espalier inspect model/model.json
  espalier build model/model.json -t wasm -o out
  espalier run out --input picture.png --output results
  espalier verify model.onnx -t cpu --shape input=1,3,224,224 --against ort

Exit codes: 0 done, 1 bad input or a failed check, 2 bad usage, 70 a bug in espalier.`;

function faultOf(error: unknown): readonly [number, Diagnostic] {
  if (error instanceof CommanderError) {
    const [message, ...rest] = error.message.split('\n').map((line) => line.replace(/^\((.*)\)$/, '$1'));
    const [, what = message, why] = /^(.*?)\. ([A-Z].*?)\.?$/.exec(message) ?? [];
    const hint = why ?? (rest.join(' ') || 'espalier --help lists commands and options');
    return [exits.usage, usageFault(what.replace(/^error: /, ''), hint)];
  }
  if (isSystemError(error)) {
    const message = `the system call "${error.syscall}" failed: ${reasonOf(error)}`;
    return [
      exits.failed,
      { severity: 'error', code: 'cli/system', message, origin: error.path ? { file: error.path } : undefined },
    ];
  }
  return [exits.bug, bugReport(error)];
}

/** In our words: things in double quotes, no capital at the beginning. */
const usageFault = (message: string, hint: string): Diagnostic => ({
  severity: 'error',
  code: 'cli/usage',
  message: lowerFirst(message === '(outputHelp)' ? 'no command is given' : message).replace(/'([^']*)'/g, '"$1"'),
  hint: lowerFirst(hint),
});

/** A bug's message holds the graph and can be long: it goes to a file, for whoever looks into it. */
function bugReport(error: unknown): Diagnostic {
  const [first] = (error instanceof Error ? error.message : String(error)).split('\n');
  const text = `espalier ${packageVersion()}, Node ${process.version}, ${process.platform} ${process.arch}\n\n${inspect(error)}\n`;
  const file = join(tmpdir(), `espalier-bug-${createHash('sha256').update(text).digest('hex').slice(0, 12)}.txt`);
  writeFileSync(file, text);
  return {
    severity: 'error',
    code: 'cli/bug',
    message: `a bug in espalier, not a fault of the model: ${first}`,
    hint: `please report it with the file "${file}": it says where, and has the graph without its long constants`,
  };
}

const lowerFirst = (text: string): string => text.slice(0, 1).toLowerCase() + text.slice(1);
