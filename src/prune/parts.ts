/** Reading what stands between the colons of a pattern. What is wrong is the rest of a sentence that begins with the pattern. */

/** A share of weights to cut, 0 to less than 1; or why it is none. */
export function parseRatio(text: string | undefined): number | string {
  if (text === undefined || text === '') return 'lacks the share of weights to cut, e.g. 0.9';
  if (!/^(?:\d+\.?\d*|\.\d+)$/.test(text)) return `has "${text}" where the share of weights to cut stands, e.g. 0.9`;
  const ratio = Number(text);
  if (ratio < 1) return ratio;
  const meant = ratio > 1 && ratio < 100 ? `; ${text} % is ${Number((ratio / 100).toPrecision(6))}` : '';
  return ratio === 1
    ? 'has a share of 1, and nothing would be left'
    : `has a share of ${text}, and shares lie between 0 and 1${meant}`;
}

/** Two whole numbers with `mark` between them, each 1 to `most`; or why they are none. `what` says what they are. */
export function parsePair(
  text: string | undefined,
  mark: string,
  what: string,
  most: number,
): readonly [number, number] | string {
  const [first, second, ...more] = (text ?? '').split(mark);
  const sizes = [first, second].map((size) => (/^\d{1,6}$/.test(size ?? '') ? Number(size) : Number.NaN));
  if (more.length > 0 || sizes.some(Number.isNaN))
    return text === undefined || text === '' ? `lacks ${what}` : `has "${text}" where ${what} stand`;
  const odd = sizes.find((size) => size < 1 || size > most);
  return odd === undefined ? [sizes[0], sizes[1]] : `has ${odd} among ${what}, which are 1 to ${most}`;
}

/** More parts than a pattern has. */
export const leftOver = (parts: readonly string[], most: number): string | undefined =>
  parts.length > most ? `has "${parts.slice(most).join(':')}" after its end` : undefined;

/** Two sizes and a share, `8x4:0.75`; or why they are none. `what` says what the sizes are. */
export function parseTile(parts: readonly string[], what: string, most: number) {
  const size = leftOver(parts, 2) ?? parsePair(parts[0], 'x', what, most);
  if (typeof size === 'string') return size;
  const ratio = parseRatio(parts[1]);
  return typeof ratio === 'string' ? ratio : { r: size[0], c: size[1], ratio };
}
