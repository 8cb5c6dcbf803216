/** Loops that compute what they would load: what another step would have stored there is computed in its place. */
import { bug } from '../../src/diagnostic.ts';
import type { Arr, Expr, Stmt, Var } from '../../src/loop/loop.ts';
import { declare, local, typeOf } from '../../src/loop/loop.ts';
import type { Known } from './affine.ts';
import { knownIn } from './affine.ts';
import { inverseOf, isLoaded, nestOf, storedBy, turnsOf } from './nests.ts';
import { copied, withExpressions, withParts } from './rewrite.ts';

/** Undefined where elements are not computed one by one, or where more of them would be computed than there are. */
export function pulled(writer: readonly Stmt[], value: Arr, reader: readonly Stmt[]): readonly Stmt[] | undefined {
  const element = elementOf(writer, value);
  if (!element) return undefined;
  const keyOf = keysIn(knownIn(reader));
  let computed = 0;
  const block = (body: readonly Stmt[], outer: ReadonlyMap<string, Var>, turns: number): readonly Stmt[] => {
    const found = new Map(outer);
    return body.flatMap((s) => {
      const before: Stmt[] = [];
      const expression = (e: Expr): Expr => {
        const made = withParts(e, expression);
        if (made.kind !== 'load' || made.array !== value) return made;
        const key = keyOf(made.index);
        const known = key === undefined ? undefined : found.get(key);
        if (known) return known;
        const { statements, result } = element(made.index);
        before.push(...statements);
        computed += turns;
        if (key !== undefined) found.set(key, result);
        return result;
      };
      const changed = withExpressions(s, expression, (inner) => block(inner, found, turns * turnsIn(s)));
      return [...before, changed];
    });
  };
  const made = block(reader, new Map(), 1);
  return computed <= value.length ? made : undefined;
}

/** How often what is in a statement is done. A test that guards a load, as at borders, lets through half of what comes, if not more. */
const turnsIn = (s: Stmt): number => {
  if (s.kind === 'if') return 0.5;
  if (s.kind !== 'for') return 1;
  return s.from.kind === 'number' && s.to.kind === 'number' ? Math.max(0, s.to.value - s.from.value) : Infinity;
};

/** What places are the same as long as variables are. */
function keysIn({ changed }: Known): (e: Expr) => string | undefined {
  const numbers = new Map<Var, number>();
  const keyOf = (e: Expr): string | undefined => {
    if (e.kind === 'number') return String(e.value);
    if (e.kind === 'var') {
      if (changed.has(e)) return undefined;
      if (!numbers.has(e)) numbers.set(e, numbers.size);
      return `v${numbers.get(e)}`;
    }
    if (e.kind !== 'binary') return undefined;
    const [left, right] = [keyOf(e.left), keyOf(e.right)];
    return left === undefined || right === undefined ? undefined : `(${left} ${e.op} ${right})`;
  };
  return keyOf;
}

/** Statements that compute the element at a place, and the variable that it is then. */
type Element = (place: Expr) => { readonly statements: readonly Stmt[]; readonly result: Var };

function elementOf(writer: readonly Stmt[], value: Arr): Element | undefined {
  const known = knownIn(writer);
  const nest = nestOf(writer, known);
  const last = nest?.body.at(-1);
  if (!nest || last?.kind !== 'store' || storedBy(nest.body) !== 1 || turnsOf(nest) !== value.length) return undefined;
  const sum = known.affine(last.index);
  const counters = sum && inverseOf(sum, nest.counters, value.length);
  if (!counters || isLoaded(value, writer)) return undefined;
  return (index) => {
    const [place, result] = [local('place', 'i32'), local('value', typeOf(last.value))];
    const computed = [...nest.body.slice(0, -1), declare(result, last.value)];
    const statements = copied([declare(place, index), ...counters(place), ...computed]);
    const end = statements[statements.length - 1];
    return { statements, result: end.kind === 'let' ? end.name : bug('what was computed is in no variable') };
  };
}
