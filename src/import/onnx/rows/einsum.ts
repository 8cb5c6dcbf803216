/** Einstein sums: operands whose axes have names, summed over the names that the result leaves out. */
import { elements } from '../../../tensor/type.ts';
import type { Value } from '../../builder.ts';
import { broken } from '../../builder.ts';
import { binary, reshape, transpose } from '../../compose.ts';
import type { Scope } from '../../scope.ts';
import { linear } from './product.ts';

/** One name for each axis. */
export interface Term {
  readonly value: Value;
  readonly names: readonly string[];
}

/**
 * The product of the terms, one after the other, summed over what `result` does not name. Axes of size 1 broadcast; a
 * name that occurs twice in a term takes its diagonal. Every name of the result is in `sizes`.
 */
export function einstein(
  scope: Scope,
  terms: readonly Term[],
  result: readonly string[],
  sizes: ReadonlyMap<string, number>,
): Value {
  const [first, ...others] = terms.map((term) => withoutOnes(scope, diagonal(scope, term)));
  if (scope.failed) return broken;
  let total = first;
  for (const [i, other] of others.entries()) {
    const later = new Set([...result, ...others.slice(i + 1).flatMap((term) => term.names)]);
    total = pair(scope, total, other, later);
    if (scope.failed) return broken;
  }
  const summed = sumOver(scope, total, (name) => result.includes(name));
  const long = result.filter((name) => summed.names.includes(name));
  return reshape(
    scope,
    ordered(scope, summed, long),
    result.map((name) => sizes.get(name) ?? 1),
  );
}

/** The axes of equal names side by side, as one axis, of which the diagonal is every (size + 1)-th element. */
function diagonal(scope: Scope, term: Term): Term {
  const { value, names } = term;
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice === undefined || scope.failed) return term;
  const [p, q] = [names.indexOf(twice), names.lastIndexOf(twice)];
  const { shape } = value.type;
  const [a, b] = [shape[p], shape[q]];
  if (a !== b) {
    scope.fail(`takes the diagonal of ${a}x${b}`);
    return term;
  }
  const rest = names.map((_, axis) => axis).filter((axis) => axis !== p && axis !== q);
  const outer = rest.map((axis) => shape[axis]);
  const square = reshape(scope, transpose(scope, value, [...rest, p, q]), [...outer, a * a]);
  const begin = [...outer.map(() => 0), 0];
  const line = scope.call({ kind: 'slice', begin, size: [...outer, a], step: [...outer.map(() => 1), a + 1] }, square);
  return diagonal(scope, { value: line, names: [...rest.map((axis) => names[axis]), twice] });
}

function withoutOnes(scope: Scope, { value, names }: Term): Term {
  const { shape } = value.type;
  return {
    value: reshape(
      scope,
      value,
      shape.filter((d) => d !== 1),
    ),
    names: names.filter((_, axis) => shape[axis] !== 1),
  };
}

function sumOver(scope: Scope, { value, names }: Term, keep: (name: string) => boolean): Term {
  const axes = [...names.keys()].filter((axis) => !keep(names[axis]));
  if (axes.length === 0) return { value, names };
  return { value: scope.call({ kind: 'reduce', fn: 'sum', axes, keep: false }, value), names: names.filter(keep) };
}

const ordered = (scope: Scope, { value, names }: Term, wanted: readonly string[]): Value =>
  transpose(
    scope,
    value,
    wanted.map((name) => names.indexOf(name)),
  );

/** The product of two terms, summed over the names that nobody needs later. */
function pair(scope: Scope, left: Term, right: Term, later: ReadonlySet<string>): Term {
  const a = sumOver(scope, left, (name) => later.has(name) || right.names.includes(name));
  const b = sumOver(scope, right, (name) => later.has(name) || left.names.includes(name));
  const common = a.names.filter((name) => b.names.includes(name));
  const batch = common.filter((name) => later.has(name));
  const inner = common.filter((name) => !later.has(name));
  const rows = a.names.filter((name) => !b.names.includes(name));
  const columns = b.names.filter((name) => !a.names.includes(name));
  const names = [...batch, ...rows, ...columns];
  const size = (name: string): number => [a, b].flatMap((t) => sizeIn(t, name) ?? [])[0];
  const sizes = (list: readonly string[]): readonly number[] => list.map(size);
  if (inner.length === 0) {
    const wide = reshape(scope, ordered(scope, a, [...batch, ...rows]), [
      ...sizes([...batch, ...rows]),
      ...columns.map(() => 1),
    ]);
    const deep = reshape(scope, ordered(scope, b, [...batch, ...columns]), [
      ...sizes(batch),
      ...rows.map(() => 1),
      ...sizes(columns),
    ]);
    return { value: binary(scope, 'mul', wide, deep), names };
  }
  const [m, k, n] = [rows, inner, columns].map((list) => elements(sizes(list)));
  if (batch.length === 0 && b.value.data) {
    const weights = reshape(scope, ordered(scope, b, [...columns, ...inner]), [n, k]);
    const x = reshape(scope, ordered(scope, a, [...rows, ...inner]), [...sizes(rows), k]);
    return { value: reshape(scope, linear(scope, x, weights), sizes(names)), names };
  }
  if (batch.length === 0 && a.value.data) return pair(scope, b, a, later);
  const outer = sizes(batch);
  const transposeA = isAfter(a.names, inner, rows);
  const transposeB = isAfter(b.names, columns, inner);
  const first = ordered(scope, a, [...batch, ...(transposeA ? [...inner, ...rows] : [...rows, ...inner])]);
  const second = ordered(scope, b, [...batch, ...(transposeB ? [...columns, ...inner] : [...inner, ...columns])]);
  const product = scope.call(
    { kind: 'matmul', transposeA, transposeB },
    reshape(scope, first, [...outer, ...(transposeA ? [k, m] : [m, k])]),
    reshape(scope, second, [...outer, ...(transposeB ? [n, k] : [k, n])]),
  );
  return { value: reshape(scope, product, sizes(names)), names };
}

function sizeIn({ value, names }: Term, name: string): number | undefined {
  const axis = names.indexOf(name);
  return axis < 0 ? undefined : value.type.shape[axis];
}

/** Whether the last of the axes belongs to the second group, and so the first group stands before it. */
const isAfter = (names: readonly string[], first: readonly string[], second: readonly string[]): boolean =>
  first.length > 0 && second.includes(names.at(-1) ?? '');
