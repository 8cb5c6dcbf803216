/** Where formats start to win, from points of a sweep. */
import type { Crossing, Point } from './report.ts';

type Ratio = 'overDense' | 'overOrt' | 'overOrtInt8';

/** Points of one shape and one pattern by share of zeros: of each the fastest format. */
export function bestBy(points: readonly Point[], shape: string, pattern: string): readonly Point[] {
  const best = new Map<number, Point>();
  for (const point of points) {
    if (point.shape !== shape || point.pattern !== pattern) continue;
    const known = best.get(point.zeros);
    if (!known || point.ms < known.ms) best.set(point.zeros, point);
  }
  return [...best.values()].sort((a, b) => a.zeros - b.zeros);
}

export const crossingsOf = (points: readonly Point[]): readonly Crossing[] =>
  [...new Set(points.map(({ shape }) => shape))].flatMap((shape) =>
    [...new Set(points.filter((p) => p.shape === shape).map(({ pattern }) => pattern))].map((pattern) => {
      const best = bestBy(points, shape, pattern);
      return {
        shape,
        pattern,
        dense: crossing(best, 'overDense'),
        ort: crossing(best, 'overOrt'),
        ortInt8: crossing(best, 'overOrtInt8'),
      };
    }),
  );

/** The share of zeros from which on all points win: between two points on a straight line; null where the last one loses. */
function crossing(best: readonly Point[], ratio: Ratio): number | null {
  const lost = best.findLastIndex((point) => point[ratio] < 1);
  const [below, above] = [best[lost], best[lost + 1]];
  if (!above) return null;
  if (!below) return above.zeros;
  const share = (1 - below[ratio]) / (above[ratio] - below[ratio]);
  return below.zeros + share * (above.zeros - below.zeros);
}
