/** What somebody may have meant by a name that nothing has. */
import { closest, distance } from 'fastest-levenshtein';

/** The known name nearest to `name`, if one is near: at most half of its letters differ. */
export function nearest(name: string, known: Iterable<string>): string | undefined {
  const names = new Map(Array.from(known, (n) => [n.toLowerCase(), n]));
  if (names.size === 0 || name.length > 200) return undefined;
  const best = closest(name.toLowerCase(), [...names.keys()]);
  return distance(name.toLowerCase(), best) <= Math.max(name.length, best.length) / 2 ? names.get(best) : undefined;
}

/** `; did you mean "x"?` where something is near, and nothing elsewhere. */
export function suggestion(name: string, known: Iterable<string>): string {
  const best = nearest(name, known);
  return best === undefined ? '' : `did you mean "${best}"?`;
}
