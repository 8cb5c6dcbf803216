/** Tables that are known now: fields, packed into words from the lowest bit. */

/**
 * Word i has the fields in order, the first in the lowest bits; of a field that has several values a word, value 0 is
 * lowest. Signed values are in two's complement.
 */
export interface Rom {
  /** An identifier, the plan's own: `schedule`, `drain`, `write`, ... */
  readonly name: string;
  /** Words. */
  readonly depth: number;
  /** Bits of a word. */
  readonly width: number;
  /**
   * `external`: in memory outside of the part, streamed in order, once for each group of pixels. A schedule's alone.
   */
  readonly storage: 'block' | 'distributed' | 'ultra' | 'external';
  readonly fields: readonly Field[];
}

export interface Field {
  readonly name: string;
  /** Of one value; 0 where all values are 0, and the field is not there. */
  readonly bits: number;
  readonly signed: boolean;
  /** Values a word. */
  readonly each: number;
  /** depth × each. */
  readonly values: ArrayLike<number>;
}

export const widthOf = (fields: readonly Field[]): number => fields.reduce((sum, f) => sum + f.bits * f.each, 0);

/** Word `at` as one number. */
export function packWord({ fields }: Rom, at: number): bigint {
  let word = 0n;
  let from = 0n;
  for (const { bits, each, values } of fields)
    for (let i = 0; i < each; i++, from += BigInt(bits))
      word |= BigInt.asUintN(bits, BigInt(values[at * each + i])) << from;
  return word;
}

/** Bits that tell `count` values apart. */
export const bitsFor = (count: number): number => (count <= 1 ? 0 : 32 - Math.clz32(count - 1));

/** Bits of a two's complement number that holds `low` and `high`. */
export const signedBits = (low: number, high: number): number => {
  const most = Math.max(high, -low - 1);
  return most <= 0 ? 1 : 2 + Math.floor(Math.log2(most));
};
