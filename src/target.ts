/** The contract of targets: what work costs there, which layouts it wants, and how a plan is written down. */
import type { Diagnostic, Report } from './diagnostic.ts';
import type { Bounds } from './graph/bounds.ts';
import type { Named } from './graph/evaluate.ts';
import type { Call, Graph, Id } from './graph/graph.ts';
import type { Split } from './graph/split.ts';
import type { Types } from './ops/rules.ts';
import type { Kernel } from './plan/kernel.ts';
import type { Work } from './plan/offers.ts';
import type { Fuse, Plan } from './plan/plan.ts';
import type { Prediction, Rates } from './plan/rates.ts';
import type { Recipe } from './recipe.ts';
import type { Numbers } from './tensor/numbers.ts';
import type { Layout } from './tensor/type.ts';

export type { Work } from './plan/offers.ts';
export type { Prediction, Rates } from './plan/rates.ts';

export interface Target {
  readonly name: string;
  readonly doc: string;
  readonly kernels: readonly Kernel[];

  /** Comparable only with this target's own prices: lower is better. */
  price(work: Work): number;

  /** How long the work takes, and why: what `price` rests on, before anything is preferred for other reasons. */
  predict(work: Work): Prediction;

  /** Why formats are not chosen, where the target stores weights in ways of its own. */
  readonly ownStorage?: string;

  /** How far results may be from `evaluate`, as max |a − b| / max |b|; absent where the last bits alone are others. */
  readonly error?: number;

  /** What of its options cannot be had, and what there is instead: warnings, whatever is compiled. */
  readonly notes?: readonly Fault[];

  /** Bytes of a cache that neighbouring steps may run in, band by band; absent where steps run one after the other. */
  readonly near?: number;

  /** What one run hands to a device; absent where there is none. */
  launches?(plan: Pick<Plan, 'steps'>): number;

  /** Makes one step of several; absent where each is by itself. */
  readonly fuse?: Fuse;

  /** The layouts that a step wants. `bounds`: what is known of an operand by its name, or of the result without one. */
  wish(call: Call, types: Types, bounds?: (operand?: string) => Bounds | undefined): Wish;

  /** Which layouts some calls want, by their ids, where that is chosen for a graph as a whole: others want what `wish` says. */
  wishes?(graph: Graph): ReadonlyMap<Id, Wish>;

  emit(plan: Plan, context: EmitContext): Emission;
}

/** A kind of target, from which options make one. `targets/index.ts` lists them. */
export interface TargetFamily {
  readonly name: string;
  readonly doc: string;
  /** The names that `cpu` may have; absent where the target is the same for every CPU. */
  readonly cpus?: readonly string[];
  /** Whether names that artefacts export may have a prefix. */
  readonly prefixed?: true;
  /** Those of `cpus` whose programs run without an operating system, which has no threads to give. */
  readonly bare?: readonly string[];
  /** Whether weights may lie in a file of their own. */
  readonly weightsFile?: true;
  /** Whether code may do without the vectors that it has otherwise. */
  readonly scalar?: true;
  /** The most threads that may run a network together; absent where there is one alone. */
  readonly mostThreads?: number;
  /** Why there is no code for GPUs of the architectures that a list says; absent where no GPU's own code is made. */
  archFault?(arch: string): Fault | undefined;
  /** What layers may multiply in, f32 first; absent where it is always that. */
  readonly arithmetics?: readonly string[];
  /** Why no hardware can be made of what is asked for; absent where the target makes programs. */
  hardwareFault?(hardware: Hardware): Fault | undefined;
  target(options: TargetOptions): Target;
  /** Whether the last bits of results depend on the device, whatever is asked for. */
  readonly inexact?: true;
  /** The family that the same network is built for as well, in a folder of its name, for where this one cannot run. */
  readonly beside?: string;
  /** How a graph is shared with a CPU; absent where the target takes all operators. */
  readonly sharing?: Sharing;
}

export interface TargetOptions {
  /** What the binary will run on: `native`, or one of the names that the family's documentation lists. */
  readonly cpu?: string;
  /** Which GPUs there is code for, with commas between: `sm_80,sm_90`. */
  readonly arch?: string;
  /** What layers multiply in, where it may be less than f32: one of the family's `arithmetics`. */
  readonly arithmetic?: string;
  /** The same rounding and order on every CPU, compiler and engine, so that results are equal bit for bit. */
  readonly strictFp?: boolean;
  /** Put before every exported C identifier. */
  readonly prefix?: string;
  /** The most threads that may run the network together; 1 unless given. */
  readonly threads?: number;
  /** Weights in a file of their own, which is loaded while code is compiled. */
  readonly weightsFile?: boolean;
  /** False: no vectors of numbers, for engines that have none. */
  readonly simd?: boolean;
  /** What is to be made, for targets that make hardware. */
  readonly hardware?: Hardware;
  /** What was measured on the machine that the artefact is for; those that are shipped for `cpu` unless given. */
  readonly rates?: Rates;
}

