/** What `espalier.config.ts` may say: the options of the command line, and what single layers shall be. */
import picomatch from 'picomatch';
import { z } from 'zod';
import type { Hardware } from './target.ts';

/** Options of one layer, or of all layers that a glob matches. */
export interface LayerConfig {
  /** The storage format of the weights, by name: one of `formats`. */
  readonly format?: string | undefined;
  /** Parameters of the format that must hold, e.g. `{ rows: 4 }`. Those not given are chosen by price. */
  readonly params?: Readonly<Record<string, number>> | undefined;
}

/** As the options of `espalier smartdeal`. */
export interface SmartDealConfig {
  readonly theta?: number | undefined;
  readonly iterations?: number | undefined;
  /** A file in it is looked for from the current folder. */
  readonly rows?: string | undefined;
  readonly cutRows?: boolean | undefined;
  readonly scale?: boolean | undefined;
  readonly keep?: readonly string[] | undefined;
  readonly only?: readonly string[] | undefined;
  readonly decomposition?: string | undefined;
}

/** Paths are relative to the config file's folder. What the command line says wins. */
export interface Config {
  /** The model that `espalier build`, `inspect` and `verify` take when none is given. */
  readonly model?: string | undefined;
  /** One of `targets`, by name. */
  readonly target?: string | undefined;
  /** What the binary will run on, e.g. `x86-64-v3`. */
  readonly cpu?: string | undefined;
  /** cuda only: which GPUs there is code for, with commas between: `sm_80,sm_90`. */
  readonly arch?: string | undefined;
  /** cuda only: what layers multiply in: `f32` (the default), or on tensor cores `tf32`, `f16` or `bf16`. */
  readonly arithmetic?: string | undefined;
  /** The output folder. */
  readonly out?: string | undefined;
  /** How large what is shipped may be, e.g. `25MB` or `8MB:brotli`: a build that is larger writes nothing. */
  readonly budget?: string | undefined;
  /** Write sources and build files, but no binary. */
  readonly sourceOnly?: boolean | undefined;
  /** The same rounding and order of sums on every CPU, compiler and engine. */
  readonly strictFp?: boolean | undefined;
  /** Put before every exported C identifier. */
  readonly prefix?: string | undefined;
  /** The most threads that may run the network together, in a pool that the caller starts (cpu) or in workers (wasm); 1 unless given. */
  readonly threads?: number | undefined;
  /** Leave operators that hardware does not take to a CPU, whose code `cpu`, `strictFp` and `prefix` are for. */
  readonly split?: boolean | undefined;
  /** What hardware is to be made: the part, nanoseconds of its clock, and how fast or how large it may be. */
  readonly hardware?: Hardware | undefined;
  /** The size of a leading dimension that the model leaves open; 1 unless given. */
  readonly batch?: number | undefined;
  /** Whole shapes of inputs by name, for models that leave more open. */
  readonly shapes?: Readonly<Record<string, readonly number[]>> | undefined;
  /** Values for inputs by name, which are none any longer then: a number, a list, or the path of an `.npy` file. */
  readonly constants?: Readonly<Record<string, number | readonly number[] | string>> | undefined;
  /** A file of masks by the name of a weight: `.npz` or `.json`. */
  readonly masks?: string | undefined;
  /** `weights=int8,activations=int8` and the like, or `qdq`: see `espalier quantize --help`. */
  readonly quantize?: string | undefined;
  /** How weights of real numbers are rounded for storage: `f32` (not at all; the default), `f16`, `int8`, `codebook` or `codebook:N`. */
  readonly weights?: string | undefined;
  /** wasm only: weights in a file of their own, NAME.bin, which is loaded while code is compiled. */
  readonly weightsFile?: boolean | undefined;
  /** wasm only: `false` for engines without vector instructions; much slower. */
  readonly simd?: boolean | undefined;
  /** Inputs to quantise by: an `.npz` file, or a folder of arrays or pictures. */
  readonly calibrate?: string | undefined;
  /** What black and white in such pictures become, e.g. `-1..1`. */
  readonly calibrateRange?: string | undefined;
  /** Weights made of powers of two and small bases, as `espalier smartdeal` makes them: `true`, or how. */
  readonly smartdeal?: boolean | SmartDealConfig | undefined;
  /** By a layer's name or a glob; where several match, the last one wins. `*` matches slashes as well. */
  readonly layers?: Readonly<Record<string, LayerConfig>> | undefined;
}

/** Returns its argument: gives a config file its type, for editors to help with. */
export const defineConfig = (config: Config): Config => config;

const sizeRule = 'must be a whole number above zero';
const size = z.int(sizeRule).min(1, sizeRule);

