/** Loops that go on with what they would store: another step's work on an element follows where the element is computed. */
import type { Arr, Expr, Stmt } from '../../src/loop/loop.ts';
import { declare, local, typeOf } from '../../src/loop/loop.ts';
import { knownIn, sameSum } from './affine.ts';
import { inverseOf, isLoaded, loadsIn, nestOf, storedBy, storedIn, turnsOf, unitsOf } from './nests.ts';
import { copied, withExpressions, withParts } from './rewrite.ts';

/**
 * Undefined where the writer does not store each element once, reads it again, or where the reader's work on one element is not apart from
 * that on others.
 */
export function pushed(writer: readonly Stmt[], value: Arr, reader: readonly Stmt[]): readonly Stmt[] | undefined {
  if (storedBy(writer) !== value.length || isLoaded(value, writer)) return undefined;
  const units = unitsOf(reader);
  const using = units.filter((unit) => isLoaded(value, unit));
  if (using.length !== 1) return undefined;
  // What one part of the reader leaves for another has to be there in time.
  const stored = storedIn(reader);
  if (units.length > 1 && loadsIn(reader).some(({ array }) => stored.has(array))) return undefined;
  const [unit] = using;
  const work = workOf(unit, value);
  return work && units.flatMap((own) => (own === unit ? following(writer, value, work) : own));
}

/** What is to be done with an element and its place. */
type Work = (place: Expr, element: Expr) => readonly Stmt[];

function workOf(unit: readonly Stmt[], value: Arr): Work | undefined {
  const known = knownIn(unit);
  const nest = nestOf(unit, known);
  if (!nest || turnsOf(nest) !== value.length) return undefined;
  const sums = loadsIn(unit).flatMap(({ array, index }) => (array === value ? [known.affine(index)] : []));
  const [sum] = sums;
  if (!sum || sums.some((other) => !other || !sameSum(sum, other))) return undefined;
  const counters = inverseOf(sum, nest.counters, value.length);
  if (!counters) return undefined;
  return (place, element) => {
    const expression = (e: Expr): Expr => (e.kind === 'load' && e.array === value ? element : withParts(e, expression));
    const statement = (s: Stmt): Stmt => withExpressions(s, expression, (inner) => inner.map(statement));
    return [...counters(place), ...nest.body.map(statement)];
  };
}

const following = (body: readonly Stmt[], value: Arr, work: Work): readonly Stmt[] =>
  body.flatMap((s): readonly Stmt[] => {
    if (s.kind === 'for' || s.kind === 'if') return [{ ...s, body: following(s.body, value, work) }];
    if (s.kind !== 'store' || s.array !== value) return [s];
    const [place, element] = [local('place', 'i32'), local('value', typeOf(s.value))];
    return copied([declare(element, s.value), declare(place, s.index), ...work(place, element)]);
  });
