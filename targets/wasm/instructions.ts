/**
 * The instruction sets that a plan is printed in. Templates write `({{madd}} a b{{plus}} sum)` for a · b + sum, the only
 * thing in which they differ: 2.0 rounds the product and then the sum; relaxed SIMD lets engines round once, on most
 * machines in one instruction, so that its last bits depend on the machine.
 */

export type SetName = 'portable' | 'relaxed' | 'scalar';

export interface InstructionSet {
  readonly name: SetName;
  /** What assemblers and engines must know beyond WebAssembly 2.0. */
  readonly features: readonly string[];
  /** Fields of the view of every routine. */
  readonly words: { readonly madd: string; readonly plus: string };
  /** Templates of routines by name, in place of their own. */
  readonly instead?: Readonly<Record<string, string>>;
}

export const portable: InstructionSet = {
  name: 'portable',
  features: [],
  words: { madd: 'f32x4.add (f32x4.mul', plus: ')' },
};

export const relaxed: InstructionSet = {
  name: 'relaxed',
  features: ['relaxed_simd'],
  words: { madd: 'f32x4.relaxed_madd', plus: '' },
};

/** For engines without vectors: what every step's loops are, and what makes constants of stored forms. No kernel has this. */
export const scalar: InstructionSet = {
  name: 'scalar',
  features: [],
  words: portable.words,
  instead: {
    'join-halves': 'wasm/kernels/join-halves-scalar.wat.hbs',
    'join-singles': 'wasm/kernels/join-singles-scalar.wat.hbs',
  },
};
