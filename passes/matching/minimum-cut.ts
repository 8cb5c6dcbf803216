/** The cheapest way to divide nodes between two sides. */

/** A network of nodes 0, 1, ...; 0 is the source and 1 the sink. */
export interface Network {
  /** Another node. */
  add(): number;
  /** `capacity` is paid when `from` is on the source's side and `to` on the sink's. */
  join(from: number, to: number, capacity: number): void;
  /** Whether each node is on the source's side, of the cuts that cost least in the one with the fewest such nodes. */
  cut(): readonly boolean[];
}

export const source = 0;
export const sink = 1;

/** Dinic's algorithm: shortest paths by levels, then all that fits along them. */
export function network(): Network {
  const heads: number[][] = [[], []];
  const ends: number[] = [];
  const room: number[] = [];

  const levels = (): readonly number[] => {
    const level = heads.map(() => -1);
    level[source] = 0;
    const pending = [source];
    for (let i = 0; i < pending.length; i++)
      for (const edge of heads[pending[i]])
        if (room[edge] > 0 && level[ends[edge]] < 0) {
          level[ends[edge]] = level[pending[i]] + 1;
          pending.push(ends[edge]);
        }
    return level;
  };

  /** One path from source to sink along growing levels; a loop, since paths are as long as networks are deep. */
  const augment = (level: readonly number[], next: number[]): boolean => {
    const path: number[] = [];
    for (let at = source; at !== sink; ) {
      const edge = heads[at][next[at]];
      if (edge === undefined) {
        const back = path.pop();
        if (back === undefined) return false;
        at = ends[back ^ 1];
        next[at]++;
      } else if (room[edge] > 0 && level[ends[edge]] === level[at] + 1) {
        path.push(edge);
        at = ends[edge];
      } else next[at]++;
    }
    const fits = path.reduce((least, edge) => Math.min(least, room[edge]), Number.POSITIVE_INFINITY);
    for (const edge of path) {
      room[edge] -= fits;
      room[edge ^ 1] += fits;
    }
    return true;
  };

  return {
    add: () => heads.push([]) - 1,
    join(from, to, capacity) {
      heads[from].push(ends.length);
      heads[to].push(ends.length + 1);
      ends.push(to, from);
      room.push(capacity, 0);
    },
    cut() {
      for (let level = levels(); level[sink] >= 0; level = levels()) {
        const next = heads.map(() => 0);
        while (augment(level, next));
      }
      return levels().map((l) => l >= 0);
    },
  };
}
