/** What of a WebAssembly module is weights, and not code. */

/** Bytes of a WebAssembly module's data sections: its weights. Core specification, 5.5.2. */
export function dataBytes(module: Uint8Array): number {
  let [at, bytes] = [8, 0];
  while (at < module.length) {
    const id = module[at++];
    let [size, shift] = [0, 0];
    for (let byte = 128; byte & 128; shift += 7) {
      byte = module[at++];
      size += (byte & 127) * 2 ** shift;
    }
    if (id === 11) bytes += size;
    at += size;
  }
  return bytes;
}