const smartdeal = z.strictObject({
  theta: z.number().optional(),
  iterations: size.optional(),
  rows: z.string().min(1).optional(),
  cutRows: z.boolean().optional(),
  scale: z.boolean().optional(),
  keep: z.array(z.string()).optional(),
  only: z.array(z.string()).optional(),
  decomposition: z.string().min(1).optional(),
});

/** Nanoseconds of a clock that an FPGA can have. */
export const leastClock = 1;
export const mostClock = 1000;

/** What `weights` may be, with N in 2..256; and the same as the end of a sentence. */
export const weightsPattern = /^(?:f32|f16|int8|codebook(?::(?:[2-9]|[1-9]\d|1\d\d|2[0-4]\d|25[0-6]))?)$/;
export const weightsRule = 'must be f32, f16, int8, codebook or codebook:N with N in 2..256';

/** What `budget` may be, but for sizes below a byte. */
export const budgetPattern = /^(?=[\d.]*[1-9])(\d{1,12}(?:\.\d{1,6})?) ?(b|[kmg]i?b)(?::(raw|gzip|brotli))?$/i;
export const budgetRule =
  'must be a size above zero, e.g. 25MB, 800kB or 4MiB, or one of compressed files, e.g. 8MB:brotli';

const schema = z.strictObject({
  model: z.string().min(1).optional(),
  target: z.string().min(1).optional(),
  cpu: z.string().min(1).optional(),
  arch: z.string().min(1).optional(),
  arithmetic: z.string().min(1).optional(),
  out: z.string().min(1).optional(),
  weightsFile: z.boolean().optional(),
  simd: z.boolean().optional(),
  budget: z.string().regex(budgetPattern, budgetRule).optional(),
  sourceOnly: z.boolean().optional(),
  strictFp: z.boolean().optional(),
  prefix: z
    .string()
    .regex(/^[A-Za-z_]\w*$/, 'must be a C identifier')
    .optional(),
  threads: size.optional(),
  split: z.boolean().optional(),
  hardware: z
    .strictObject({
      part: z.string().min(1).optional(),
      clock: z.number().min(leastClock).max(mostClock).optional(),
      fps: z.number().min(0.001).optional(),
      reuse: size.optional(),
      dsp: size.optional(),
      lut: size.optional(),
      bram: size.optional(),
      rtl: z.boolean().optional(),
      gather: z.boolean().optional(),
    })
    .optional(),
  batch: size.optional(),
  shapes: z.record(z.string(), z.array(size)).optional(),
  constants: z.record(z.string(), z.union([z.number(), z.array(z.number()), z.string().min(1)])).optional(),
  masks: z.string().min(1).optional(),
  quantize: z.string().min(1).optional(),
  weights: z.string().regex(weightsPattern, weightsRule).optional(),
  calibrate: z.string().min(1).optional(),
  calibrateRange: z.string().min(1).optional(),
  smartdeal: z.union([z.boolean(), smartdeal]).optional(),
  layers: z
    .record(
      z.string(),
      z.strictObject({
        format: z.string().min(1).optional(),
        params: z.record(z.string(), z.number()).optional(),
      }),
    )
    .optional(),
});

export const configSchema: z.ZodType<Config> = schema;

/** What is wrong with a value, to follow its name: what it must be, or what was expected and came. */
export const issueText = ({ message }: Pick<z.core.$ZodIssue, 'message'>): string =>
  message.startsWith('must') ? message : `is not as it must be: ${message.replace(/^(Invalid input|Too \w+): /, '')}`;

/** Every key that a config may have, those of a layer among them. */
export const configKeys: readonly string[] = [
  ...Object.keys(schema.shape),
  ...Object.keys(smartdeal.shape),
  'format',
  'params',
];

/** What the config says about a layer by its name; undefined where nothing matches. */
export function layerConfig(layers: Config['layers'], name: string): LayerConfig | undefined {
  const found = Object.entries(layers ?? {}).filter(([glob]) => matches(glob, name));
  return found.length === 0 ? undefined : Object.assign({}, ...found.map(([, config]) => config));
}

/** Globs that match none of the names: most likely misspelt. */
export const idleGlobs = (layers: Config['layers'], names: readonly string[]): readonly string[] =>
  Object.keys(layers ?? {}).filter((glob) => !names.some((name) => matches(glob, name)));

/** As bash has it, so that `*` crosses the slashes that layer names are full of. A name matches itself, whatever is in it. */
export const matches = (glob: string, name: string): boolean =>
  glob === name || picomatch(glob, { bash: true, dot: true })(name);
