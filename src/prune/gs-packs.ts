/**
 * The packs of one group of rows: again and again the largest weight left whose row has room in the pack and whose bank is
 * free. What a pack lacks in the end is found by changing what it has, along augmenting paths. Where all banks have
 * equally many columns there always are some: rows and banks are the sides of a regular bipartite graph then, also
 * after any number of packs. Rows that a last group lacks count as rows of zeros.
 */
import { bug } from '../diagnostic.ts';
import type { Matrix } from '../tensor/matrix.ts';
import type { Cells } from './gs-cells.ts';
import { cellsOf } from './gs-cells.ts';
import type { Gather, Group } from './gs-groups.ts';
import type { Mask } from './pruner.ts';

/** By bank, the row that has a weight there; −1 where none has. Rows are those of the group, from 0. */
type Pack = Int32Array<ArrayBuffer>;

/** Keeps the weights of the packs of a group in `mask`. Law of `likely`: that of `cellsOf`. */
export function packGroup(
  m: Matrix,
  gather: Gather,
  { rows, packs }: Group,
  { likely, mask }: { readonly likely: Mask; readonly mask: Mask },
): void {
  const even = m.columns - (m.columns % gather.banks);
  for (const columns of [m.columns, even]) {
    const kept = packsOf(cellsOf(m, { rows, columns, ...gather }, likely), gather, packs);
    if (!kept) continue;
    kept.row.forEach((row, i) => {
      if (row < rows.length) mask[rows[row] * m.columns + kept.column[i]] = 1;
    });
    return;
  }
  bug(`rows ${rows.join()} do not fill ${packs} packs of ${gather.banks}`);
}

/** What lies in some packs, one after the other. */
interface Packs {
  /** Of the group, from 0. */
  readonly row: Int32Array;
  readonly column: Int32Array;
}

/** So many packs; undefined where there are not as many. */
function packsOf({ heads, take }: Cells, { banks, perRow }: Gather, packs: number): Packs | undefined {
  const before = (a: number, b: number): number => heads[a] - heads[b] || a - b;
  const order = Int32Array.from(heads.keys()).sort(before);
  const places: Places = {
    row: Int32Array.from(heads, (_, cell) => Math.floor(cell / banks)),
    bank: Int32Array.from(heads, (_, cell) => cell % banks),
  };
  const pack: Pack = new Int32Array(banks);
  const room = new Int32Array(banks / perRow);
  const gone = new Uint8Array(heads.length);
  const kept: Packs = { row: new Int32Array(packs * banks), column: new Int32Array(packs * banks) };
  for (let p = 0; p < packs; p++) {
    pack.fill(-1);
    room.fill(perRow);
    const left = fill(pack, room, order, places, heads);
    if (left > 0 && !complete(pack, room, heads)) return undefined;
    const taken: number[] = [];
    for (let bank = 0; bank < banks; bank++) {
      const cell = pack[bank] * banks + bank;
      kept.row[p * banks + bank] = pack[bank];
      kept.column[p * banks + bank] = take(cell);
      taken.push(cell);
    }
    reorder(order, taken.sort(before), gone, before);
  }
  return kept;
}

/** Where each cell is. */
interface Places {
  readonly row: Int32Array;
  readonly bank: Int32Array;
}

/** Largest first: of equal ones the lower column, then the lower row. Gives how many weights the rows lack then. */
function fill(pack: Pack, room: Int32Array, order: Int32Array, places: Places, heads: Float64Array): number {
  let left = 0;
  for (let row = 0; row < room.length; row++) left += room[row];
  for (let i = 0; i < order.length && left > 0; i++) {
    const cell = order[i];
    const row = places.row[cell];
    const bank = places.bank[cell];
    if (room[row] === 0 || pack[bank] >= 0 || heads[cell] === Infinity) continue;
    pack[bank] = row;
    room[row]--;
    left--;
  }
  return left;
}

/** Gives each row all its places; false where that cannot be. */
function complete(pack: Pack, room: Int32Array, heads: Float64Array): boolean {
  const banks = pack.length;
  const find = (row: number, seen: Uint8Array): boolean => {
    const open = Array.from({ length: banks }, (_, bank) => bank)
      .filter((bank) => seen[bank] === 0 && pack[bank] !== row && heads[row * banks + bank] < Infinity)
      .sort((a, b) => heads[row * banks + a] - heads[row * banks + b]);
    for (const bank of open) {
      if (seen[bank] === 1) continue;
      seen[bank] = 1;
      if (pack[bank] >= 0 && !find(pack[bank], seen)) continue;
      pack[bank] = row;
      return true;
    }
    return false;
  };
  for (let row = 0; row < room.length; row++)
    for (; room[row] > 0; room[row]--) if (!find(row, new Uint8Array(banks))) return false;
  return true;
}

/** Sorts again, when the cells that are `moved`, themselves sorted, stand at smaller weights than before. */
function reorder(
  order: Int32Array,
  moved: readonly number[],
  gone: Uint8Array,
  before: (a: number, b: number) => number,
): void {
  for (const cell of moved) gone[cell] = 1;
  let end = 0;
  for (let i = 0; i < order.length; i++) if (gone[order[i]] === 0) order[end++] = order[i];
  for (const cell of moved) gone[cell] = 0;
  let from = end - 1;
  let to = order.length - 1;
  for (let m = moved.length - 1; m >= 0; to--)
    order[to] = from >= 0 && before(order[from], moved[m]) > 0 ? order[from--] : moved[m--];
}
