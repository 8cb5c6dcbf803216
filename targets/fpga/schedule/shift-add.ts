/**
 * Products by constants as shifts and additions: weights in canonical signed digits, the pairs of terms that many
 * rows have in common added once, and what is left of each row added in a tree.
 */
import type { Adder, Term } from '../contract/engine.ts';
import type { Layer } from '../contract/layer.ts';
import { signedBits } from '../contract/rom.ts';

export interface ShiftAdd {
  readonly adders: readonly Adder[];
  readonly results: readonly (Term | undefined)[];
  readonly levels: number;
}

/** Digits of −1, 0 and 1, no two of them neighbours, lowest first: as few that are not 0 as there can be. */
export function signedDigits(value: number): readonly { readonly shift: number; readonly negative: boolean }[] {
  const digits: { shift: number; negative: boolean }[] = [];
  for (let [rest, shift] = [value, 0]; rest !== 0; shift++) {
    if (rest % 2 !== 0) {
      const digit = ((rest % 4) + 4) % 4 === 3 ? -1 : 1;
      digits.push({ shift, negative: digit < 0 });
      rest -= digit;
    }
    rest /= 2;
  }
  return digits;
}

/** A term of a row: symbols below the number of columns are columns, others adders. */
interface Digit {
  readonly symbol: number;
  readonly shift: number;
  readonly negative: boolean;
}

export function shiftAdd(layer: Layer, columns: number): ShiftAdd {
  const rows = digitsOf(layer);
  const adders: Adder[] = [];
  const most = 2 ** (layer.inputBits - 1);
  const low: number[] = [];
  const high: number[] = [];
  const range = ({ symbol, shift, negative }: Digit): readonly [number, number] => {
    const [l, h] = symbol < columns ? [-most, most - 1] : [low[symbol - columns], high[symbol - columns]];
    return negative ? [-h * 2 ** shift, -l * 2 ** shift] : [l * 2 ** shift, h * 2 ** shift];
  };
  const levelOf = (symbol: number): number => (symbol < columns ? 0 : adders[symbol - columns].level);
  const termOf = ({ symbol, shift, negative }: Digit): Term =>
    symbol < columns
      ? { from: 'column', of: symbol, shift, negative }
      : { from: 'adder', of: symbol - columns, shift, negative };
  const add = (left: Digit, right: Digit): number => {
    const [a, b] = [range(left), range(right)];
    low.push(a[0] + b[0]);
    high.push(a[1] + b[1]);
    const level = 1 + Math.max(levelOf(left.symbol), levelOf(right.symbol));
    const bits = signedBits(a[0] + b[0], a[1] + b[1]);
    return columns + adders.push({ left: termOf(left), right: termOf(right), bits, level }) - 1;
  };

  const counts = new Map<number, number>();
  for (const row of rows) count(row, counts, 1);
  for (let pair = commonest(counts); pair; pair = commonest(counts)) {
    const { left, right, key } = pair;
    const symbol = add(left, right);
    for (const row of rows) {
      if (!has(row, key)) continue;
      count(row, counts, -1);
      replace(row, key, symbol);
      count(row, counts, 1);
    }
  }
  const results = rows.map((row) => {
    while (row.length > 1) {
      // The two that are ready first; a shift that both have is left to the result.
      row.sort((a, b) => levelOf(b.symbol) - levelOf(a.symbol) || b.symbol - a.symbol || b.shift - a.shift);
      const [b, a] = [row.pop(), row.pop()] as [Digit, Digit];
      const shift = Math.min(a.shift, b.shift);
      row.push({
        symbol: add({ ...a, shift: a.shift - shift }, { ...b, shift: b.shift - shift }),
        shift,
        negative: false,
      });
    }
    return row.length === 0 ? undefined : termOf(row[0]);
  });
  return { adders, results, levels: adders.reduce((most, { level }) => Math.max(most, level), 0) };
}

const digitsOf = ({ rows, weights: { pos, column, value } }: Layer): Digit[][] =>
  Array.from({ length: rows }, (_, r) => {
    const digits: Digit[] = [];
    for (let e = pos[r]; e < pos[r + 1]; e++)
      for (const { shift, negative } of signedDigits(value[e])) digits.push({ symbol: column[e], shift, negative });
    return digits;
  });

/**
 * The two digits in order, the lower symbol or shift first, with what they have in common taken out: the first is
 * positive, one is not shifted.
 */
function inOrder(a: Digit, b: Digit): readonly [Digit, Digit] {
  const [x, y] = a.symbol < b.symbol || (a.symbol === b.symbol && a.shift < b.shift) ? [a, b] : [b, a];
  return [x, y];
}

const symbolRoom = 2 ** 16;
const shiftRoom = 64;

const keyOf = (x: Digit, y: Digit): number =>
  ((x.symbol * symbolRoom + y.symbol) * shiftRoom + (x.shift - y.shift + shiftRoom / 2)) * 2 +
  (x.negative === y.negative ? 0 : 1);

/** Adds the pairs of a row to the counts, or takes them away. */
function count(row: readonly Digit[], counts: Map<number, number>, by: 1 | -1): void {
  for (let i = 0; i < row.length; i++)
    for (let j = i + 1; j < row.length; j++) {
      const key = keyOf(...inOrder(row[i], row[j]));
      const left = (counts.get(key) ?? 0) + by;
      if (left === 0) counts.delete(key);
      else counts.set(key, left);
    }
}

const has = (row: readonly Digit[], key: number): boolean =>
  row.some((a, i) => row.some((b, j) => j > i && keyOf(...inOrder(a, b)) === key));

/** The pair of terms, up to shift and sign, that occurs most, where one occurs twice. */
function commonest(counts: ReadonlyMap<number, number>) {
  let [key, most] = [-1, 1];
  for (const [k, n] of counts) if (n > most || (n === most && most > 1 && k < key)) [key, most] = [k, n];
  if (most < 2) return undefined;
  const difference = (Math.floor(key / 2) % shiftRoom) - shiftRoom / 2;
  const symbols = Math.floor(key / 2 / shiftRoom);
  return {
    key,
    left: { symbol: Math.floor(symbols / symbolRoom), shift: Math.max(0, difference), negative: false },
    right: { symbol: symbols % symbolRoom, shift: Math.max(0, -difference), negative: key % 2 === 1 },
  };
}

/** Every such pair of a row becomes one term. */
function replace(row: Digit[], key: number, symbol: number): void {
  for (let i = 0; i < row.length; i++)
    for (let j = i + 1; j < row.length; j++) {
      const [x, y] = inOrder(row[i], row[j]);
      if (keyOf(x, y) !== key) continue;
      row.splice(j, 1);
      row[i] = { symbol, shift: Math.min(x.shift, y.shift), negative: x.negative };
      break;
    }
}

/** Pairs that are looked at in one round: what decides how long the search takes. */
export const pairsIn = (layer: Layer): number =>
  digitsOf(layer).reduce((sum, { length }) => sum + (length * (length - 1)) / 2, 0);
