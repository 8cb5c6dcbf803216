/** A graph that a CPU and an accelerator share: the parts, what crosses between them, and what that comes to. */
import { visible } from '../diagnostic.ts';
import type { Quantity } from '../tensor/quantity.ts';
import type { DType, Shape } from '../tensor/type.ts';
import { elements } from '../tensor/type.ts';
import type { Graph, Id } from './graph.ts';

/**
 * A graph in three parts that run one after the other; evaluating them in turn is evaluating the graph. Calls are in one
 * part each, constants in all that use them. Values that a part needs of an earlier one are its inputs, by the names of
 * `crossings`; a part has the model's own inputs and outputs by their own names, but the accelerator gives crossings alone.
 */
export interface Split {
  readonly whole: Graph;
  /** Undefined where nothing is left to do. */
  readonly before: Graph | undefined;
  readonly accelerator: Graph;
  readonly after: Graph | undefined;
  /** In the order in which they are computed. */
  readonly crossings: readonly Crossing[];
  /** Every call, in order. */
  readonly operators: readonly SplitOperator[];
}

export type SplitPart = 'before' | 'accelerator' | 'after';

/** A value that leaves the part, or is an input of the model, and goes to a later one or, from the accelerator, to the caller. */
export interface Crossing {
  /** A C identifier that no port of the model has. From the model it is the name of the input. */
  readonly name: string;
  readonly id: Id;
  readonly from: SplitPart | 'model';
  readonly to: readonly SplitPart[];
  /** Outputs of the model that are this value, where the accelerator computes it. */
  readonly outputs: readonly string[];
  /** As the CPU has it. */
  readonly dtype: DType;
  readonly shape: Shape;
  /** As the accelerator takes or gives it, where it does. */
  readonly bus: 'i8' | 'i16' | 'i32' | undefined;
  /** real = (whole − zero) · scale, where that is known: one pair, or one for each channel. */
  readonly quantity: Quantity | undefined;
}

/** One call of the graph and where it is computed. */
export interface SplitOperator {
  readonly id: Id;
  /** As the model calls it. Not to be trusted. */
  readonly name: string;
  readonly op: string;
  readonly part: SplitPart;
  /** Why it is not on the accelerator: a sentence without the operator before it. */
  readonly why: string | undefined;
  /** Multiply-adds for one input, were all weights there. */
  readonly macs: number;
}

export const busBytes: Readonly<Record<NonNullable<Crossing['bus']>, number>> = { i8: 1, i16: 2, i32: 4 };

/** Bytes on the bus for one input. */
export const crossingBytes = ({ bus, shape }: Crossing): number => (bus ? busBytes[bus] * elements(shape) : 0);

/** Values that the accelerator takes, and those that it gives. */
export const takenOf = ({ crossings }: Split): readonly Crossing[] =>
  crossings.filter(({ to }) => to.includes('accelerator'));
export const givenOf = ({ crossings }: Split): readonly Crossing[] =>
  crossings.filter(({ from }) => from === 'accelerator');

export interface SplitFigures {
  /** Multiply-adds for one input, were all weights there: of everything, and of the accelerator's part. */
  readonly macs: number;
  readonly acceleratedMacs: number;
  /** Bytes to the accelerator and from it for one input. */
  readonly bytesIn: number;
  readonly bytesOut: number;
}

export function figuresOf(split: Split): SplitFigures {
  const macs = (own: (operator: SplitOperator) => boolean): number =>
    split.operators.reduce((sum, operator) => sum + (own(operator) ? operator.macs : 0), 0);
  const bytes = (crossings: readonly Crossing[]): number => crossings.reduce((sum, c) => sum + crossingBytes(c), 0);
  return {
    macs: macs(() => true),
    acceleratedMacs: macs(({ part }) => part === 'accelerator'),
    bytesIn: bytes(takenOf(split)),
    bytesOut: bytes(givenOf(split)),
  };
}

/** Operators of one kind that are in one place for one reason. */
export interface SplitGroup {
  readonly part: SplitPart;
  readonly op: string;
  readonly why: string;
  /** As the model calls them, escaped. */
  readonly names: readonly string[];
  readonly macs: number;
}

/** What is left to the CPU, in order. */
export function leftOf({ operators }: Split): readonly SplitGroup[] {
  const groups = new Map<string, SplitGroup>();
  for (const { part, op, why, name, macs } of operators) {
    if (part === 'accelerator' || why === undefined) continue;
    const key = [part, op, why].join('\n');
    const { names = [], macs: sum = 0 } = groups.get(key) ?? {};
    groups.set(key, { part, op, why, names: [...names, visible(name)], macs: sum + macs });
  }
  return [...groups.values()];
}
