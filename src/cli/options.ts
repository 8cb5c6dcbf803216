/** Options that several subcommands share, and how the config file and the command line become one. */
import type { Command } from 'commander';
import { InvalidArgumentError, Option } from 'commander';
import type { Config } from '../config.ts';
import { budgetPattern, budgetRule, leastClock, mostClock, weightsPattern, weightsRule } from '../config.ts';
import type { Range } from '../make/range.ts';
import { parseRange } from '../make/range.ts';
import type { Shape } from '../tensor/type.ts';
import type { Desk, Work } from './desk.ts';

/** How a subcommand hands over its work. */
export type Act = (options: { readonly json?: boolean }, work: Work) => Promise<void>;

/** As commander gives them. */
export interface ModelFlags {
  readonly json?: boolean;
  readonly config?: string;
  readonly batch?: number;
  readonly shape?: Readonly<Record<string, Shape>>;
  readonly constant?: Given;
  readonly masks?: string;
  readonly quantize?: string;
  readonly calibrate?: string;
  readonly calibrateRange?: string;
}

type Given = Readonly<Record<string, readonly number[] | string>>;

export interface TargetFlags extends ModelFlags {
  readonly target?: string;
  readonly cpu?: string;
  readonly arch?: string;
  readonly arithmetic?: string;
  readonly strictFp?: boolean;
  readonly prefix?: string;
  readonly threads?: number;
  readonly tuning?: string;
  readonly weights?: string;
  readonly budget?: string;
  readonly weightsFile?: boolean;
  readonly simd?: boolean;
  readonly smartdeal?: boolean;
  readonly part?: string;
  readonly clock?: number;
  readonly fps?: number;
  readonly reuse?: number;
  readonly dsp?: number;
  readonly lut?: number;
  readonly bram?: number;
  readonly rtl?: boolean;
  readonly gather?: boolean;
  readonly split?: boolean;
}

export const modelArgument = 'a model.json, an .onnx file, a .graph text, or a folder that holds one';

export const jsonOption = new Option('--json', 'print one JSON document');

const tuningOption = new Option(
  '--tuning <file>',
  'cpu, cuda and webgpu: the rates that formats are chosen by, as espalier tune writes them, or "none" (default: with --cpu native, and for the GPU of this machine with cuda, those measured on this machine, if there are any)',
);

export const withModelOptions = (command: Command): Command =>
  command
    .option(
      '--config <file>',
      'the config file, instead of espalier.config.ts, .mts, .js, .mjs or .json in this folder',
    )
    .option('--batch <n>', 'the size of a batch dimension that the model leaves open (default: 1)', parseSize)
    .option('--shape <name=1,2,3>', 'the whole shape of an input; may be given for several', collectShape)
    .option(
      '--constant <name=value>',
      'a value for an input, which is none any longer: numbers with commas between, or FILE.npy; may be given for several',
      collectConstant,
    )
    .option('--masks <file>', 'which weights are kept: .npz or .json, a mask of 0 and 1 by the name of each weight')
    .option(
      '--quantize <how>',
      'round weights, and activations if wanted: e.g. weights=int8,activations=int8, or qdq for scales that the model has; espalier help quantize says all',
    )
    .option('--calibrate <data>', 'with --quantize: inputs to choose ranges by, an .npz file or a folder')
    .option('--calibrate-range <low..high>', 'what black and white in pictures among them become (default: 0..1)');

export const withTargetOptions = (command: Command): Command =>
  command
    .option(
      '-t, --target <name>',
      'what to build: cpu (C11 and a library), cuda (CUDA C++ and a library), fpga (a Vitis HLS component) or wasm (WebAssembly and JavaScript; the default)',
    )
    .option(
      '--cpu <name>',
      'cpu only: generic, native, native-multi, x86-64-v3, x86-64-v4, armv8-a, rv64gc or cortex-m7 (default: generic)',
    )
    .option(
      '--arch <list>',
      'cuda only: the GPUs to make code for, and PTX of the last for what is newer (default: sm_80,sm_90)',
    )
    .option(
      '--arithmetic <type>',
      'cuda only: what layers multiply in: f32 (the default), or on tensor cores tf32, f16 or bf16; sums stay f32',
    )
    .option(
      '--smartdeal',
      'make weights of powers of two and small bases first: changes results, see espalier smartdeal',
    )
    .option(
      '--weights <storage>',
      'not fpga: round weights for a smaller artefact: f16, int8, codebook or codebook:N; the error is said (default: f32, which is exact)',
      parseWeights,
    )
    .option('--strict-fp', 'the same bits on every CPU, compiler and engine, at some cost in speed')
    .addOption(tuningOption);

