/** By what a binding knows that shaders and weights are its own: a number made of all their bytes. The loader makes it in the same way. */

/** Odd, so that no two words have one product. */
export const multiplier = 0x9e3779b1;

/** A u32: word by word, and byte by byte after the last word, a product and a shift for each. */
export function stampOf(bytes: Uint8Array<ArrayBuffer>): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = bytes.length - (bytes.length % 4);
  let hash = bytes.length;
  for (let at = 0; at < bytes.length; at += at < end ? 4 : 1) {
    hash = Math.imul(hash ^ (at < end ? view.getUint32(at, true) : view.getUint8(at)), multiplier);
    hash ^= hash >>> 15;
  }
  return hash >>> 0;
}
