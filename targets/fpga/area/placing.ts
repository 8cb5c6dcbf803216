/**
 * Where schedules are kept: in blocks, in larger blocks (UltraRAM), or outside, from where they are streamed again
 * for each group of pixels.
 */
import type { Table } from './datapath.ts';
import { blocks } from './memory.ts';

/** A schedule, and the bits of it that are read in a cycle. */
export interface Kept extends Table {
  readonly perCycle: number;
}

export interface Room {
  readonly bram18: number;
  readonly uram: number;
  /** Bits a cycle that come from outside. */
  readonly external: number;
}

/** UltraRAM is 4096 words of 72 bits. */
export const largeBlocks = ({ depth, width }: Table): number => Math.ceil(depth / 4096) * Math.ceil(width / 72);

/** Blocks that words from outside wait in. */
export const waiting = ({ width }: Pick<Table, 'width'>): number => blocks(512, width);

export const blocksOf = ({ depth, width, storage }: Table): number => (storage === 'block' ? blocks(depth, width) : 0);

/**
 * The storage of each, or nothing where there is no room: what takes most blocks goes first, what is read least goes
 * outside.
 */
export function place(tables: readonly Kept[], room: Room): readonly Table['storage'][] | undefined {
  const storage = tables.map((t) => t.storage);
  let excess = tables.reduce((sum, t) => sum + blocksOf(t), 0) - room.bram18;
  let [uram, external] = [room.uram, room.external];
  const order = tables.map((_, i) => i).filter((i) => storage[i] === 'block');
  order.sort((a, b) => blocksOf(tables[b]) - blocksOf(tables[a]) || a - b);
  for (const i of order) {
    if (excess <= 0) return storage;
    const large = largeBlocks(tables[i]);
    if (large > uram) continue;
    storage[i] = 'ultra';
    uram -= large;
    excess -= blocksOf(tables[i]);
  }
  const freed = (i: number): number => blocksOf(tables[i]) - waiting(tables[i]);
  const saved = (i: number): number => freed(i) / tables[i].perCycle;
  for (const i of order.filter((k) => storage[k] === 'block').sort((a, b) => saved(b) - saved(a) || a - b)) {
    if (excess <= 0) return storage;
    if (tables[i].perCycle > external || freed(i) <= 0) continue;
    storage[i] = 'external';
    external -= tables[i].perCycle;
    excess -= freed(i);
  }
  return excess <= 0 ? storage : undefined;
}
