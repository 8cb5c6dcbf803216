/** bfloat16: the upper half of an f32. */

const word = new Float32Array(1);
const bits = new Uint32Array(word.buffer);

/** The value of 16 bits; exact. */
export function fromBfloat16(half: number): number {
  bits[0] = (half & 0xffff) * 65536;
  return word[0];
}

/** The bits of the number nearest to an f32, ties to even. */
export function toBfloat16(value: number): number {
  if (Number.isNaN(value)) return 0x7fc0;
  word[0] = value;
  return ((bits[0] + 0x7fff + ((bits[0] >>> 16) & 1)) >>> 16) & 0xffff;
}
