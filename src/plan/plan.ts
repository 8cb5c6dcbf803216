/** A graph made concrete for one target: arrays with sizes and places, constants with contents, and steps in order. */
import type { Call, Graph } from '../graph/graph.ts';
import type { Arr, Stmt } from '../loop/loop.ts';
import type { Numbers } from '../tensor/numbers.ts';
import type { TensorType } from '../tensor/type.ts';
import type { Arena } from './arena.ts';
import type { Chain } from './chains.ts';
import type { Refused, RoutineCall } from './kernel.ts';

export interface Plan {
  readonly name: string;
  /** What was lowered: for targets that make hardware of values, and have no arrays. */
  readonly graph: Graph;
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
  readonly constants: readonly PlanConstant[];
  /** Where every array lives that is neither a port nor a constant. */
  readonly arena: Arena;
  readonly steps: readonly Step[];
  /** Steps that run band by band, in order; steps in none run one after the other. */
  readonly chains: readonly Chain[];
}

/** An array that the caller owns. Always plain. */
export interface Port {
  /** The user's name for it, not to be trusted. */
  readonly name: string;
  readonly type: TensorType;
  readonly array: Arr;
}

export interface PlanConstant {
  readonly array: Arr;
  readonly data: Numbers;
  /** A smaller form that a routine turns into `data` once, at load, on targets that can. */
  readonly stored?: Stored;
}

export interface Stored {
  /** One after the other. */
  readonly pieces: readonly Piece[];
  /** Bytes that the call may use while it runs; none unless given. */
  readonly scratch?: number;
  /** The call that writes the constant's array from `source`, which holds the pieces here. Without one they are what it holds. */
  readonly expand?: (source: Arr, scratch: Arr) => RoutineCall;
}

/** The bytes of a constant where it is stored in a smaller form, or as it is. */
export const bytesStored = ({ data, stored }: PlanConstant): number =>
  stored ? stored.pieces.reduce((sum, { bytes }) => sum + bytes.length, 0) : data.byteLength;

/** Bytes of a piece as `expand` finds it: halves are singles there. */
export const bytesWhole = ({ kind, bytes }: Piece): number => (kind === 'halves' ? 2 : 1) * bytes.length;

/** What is alike, for targets that put it side by side: sides are what the others are not, bits say what is kept. */
export interface Piece {
  readonly kind: 'side' | 'bits' | 'codes' | 'halves' | 'singles';
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** One call of the graph: its loops, or the routines of the kernel that replaces them. */
export interface Step {
  readonly call: Call;
  /** The call as a line of text. */
  readonly line: string;
  /** Calls before it that its kernel, or its loops, compute as well: their values are in no array. */
  readonly absorbed?: readonly Call[];
  readonly reads: readonly Arr[];
  readonly writes: readonly Arr[];
  readonly work: Loops | Routines;
  /** Why each kernel that was asked before did not take the step. */
  readonly refused: readonly Refused[];
}

/** Makes one step of several where that is as good. Law: the steps compute what they computed. */
export type Fuse = (steps: readonly Step[], around: Around) => readonly Step[];

/** Which arrays others than the steps of a plan write or read. */
export interface Around {
  readonly isPort: (array: Arr) => boolean;
  readonly isConstant: (array: Arr) => boolean;
}

export interface Loops {
  readonly kind: 'loops';
  readonly body: readonly Stmt[];
}

export interface Routines {
  readonly kind: 'routines';
  readonly kernel: string;
  readonly calls: readonly RoutineCall[];
}
