/**
 * Weights of which half are kept in every few neighbouring columns, as `mma.sp` takes them (PTX ISA, "Sparse matrix storage"): the kept
 * ones one after the other, and for each group a nibble with the places of both, the lower one below. Of tf32 one of two is kept, whose
 * nibble is 0100 or 1110.
 *
 *     0 7 0 5    kept: 7 5    nibble: 11 01
 *
 * Nibbles lie in words as lanes give them. Of 16 and 32 bits: rows g and g + 8 share words, 16 bits each, of which lane 4g has the first
 * four groups and lane 4g + 1 the last four; lanes 4g + 2 and 4g + 3 have those of the next 16 rows. Of 8 bits: lanes 4g and 4g + 1 have rows
 * g and g + 8 for the first eight groups, the other two for the last.
 */
import type { Element } from './elements.ts';
import type { Order } from './fragments.ts';

export interface Kept {
  /** Half as many as there were, row by row. */
  readonly values: Float32Array<ArrayBuffer>;
  /** One for each group, row by row. */
  readonly nibbles: Uint8Array<ArrayBuffer>;
}

/** Or the first group that has too many. */
export function keepHalf(
  values: Float32Array<ArrayBuffer>,
  rows: number,
  columns: number,
  { group }: Element,
): Kept | { readonly row: number; readonly column: number } {
  const kept = new Float32Array(values.length / 2);
  const nibbles = new Uint8Array(values.length / group);
  for (let at = 0; at < nibbles.length; at++) {
    const places = placesOf(values, at * group, group);
    if (places === undefined) {
      const row = Math.floor((at * group) / columns);
      return { row: Math.min(row, rows - 1), column: (at * group) % columns };
    }
    places.forEach((place, k) => {
      kept[(at * group) / 2 + k] = values[at * group + place];
    });
    nibbles[at] = nibbleOf(places, group);
  }
  return { values: kept, nibbles };
}

/** Ascending, half as many as the group has columns: where fewer are kept, others stand in that are zero. */
function placesOf(values: Float32Array<ArrayBuffer>, first: number, group: number): readonly number[] | undefined {
  const places: number[] = [];
  for (let k = 0; k < group; k++) if (values[first + k] !== 0) places.push(k);
  if (places.length > group / 2) return undefined;
  for (let k = 0; places.length < group / 2; k++) if (!places.includes(k)) places.push(k);
  return places.sort((a, b) => a - b);
}

const nibbleOf = (places: readonly number[], group: number): number =>
  group === 2 ? (places[0] === 0 ? 0b0100 : 0b1110) : places[0] | (places[1] << 2);

/** Groups for which one instruction needs places, and words of a step. */
const groupsPerSegment = ({ bytes }: Element): number => (bytes === 1 ? 16 : 8);

/** 16-row tiles whose places share words: the instruction is told whose it needs. */
export const tilesPerPlace = ({ bytes }: Element): number => (bytes === 1 ? 1 : 2);

/** Words of places for each segment of a step. */
export const placeWords = (rows: number, element: Element): number => (32 * rows) / 16 / tilesPerPlace(element);

/** A step has two segments, or three where half of the columns are multiplied again. */
export const sparseOrder = (rows: number, element: Element, segments = 2): Order => ({
  ...{ rows, segments },
  extra: 4 * segments * placeWords(rows, element),
});

/** Where the nibble of a row's group lies in the words of a step's places, and by how many bits it is shifted. */
export function nibbleAt(
  rows: number,
  row: number,
  group: number,
  element: Element,
): readonly [word: number, shift: number] {
  const perSegment = groupsPerSegment(element);
  const [segment, g] = [Math.floor(group / perSegment), group % perSegment];
  const [tile, quad, high] = [row >> 4, row & 7, (row >> 3) & 1];
  const first = segment * placeWords(rows, element) + Math.floor(tile / tilesPerPlace(element)) * 32 + 4 * quad;
  if (element.bytes === 1) return [first + high + 2 * (g >> 3), 4 * (g & 7)];
  return [first + 2 * (tile & 1) + (g >> 2), 16 * high + 4 * (g & 3)];
}

/** Puts the places of a block's rows behind the weights of each step. `nibble(row, step, group)` gives them. */
export function fillPlaces(
  to: Uint32Array<ArrayBuffer>,
  { rows, segments }: Order,
  steps: number,
  element: Element,
  nibble: (row: number, step: number, group: number) => number,
): void {
  const weights = 8 * segments * rows;
  const size = weights + segments * placeWords(rows, element);
  for (let step = 0; step < steps; step++)
    for (let row = 0; row < rows; row++)
      for (let group = 0; group < segments * groupsPerSegment(element); group++) {
        const [word, shift] = nibbleAt(rows, row, group, element);
        to[step * size + weights + word] |= nibble(row, step, group) << shift;
      }
}