/** The config file's options under those of the command line; undefined, and reported, if the config cannot be used. */
export async function choicesOf(
  model: string | undefined,
  flags: TargetFlags,
  { report }: Pick<Desk, 'report'>,
): Promise<Config | undefined> {
  // Loaded when there is something to do: help is there at once.
  const { loadConfig } = await import('./config-file.ts');
  const config = await loadConfig(flags.config, process.cwd(), report);
  if (!config) return undefined;
  const { target, cpu, arch, arithmetic, strictFp, prefix, threads, batch, shape, constant, masks } = flags;
  const { quantize, calibrate, calibrateRange, smartdeal, split, weights, weightsFile, simd, budget } = flags;
  const { part, clock, fps, reuse, dsp, lut, bram, rtl, gather } = flags;
  const given = {
    model,
    target,
    cpu,
    arch,
    arithmetic,
    strictFp,
    prefix,
    threads,
    batch,
    masks,
    quantize,
    calibrate,
    calibrateRange,
    weights,
    weightsFile,
    // Commander's default is that there is.
    simd: simd === false ? false : undefined,
    budget,
    split,
  };
  const said = saidOf(given);
  const hardware = saidOf({ part, clock, fps, reuse, dsp, lut, bram, rtl, gather });
  return {
    ...config,
    ...said,
    ...(smartdeal && { smartdeal: config.smartdeal || true }),
    ...(Object.keys(hardware).length > 0 && { hardware: { ...config.hardware, ...hardware } }),
    ...(shape && { shapes: { ...config.shapes, ...shape } }),
    ...(constant && { constants: { ...config.constants, ...constant } }),
  };
}

const saidOf = (given: Readonly<Record<string, unknown>>) =>
  Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));

/** Commander's own way to refuse the value of an option. */
export function parseSize(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('It must be a whole number above zero.');
  return Number(text);
}

/** Nanoseconds: `5`, `5ns` or `200MHz`. */
export function parseClock(text: string): number {
  const found = /^(\d{1,6}(?:\.\d{1,6})?)(ns|MHz)?$/i.exec(text);
  const number = Number(found?.[1]);
  const clock = found?.[2]?.toLowerCase() === 'mhz' ? 1000 / number : number;
  if (!(clock >= leastClock && clock <= mostClock))
    throw new InvalidArgumentError(`It must be ${leastClock}ns to ${mostClock}ns, or MHz, e.g. 5ns or 200MHz.`);
  return clock;
}

export function parseRate(text: string): number {
  if (!/^\d{1,9}(?:\.\d{1,6})?$/.test(text) || Number(text) <= 0)
    throw new InvalidArgumentError('It must be a number from 0.000001 to 999999999, e.g. 30 or 29.97.');
  return Number(text);
}

export function parseShare(text: string): number {
  const share = Number(text);
  if (!/^0?\.\d+$/.test(text) || share <= 0) throw new InvalidArgumentError('It must be a share between 0 and 1.');
  return share;
}

export function parseWeights(text: string): string {
  if (!weightsPattern.test(text)) throw new InvalidArgumentError(`It ${weightsRule}.`);
  return text;
}

export function parseBudgetOption(text: string): string {
  if (!budgetPattern.test(text)) throw new InvalidArgumentError(`It ${budgetRule}.`);
  return text;
}

export function parsePrefix(text: string): string {
  if (!/^[A-Za-z_]\w*$/.test(text)) throw new InvalidArgumentError('It must be a C identifier.');
  return text;
}

export function parseRangeOption(text: string): Range {
  const range = parseRange(text);
  if (!range) throw new InvalidArgumentError('It must be two numbers, the lower one first, e.g. -1..1.');
  return range;
}

function collectShape(text: string, before: Readonly<Record<string, Shape>> = {}): Readonly<Record<string, Shape>> {
  const at = text.lastIndexOf('=');
  const sizes = text.slice(at + 1).split(/[,x]/);
  if (at < 1 || !sizes.every((size) => /^[1-9]\d{0,8}$/.test(size)))
    throw new InvalidArgumentError('It must be a name and sizes, e.g. input=1,224,224,3.');
  return Object.fromEntries([...Object.entries(before), [text.slice(0, at), sizes.map(Number)]]);
}

const isNumber = (text: string): boolean => /^[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?$/i.test(text);

/** A path may hold `=` itself, and so may the name of an input. */
function collectConstant(text: string, before: Given = {}): Given {
  const last = text.lastIndexOf('=');
  const numbers = text.slice(last + 1).split(',');
  const isList = numbers.every(isNumber);
  const at = isList ? last : text.indexOf('=');
  const value = isList ? numbers.map(Number) : text.slice(at + 1);
  if (at < 1 || (typeof value === 'string' && !/\.npy$/i.test(value)))
    throw new InvalidArgumentError('It must be a name and numbers or a file, e.g. rate=16000 or table=FILE.npy.');
  return Object.fromEntries([...Object.entries(before), [text.slice(0, at), value]]);
}

export const collect = (text: string, before: readonly string[] = []): readonly string[] => [...before, text];
