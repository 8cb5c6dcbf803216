/**
 * The contract of hand-tuned kernels. A kernel looks at one step and either says which routines compute it,
 * with which packed constants, or why it does not take the step. Routines are functions written as templates,
 * shared by all steps of an artefact: what differs between layers is passed to them.
 *
 * Law, checked for every kernel of every target: the routines compute what the step's loops compute.
 */
import type { Bounds } from '../graph/bounds.ts';
import type { Call } from '../graph/graph.ts';
import type { Weights } from '../graph/weights.ts';
import type { Arr } from '../loop/loop.ts';
import type { Types } from '../ops/rules.ts';
import type { Numbers } from '../tensor/numbers.ts';
import type { DType, TensorType } from '../tensor/type.ts';
import type { PlanConstant, Stored } from './plan.ts';

export interface Kernel {
  /** Also the name of the file it stands in. */
  readonly name: string;
  readonly doc: string;
  /** It is asked about operands and results of i32 as well; others are asked where all are f32. */
  readonly integers?: true;
  /** It is asked about values in pieces as well. */
  readonly pieces?: true;
  match(site: KernelSite): KernelMatch | string;
  /** Calls behind this one that the kernel computes with it; it then takes the step. None unless given. */
  absorbs?(site: Reading): readonly Call[];
}

/** A call, and what is known of its operands. */
export interface Reading {
  readonly call: Call;
  readonly types: Types;
  readonly arrays: Readonly<Record<string, Arr>>;
  readonly result: { readonly type: TensorType; readonly array: Arr };
  readonly weights: Weights | undefined;
  /** The plain data of an operand that is a constant. */
  constant(operand: string): Numbers | undefined;
  /** Which whole numbers an operand can be, where that is known. */
  bounds(operand: string): Bounds | undefined;
  /** The call that computes an operand, where this call alone reads it, and no caller. */
  behind(operand: string): Reading | undefined;
}

export interface KernelSite extends Reading {
  /** An array for the kernel's own packed constant, contents with it. */
  pack(hint: string, data: Numbers, stored?: Stored): PlanConstant;
  /** An array that lives in the arena during this step alone. */
  scratch(hint: string, dtype: DType, length: number): Arr;
  /** Threads that may share the calls; one unless given. */
  readonly threads?: number;
}

export interface KernelMatch {
  /** Called in order. */
  readonly calls: readonly RoutineCall[];
}

export interface Refused {
  readonly kernel: string;
  readonly reason: string;
}

/** A function of a target's runtime, emitted once in an artefact that calls it. */
export interface Routine {
  /** A word of letters, digits and hyphens; the exported identifier has underscores for the hyphens. */
  readonly name: string;
  /** Path below templates/. */
  readonly template: string;
  readonly view: object;
  /** Routines that this one calls. */
  readonly needs: readonly Routine[];
}

export interface RoutineCall {
  readonly routine: Routine;
  readonly args: readonly Argument[];
  /** How many groups of invocations along each dimension of a grid, on targets that have them. */
  readonly groups?: readonly number[];
  /** Invocations of a group, and bytes of memory that a launch gives each group, on targets where calls say that. */
  readonly threads?: number;
  readonly shared?: number;
  /** That the call can be cut into calls which compute some panels of the result each. */
  readonly range?: Range;
  /** That the call can be cut into calls which compute some rows of some panels each. */
  readonly cells?: Cells;
}

export interface Cells {
  readonly images: number;
  readonly pixels: number;
  /** Where in the work on a panel parts of its rows begin, and where the last one ends, in numbers that ascend from 0. */
  readonly shares: readonly number[];
}

/** Panels, as they follow each other in memory, those of a second image after the first's. */
export type Panels = readonly [begin: number, end: number];

export interface Range {
  /** What is computed panel by panel. */
  readonly writes: Arr;
  readonly panels: number;
  /** What is computed begins at a multiple of so many panels; at any unless given. */
  readonly unit?: number;
  /** Of fewer panels at once too much is done again that neighbours did. */
  readonly least: number;
  /** For operands that need not be there whole: the panels that some panels of the result are computed from. */
  readonly reads: ReadonlyMap<Arr, (of: Panels) => Panels>;
  /** What the call is given to compute some panels alone; absent where a target finds that by the names of parameters. */
  readonly args?: (of: Panels) => readonly Argument[];
}

/** An array is passed as its address, a bare number as an i32. */
export type Argument = Arr | number | { readonly f32: number };