/** What hardware is for, and how much of it there may be: frames a second, cycles a multiplier is used for, or resources. */
export interface Hardware {
  /** The device, by the vendor's name. */
  readonly part?: string | undefined;
  /** Nanoseconds of a cycle. */
  readonly clock?: number | undefined;
  /** Pictures a second, at least. */
  readonly fps?: number | undefined;
  /** Multiply-adds that each multiplier does for one picture, at most. */
  readonly reuse?: number | undefined;
  /** Multipliers, lookup tables and blocks of memory of 18 kbit, at most. */
  readonly dsp?: number | undefined;
  readonly lut?: number | undefined;
  readonly bram?: number | undefined;
  /** Verilog of the same plan as well, to simulate and synthesise without the vendor's tools. */
  readonly rtl?: boolean | undefined;
  /** Engines made for gather-scatter packs as well, which patents may cover: see the documentation of the target. */
  readonly gather?: boolean | undefined;
}

/** What a target does that leaves to a CPU what it does not take. */
export interface Sharing {
  /** Cuts a graph that the portable passes are done with. Undefined after a report. */
  split(graph: Graph, report: Report): Split | undefined;
  /** The target for the accelerator, in sources that a program on the CPU can call as well. */
  target(options: TargetOptions): Target;
  /** The program that runs one part after the other. */
  host(split: Split, context: HostContext): readonly Artefact[];
}

export interface HostContext {
  readonly render: Render;
  /** What exported C names begin with. */
  readonly symbol: string;
  readonly before: HostedPart | undefined;
  readonly after: HostedPart | undefined;
  /** A compiler for the CPU, and how it is to make code. */
  readonly compiler: readonly string[];
  /** What every value is for one input. */
  readonly values: ReadonlyMap<Id, Numbers>;
}

/** A part that was built for the CPU. */
export interface HostedPart {
  readonly name: string;
  readonly symbol: string;
  /** The user's names, in the order of the C structs. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Words that compile each source in the part's folder, but for where the object goes. */
  readonly objects: readonly { readonly words: readonly string[]; readonly object: string }[];
}

export type Fault = Pick<Diagnostic, 'code' | 'message' | 'hint'>;

export interface EmitContext {
  readonly render: Render;
  /** Told what the target cannot hold. After an error nothing that was emitted is used. */
  readonly report: Report;
  /** Inputs, and the outputs that the imported graph gives for them; computed when first asked for. */
  readonly recorded: () => Recorded;
  /** Whether programs go with it that compare it with what was recorded: true unless given. Nobody runs those of what lasts no longer than a run. */
  readonly checks?: boolean | undefined;
  /** Inputs that the graph is used for, where some were given. */
  readonly typical?: readonly Named[];
}

export interface Recorded {
  readonly inputs: Named;
  readonly outputs: Named;
}

/**
 *   same    every operand of the result's shape, and the result, as the first of them lies; the others as they are
 *   fixed   the operands named, and the result, as said; those in `anyOf` as they lie if that is one of some layouts, and in the first otherwise;
 *           operands not named as they are
 */
export type Wish =
  | { readonly kind: 'same' }
  | {
      readonly kind: 'fixed';
      readonly operands: Readonly<Record<string, Layout>>;
      readonly anyOf?: Readonly<Record<string, readonly Layout[]>>;
      readonly result: Layout;
    };

/** Fills a template below templates/. The view is plain data, and holds every field the template names. */
export type Render = (template: string, view: object) => string;

export interface Emission {
  readonly artefacts: readonly Artefact[];
  readonly recipe: Recipe;
  /** What the target says about each layer before anything is synthesised. */
  readonly estimate?: Estimate;
}

/** A table: estimates, not measurements. */
export interface Estimate {
  readonly columns: readonly string[];
  /** As many as columns: words, and numbers as they are. */
  readonly rows: readonly (readonly (string | number)[])[];
  /** Sentences below the table. */
  readonly notes: readonly string[];
}

/** A file to write, its path relative to the output folder. */
export interface Artefact {
  readonly path: string;
  readonly contents: string | Uint8Array<ArrayBuffer>;
  readonly role: Role;
}

export type Role =
  | 'source'
  | 'header'
  | 'weights'
  | 'build'
  | 'binding'
  | 'types'
  | 'example'
  | 'check'
  | 'binary'
  | 'documentation';
