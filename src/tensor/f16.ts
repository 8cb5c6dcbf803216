/** IEEE 754 binary16, held as bits. */

export const largestF16 = 65504;

const word = new Float32Array(1);
const bits = new Uint32Array(word.buffer);

/** The value of 16 bits; exact, subnormals, infinities and NaN included. */
export function fromF16(half: number): number {
  const exponent = (half >> 10) & 31;
  const fraction = half & 1023;
  const sign = half & 0x8000 ? -1 : 1;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1024 + fraction) * 2 ** (exponent - 25);
}

/** The values of many. */
export function fromHalves(halves: Uint16Array<ArrayBuffer>): Float32Array<ArrayBuffer> {
  const values = new Float32Array(halves.length);
  const words = new Uint32Array(values.buffer);
  for (let i = 0; i < halves.length; i++) {
    const half = halves[i];
    const magnitude = half & 0x7fff;
    if (magnitude >= 0x0400 && magnitude < 0x7c00)
      words[i] = ((half & 0x8000) << 16) | ((magnitude << 13) + 0x38000000);
    else values[i] = fromF16(half);
  }
  return values;
}

/** Those nearest to many. */
export function toHalves(values: Float32Array<ArrayBuffer>): Uint16Array<ArrayBuffer> {
  const halves = new Uint16Array(values.length);
  for (let i = 0; i < values.length; i++) halves[i] = toF16(values[i]);
  return halves;
}

/** The half nearest to an f32, ties to even. */
export function toF16(value: number): number {
  word[0] = value;
  const x = bits[0];
  const sign = (x >>> 16) & 0x8000;
  const magnitude = x & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00;
  if (magnitude >= 0x47800000) return sign | 0x7c00;
  if (magnitude < 0x38800000) {
    const steps = Math.abs(value) * 2 ** 24;
    const low = Math.floor(steps);
    const rest = steps - low;
    return sign | (low + (rest > 0.5 || (rest === 0.5 && low % 2 === 1) ? 1 : 0));
  }
  const rounded = magnitude + 0xfff + ((magnitude >>> 13) & 1);
  return sign | ((rounded - 0x38000000) >>> 13);
}

/** The same, but what is beyond the largest half stays there. NaN is NaN. */
export const nearestF16 = (value: number): number =>
  toF16(value > largestF16 ? largestF16 : value < -largestF16 ? -largestF16 : value);

/** Whether a float32 survives storage as half, bit for bit (NaN does not: its payload may differ). */
export function isF16(value: number): boolean {
  word[0] = value;
  const magnitude = bits[0] & 0x7fffffff;
  // Between the least normal half and what is beyond the largest: the bits that halves lack are zero, and no number is lost.
  if (magnitude >= 0x38800000 && magnitude < 0x47800000) return (magnitude & 0x1fff) === 0 && word[0] === value;
  return Object.is(fromF16(toF16(value)), value);
}
