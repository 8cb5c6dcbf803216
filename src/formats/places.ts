/** Arrays of places: 16 bits where these tell all places apart, 32 elsewhere. */

const most16 = 1 << 16;

/** Bytes of one among `count` places. */
export const placeBytes = (count: number): number => (count <= most16 ? 2 : 4);

export const placesFor = (count: number, length: number): Uint16Array<ArrayBuffer> | Int32Array<ArrayBuffer> =>
  count <= most16 ? new Uint16Array(length) : new Int32Array(length);
