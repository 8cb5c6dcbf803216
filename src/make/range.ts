/** `--range`: what the numbers of a picture become. */

/** What black and white become. */
export interface Range {
  readonly low: number;
  readonly high: number;
}

/** Reads `0..1`, `-1..1`, `0..255`; undefined if the text is no range. */
export function parseRange(text: string): Range | undefined {
  const found = /^(-?\d+(?:\.\d+)?)\.\.(-?\d+(?:\.\d+)?)$/.exec(text);
  if (!found) return undefined;
  const [low, high] = [Number(found[1]), Number(found[2])];
  return low < high ? { low, high } : undefined;
}
