/** Rounding to powers of two, as the paper's code has it: to the nearer one in plain distance, ties to the lower. */

/** e with 2^e <= |v| < 2^(e + 1), from the bits of v, which is neither 0 nor subnormal. */
export function exponentOf(v: number): number {
  bits[0] = v;
  return ((words[1] >>> 20) & 0x7ff) - 1023;
}

/** Little endian, as every supported machine keeps numbers. */
const bits = new Float64Array(1);
const words = new Uint32Array(bits.buffer);

/** The power of two next to v, at most `most` from zero: of |v| between 2^(e − 1) and 2^e, the lower up to 0.75 · 2^e. */
export function nearestPower(v: number, most: number): number {
  const size = Math.abs(v);
  if (!(size >= 2 ** -1000)) return 0;
  bits[0] = size;
  words[0] = 0;
  words[1] &= 0x7ff00000;
  const low = bits[0];
  const power = Math.min(most, size <= 1.5 * low ? low : 2 * low);
  return v < 0 ? -power : power;
}

/** Of every number. */
export const nearestPowers = (values: Float64Array, most: number): Float64Array =>
  values.map((v) => nearestPower(v, most));
