/** Integer expressions as sums of variables times constants: by those it is known where loops write, and what divisions give. */
import type { Expr, Stmt, Var } from '../../src/loop/loop.ts';

/** base + Σ factor · variable, where no factor is 0. */
export interface Affine {
  readonly base: number;
  readonly terms: ReadonlyMap<Var, number>;
}

/** Both ends included. */
export interface Span {
  readonly low: number;
  readonly high: number;
}

export interface Known {
  /** Variables that are assigned after they were declared. */
  readonly changed: ReadonlySet<Var>;
  /** What the counters of loops can be. */
  readonly spans: ReadonlyMap<Var, Span>;
  /** Undefined where an expression is anything else, or rests on a variable that nobody knows. */
  affine(e: Expr): Affine | undefined;
  spanOf(sum: Affine): Span | undefined;
}

export const sameSum = (a: Affine, b: Affine): boolean =>
  a.base === b.base && a.terms.size === b.terms.size && Array.from(a.terms).every(([v, f]) => b.terms.get(v) === f);

const constant = (base: number): Affine => ({ base, terms: new Map() });

/** What is known of the variables of a step: those of loops with known ends, and those that are given a known value once. */
export function knownIn(body: readonly Stmt[]): Known {
  const spans = new Map<Var, Span>();
  const values = new Map<Var, Affine>();
  const changed = new Set<Var>();

  function spanOf({ base, terms }: Affine): Span | undefined {
    let [low, high] = [base, base];
    for (const [v, factor] of terms) {
      const span = spans.get(v);
      if (!span) return undefined;
      low += Math.min(factor * span.low, factor * span.high);
      high += Math.max(factor * span.low, factor * span.high);
    }
    return { low, high };
  }

  function affine(e: Expr): Affine | undefined {
    if (e.kind === 'number' && e.type === 'i32') return constant(e.value);
    if (e.kind === 'var') return values.get(e) ?? (spans.has(e) ? { base: 0, terms: new Map([[e, 1]]) } : undefined);
    if (e.kind !== 'binary') return undefined;
    const [left, right] = [affine(e.left), affine(e.right)];
    if (!left || !right) return undefined;
    if (e.op === '+') return combined(left, right, 1);
    if (e.op === '-') return combined(left, right, -1);
    if (e.op === '*' && right.terms.size === 0) return scaled(left, right.base);
    if (e.op === '*' && left.terms.size === 0) return scaled(right, left.base);
    if ((e.op === '/' || e.op === '%') && right.terms.size === 0) return divided(left, right.base)?.[e.op];
    return undefined;
  }

  /** sum = divisor · quotient + rest, where the terms that the divisor divides make the quotient and the rest fits below it. */
  function divided(
    { base, terms }: Affine,
    divisor: number,
  ): { readonly '/': Affine; readonly '%': Affine } | undefined {
    if (divisor <= 0) return undefined;
    const whole = Array.from(terms).filter(([, factor]) => factor % divisor === 0);
    const others = Array.from(terms).filter(([, factor]) => factor % divisor !== 0);
    const wholeBase = Math.floor(base / divisor);
    const rest: Affine = { base: base - wholeBase * divisor, terms: new Map(others) };
    const span = spanOf(rest);
    if (!span || span.low < 0 || span.high >= divisor) return undefined;
    const quotient = new Map(whole.map(([v, factor]) => [v, factor / divisor]));
    return { '/': { base: wholeBase, terms: quotient }, '%': rest };
  }

  function learn(statements: readonly Stmt[]): void {
    for (const s of statements) {
      if (s.kind === 'let' && s.name.type === 'i32' && !changed.has(s.name)) {
        const value = affine(s.value);
        if (value) values.set(s.name, value);
      }
      if (s.kind === 'for') {
        const [from, to] = [affine(s.from), affine(s.to)];
        const [first, end] = [from && spanOf(from), to && spanOf(to)];
        if (first && end) spans.set(s.index, { low: first.low, high: Math.max(first.low, end.high - 1) });
      }
      if (s.kind === 'for' || s.kind === 'if') learn(s.body);
    }
  }

  const note = (statements: readonly Stmt[]): void => {
    for (const s of statements) {
      if (s.kind === 'set') changed.add(s.name);
      if (s.kind === 'for' || s.kind === 'if') note(s.body);
    }
  };
  note(body);
  learn(body);
  return { changed, spans, affine, spanOf };
}

const scaled = ({ base, terms }: Affine, by: number): Affine =>
  by === 0 ? constant(0) : { base: base * by, terms: new Map(Array.from(terms, ([v, factor]) => [v, factor * by])) };

function combined(a: Affine, b: Affine, sign: 1 | -1): Affine {
  const terms = new Map(a.terms);
  for (const [v, factor] of b.terms) {
    const total = (terms.get(v) ?? 0) + sign * factor;
    if (total === 0) terms.delete(v);
    else terms.set(v, total);
  }
  return { base: a.base + sign * b.base, terms };
}
