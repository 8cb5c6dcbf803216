/** Maximum flows, and the smallest cut that is nearest to the source. */

export interface Arc {
  readonly from: number;
  readonly to: number;
  /** A whole number, or Infinity. */
  readonly capacity: number;
}

/**
 * The nodes of `0 .. count − 1` that the source still reaches when as much flows to the sink as can: the source's side of
 * the minimum cut, and of all such cuts the one with the fewest nodes on that side. Dinic's algorithm: O(n² · arcs) at
 * most, far less where capacities are few. Some arc of every path from source to sink must be finite.
 */
export function sourceSide(count: number, arcs: readonly Arc[], source: number, sink: number): ReadonlySet<number> {
  // Arc i and arc i ^ 1 are each other's way back.
  const to: number[] = [];
  const room: number[] = [];
  const out: number[][] = Array.from({ length: count }, () => []);
  for (const { from, to: end, capacity } of arcs) {
    out[from].push(to.push(end) - 1);
    out[end].push(to.push(from) - 1);
    room.push(capacity, 0);
  }

  const levels = (): readonly number[] => {
    const level = new Array<number>(count).fill(-1);
    level[source] = 0;
    const queue = [source];
    for (const node of queue)
      for (const arc of out[node])
        if (room[arc] > 0 && level[to[arc]] < 0) {
          level[to[arc]] = level[node] + 1;
          queue.push(to[arc]);
        }
    return level;
  };

  let level = levels();
  while (level[sink] >= 0) {
    const next = new Array<number>(count).fill(0);
    for (let path = pathOf(level, next); path; path = pathOf(level, next)) {
      const least = path.reduce((most, arc) => Math.min(most, room[arc]), Infinity);
      for (const arc of path) {
        room[arc] -= least;
        room[arc ^ 1] += least;
      }
    }
    level = levels();
  }
  return new Set(level.flatMap((at, node) => (at >= 0 ? [node] : [])));

  /** Arcs with room from the source to the sink, each one level further. `next` says which arcs are worth a try. */
  function pathOf(level: readonly number[], next: number[]): readonly number[] | undefined {
    const path: number[] = [];
    let node = source;
    while (node !== sink) {
      const arc = out[node][next[node]];
      if (arc !== undefined && room[arc] > 0 && level[to[arc]] === level[node] + 1) {
        path.push(arc);
        node = to[arc];
      } else if (arc !== undefined) next[node]++;
      else {
        const back = path.pop();
        if (back === undefined) return undefined;
        node = to[back ^ 1];
        next[node]++;
      }
    }
    return path;
  }
}
