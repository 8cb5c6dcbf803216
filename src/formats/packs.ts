/**
 * Entries of a group of rows shared out among packs, so that every pack has k of each row and one of each bank. Rows of
 * k · packs entries are k rows of as many entries as there are packs; between these and the banks the entries are a
 * bipartite graph in which each node has one edge for each pack. König: its edges can be coloured with so many colours.
 */
import { bug } from '../diagnostic.ts';

/** Row by row; all rows of the group have as many, and so have all banks. */
export interface GroupEntries {
  /** Rows of the group. */
  readonly rows: number;
  readonly banks: number;
  /** The row in the group and the bank of each entry. */
  readonly row: ArrayLike<number>;
  readonly bank: ArrayLike<number>;
}

/** An entry for each lane of each pack: pack by pack, those of a row side by side. */
export function packGroup({ rows, banks, row, bank }: GroupEntries): Int32Array<ArrayBuffer> {
  const k = banks / rows;
  const packs = row.length / banks;
  if (!Number.isInteger(packs)) bug(`${row.length} entries do not fill packs of ${banks}`);
  const lanes = colouring(banks, packs);
  const counts = new Int32Array(rows);
  for (let entry = 0; entry < row.length; entry++) {
    const nth = counts[row[entry]]++;
    if (nth >= packs * k) bug(`row ${row[entry]} of a group has over ${packs * k} entries for ${packs} packs`);
    lanes.add(entry, row[entry] * k + Math.floor(nth / packs), bank[entry]);
  }
  const order = new Int32Array(row.length);
  for (let pack = 0; pack < packs; pack++)
    for (let lane = 0; lane < banks; lane++) order[pack * banks + lane] = lanes.entryAt(lane, pack);
  return order;
}

/** Colours for the edges between `nodes` lanes and as many banks, `colours` at each. */
function colouring(nodes: number, colours: number) {
  const words = Math.ceil(colours / 32);
  const sides = [side(nodes, colours, words), side(nodes, colours, words)] as const;
  const nodesOf: (readonly [number, number])[] = [];

  const put = (edge: number, colour: number): void => {
    for (const [s, node] of nodesOf[edge].entries()) sides[s].put(node, colour, edge);
  };

  /** Swaps two colours along the path from a bank at which `a` is taken and `b` is not. It ends before any lane that lacks `a`. */
  const swap = (bank: number, a: number, b: number): void => {
    const path: number[] = [];
    for (let [s, node, colour] = [1, bank, a]; ; [s, colour] = [1 - s, a + b - colour]) {
      const edge = sides[s].edgeAt(node, colour);
      if (edge < 0) break;
      path.push(edge);
      node = nodesOf[edge][1 - s];
    }
    for (const [i, edge] of path.entries())
      for (const [s, node] of nodesOf[edge].entries()) sides[s].take(node, i % 2 === 0 ? a : b);
    for (const [i, edge] of path.entries()) put(edge, i % 2 === 0 ? b : a);
  };

  return {
    add(edge: number, lane: number, bank: number): void {
      nodesOf[edge] = [lane, bank];
      const common = sides[0].free(lane, sides[1], bank);
      if (common >= 0) {
        put(edge, common);
        return;
      }
      const [a, b] = [sides[0].free(lane), sides[1].free(bank)];
      if (a < 0 || b < 0) bug(`bank ${bank} of a group has over ${colours} entries for ${colours} packs`);
      swap(bank, a, b);
      put(edge, a);
    },
    entryAt: (lane: number, colour: number): number => sides[0].edgeAt(lane, colour),
  };
}

/** The nodes of one side: the edge of each colour, −1 where there is none. */
interface Side {
  /** The free colours of each node. */
  readonly bits: Int32Array;
  edgeAt(node: number, colour: number): number;
  put(node: number, colour: number, edge: number): void;
  take(node: number, colour: number): void;
  /** The lowest colour that is free here, and at a node of the other side if one is given; −1 if there is none. */
  free(node: number, other?: Side, otherNode?: number): number;
}

function side(nodes: number, colours: number, words: number): Side {
  const edges = new Int32Array(nodes * colours).fill(-1);
  const bits = new Int32Array(nodes * words).fill(-1);
  const last = colours % 32;
  if (last > 0) for (let node = 0; node < nodes; node++) bits[node * words + words - 1] = (1 << last) - 1;
  return {
    bits,
    edgeAt: (node, colour) => edges[node * colours + colour],
    put(node, colour, edge) {
      edges[node * colours + colour] = edge;
      bits[node * words + (colour >> 5)] &= ~(1 << (colour & 31));
    },
    take(node, colour) {
      edges[node * colours + colour] = -1;
      bits[node * words + (colour >> 5)] |= 1 << (colour & 31);
    },
    free(node, other, otherNode = 0) {
      for (let w = 0; w < words; w++) {
        const found = bits[node * words + w] & (other ? other.bits[otherNode * words + w] : -1);
        if (found !== 0) return w * 32 + 31 - Math.clz32(found & -found);
      }
      return -1;
    },
  };
}
