/** What `espalier bench` does. Loaded only when it runs, so that help comes at once. */
import { existsSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { cpuNamed, cpuNames } from '../../targets/cpu/cpus.ts';
import { benchModel } from '../bench/bench.ts';
import { benchFiles } from '../bench/files.ts';
import { isTorch, needsGpu } from '../bench/peer-names.ts';
import type { Config } from '../config.ts';
import type { Diagnostic } from '../diagnostic.ts';
import { mayWriteFile, writeFiles } from '../make/file.ts';
import { loadModel } from '../make/load.ts';
import { runsHere } from '../make/native.ts';
import type { CompileOptions } from '../make/parts.ts';
import { partsFor } from '../make/parts.ts';
import { findBrowser } from '../toolchain/browser.ts';
import type { Flags } from './bench.ts';
import { asText } from './bench-text.ts';
import type { Desk } from './desk.ts';
import { modelOf } from './model.ts';
import { choicesOf } from './options.ts';
import { tunedOptionsOf } from './tuned.ts';
import { verdictAsText } from './verify-model.ts';

/** Fresh starts, of which the median is told. */
const defaultStarts = 5;

const isForWeb = (target: string): boolean => target === 'wasm' || target === 'webgpu';

/** Peers are native code, so by default ours is, for the same CPU. */
const defaults = { target: 'cpu', cpu: 'native' } as const;

export async function bench(model: string | undefined, flags: Flags, desk: Desk): Promise<boolean> {
  const fault = faultOf(model, flags);
  if (fault) {
    desk.report({ severity: 'error', ...fault });
    return false;
  }
  const choices = await choicesOf(model, flags, desk);
  if (!choices) return false;
  const target = choices.target ?? defaults.target;
  const cpu = choices.cpu ?? (target === defaults.target ? defaults.cpu : undefined);
  const { prefix: _prefix, threads: _threads, ...rest } = choices;
  // Layers are swept on one thread.
  const hasThreads = (target === 'cpu' || target === 'wasm') && !flags.crossover;
  const wanted = { ...rest, ...(hasThreads && { threads: flags.threads }) };
  const tuned = await tunedOptionsOf({ ...wanted, target, cpu }, flags.tuning, desk);
  if (!tuned) return false;
  const { options } = tuned;
  if (flags.crossover && target !== 'cpu') {
    desk.report({
      severity: 'error',
      code: 'bench/cpu-only',
      message: `layers are swept on "cpu" alone, and the target is "${target}"`,
      hint: 'leave out --crossover, or sweep them on cpu',
    });
    return false;
  }
  const webFault = webFaultOf(flags, target);
  if (webFault) {
    desk.report({ severity: 'error', ...webFault });
    return false;
  }
  if (cpu !== undefined && cpuNames.includes(cpu) && !(cpuNamed(cpu).hosted && runsHere(cpu))) {
    desk.report({
      severity: 'error',
      code: 'bench/foreign-cpu',
      message: `programs for "${cpu}" do not run on this machine, and under an emulator times mean nothing`,
      hint: 'leave out --cpu, or time it on such a machine',
    });
    return false;
  }
  if (!flags.crossover) return measure(choices, options, flags, desk);
  const { crossover } = await import('./bench-crossover.ts');
  return crossover(options, flags, desk);
}

/** Without the folders that it lies in, but for the last one where every model's file is called the same. */
const nameOf = (file: string): string =>
  basename(file) === 'model.json' ? basename(dirname(resolve(file))) : basename(file);

/** Options that do not go together. */
function faultOf(model: string | undefined, flags: Flags): Pick<Diagnostic, 'code' | 'message' | 'hint'> | undefined {
  const { crossover, quick, layers, against, runs } = flags;
  const code = 'bench/options';
  if (quick && !crossover)
    return { code, message: '--quick belongs to --crossover', hint: 'add it, or leave out --quick' };
  if (crossover && model !== undefined)
    return { code, message: `--crossover takes no model, and "${model}" is given`, hint: 'it times layers of its own' };
  const idle = [layers && '--layers', against && '--against', runs !== undefined && '--runs'].find(Boolean);
  if (crossover && idle)
    return {
      code,
      message: `--crossover has no use for ${idle}`,
      hint: 'it times its own layers against ort and ort-int8',
    };
  return undefined;
}

/** Options that only contenders for the web have a use for. */
function webFaultOf(
  { against = [], browser, starts, layers, tflite }: Flags,
  target: string,
): Pick<Diagnostic, 'code' | 'message' | 'hint'> | undefined {
  if (tflite !== undefined && !against.includes('litert'))
    return { code: 'bench/options', message: '--tflite is for litert alone', hint: 'add --against litert' };
  if (tflite !== undefined && !existsSync(tflite))
    return { code: 'bench/options', message: `there is no file "${tflite}"`, hint: 'name a .tflite file' };
  const torch = against.find(isTorch);
  if (torch !== undefined && target !== 'cuda')
    return {
      code: 'bench/cuda-only',
      message: `"${torch}" is for "cuda" alone, and the target is "${target}"`,
      hint: 'add -t cuda, or leave it out',
    };
  if (target === 'webgpu')
    return layers
      ? { code: 'bench/options', message: 'layers are not timed one by one on "webgpu"', hint: 'leave out --layers' }
      : undefined;
  const onGpu = against.find(needsGpu);
  if (onGpu !== undefined)
    return {
      code: 'bench/webgpu-only',
      message: `"${onGpu}" is for "webgpu" alone, and the target is "${target}"`,
      hint: 'add -t webgpu, or leave it out',
    };
  const peer = against.find((name) => name === 'ort-web' || name === 'litert');
  const option = [browser !== undefined && '--browser', starts !== undefined && '--starts'].find(Boolean);
  if (target === 'wasm' || (!peer && !option)) return undefined;
  return {
    code: 'bench/wasm-only',
    message: `${peer === undefined ? option : `"${peer}"`} is for "wasm" and "webgpu", and the target is "${target}"`,
    hint: 'add -t wasm, or leave it out',
  };
}

async function measure(choices: Config, options: CompileOptions, flags: Flags, desk: Desk): Promise<boolean> {
  const { io, report, doing } = desk;
  const path = modelOf(choices, report);
  if (path === undefined) return false;
  const parts = partsFor(options, report);
  const { out } = flags;
  if (!parts || (out !== undefined && !mayWriteFile(join(out, 'bench.json'), undefined, report))) return false;
  const browser =
    flags.browser === undefined
      ? undefined
      : await findBrowser(flags.browser === true ? undefined : flags.browser, report);
  if (flags.browser !== undefined && browser === undefined) return false;
  doing(`reading ${path}`);
  const loaded = loadModel(path, choices, report);
  if (!loaded) return false;
  const outcome = await benchModel({
    loaded,
    model: nameOf(loaded.file),
    options,
    parts,
    against: flags.against ?? [],
    tflite: flags.tflite,
    threads: flags.threads,
    browser,
    starts: isForWeb(options.target) ? (flags.starts ?? defaultStarts) : 0,
    link: flags.link,
    layers: flags.layers ?? false,
    command: desk.command,
    seconds: flags.seconds,
    rounds: flags.runs,
    journal: io.journal,
    signal: io.signal,
    report,
    doing,
  });
  if (!outcome) return false;
  if (!outcome.ok) {
    desk.print(outcome.verdict, (paint) => verdictAsText(outcome.verdict, path, 1, paint));
    return false;
  }
  const measured = outcome.bench;
  if (out !== undefined && !writeFiles(join(out, 'bench.json'), benchFiles(measured), io.journal, report)) return false;
  desk.print(measured, (paint) => [
    ...asText(measured, paint),
    ...(out === undefined ? [] : ['', paint.dim(`written to ${out}`)]),
  ]);
  return true;
}
