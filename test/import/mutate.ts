/** Changes to JSON as damage and malice make them: any place, any value, and values that hurt. */
import fc from 'fast-check';

/** A value of JSON. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

type Path = readonly (string | number)[];

/** Every place in a value, the value itself included. */
function placesOf(value: Json, path: Path = []): readonly Path[] {
  if (typeof value !== 'object' || value === null) return [path];
  const inner = Array.isArray(value) ? [...value.entries()] : Object.entries(value);
  return [path, ...inner.flatMap(([key, v]) => placesOf(v as Json, [...path, key]))];
}

const at = (value: Json, path: Path): Json => path.reduce<Json>((v, key) => (v as Record<string, Json>)[key], value);

/** The value with another in one place; without the place where there is none. */
function put(value: Json, [key, ...rest]: Path, other: Json | undefined): Json {
  if (key === undefined) return other ?? null;
  if (Array.isArray(value)) {
    const index = Number(key);
    if (rest.length === 0 && other === undefined) return value.filter((_, i) => i !== index);
    return value.map((v: Json, i) => (i === index ? put(v, rest, other) : v));
  }
  const entries = Object.entries(value as Record<string, Json>);
  const kept = rest.length === 0 && other === undefined ? entries.filter(([k]) => k !== key) : entries;
  return Object.fromEntries(kept.map(([k, v]) => [k, k === key ? put(v, rest, other) : v]));
}

/** Numbers at which sizes, masks and indices go wrong. */
const numbers = fc.oneof(
  fc.integer({ min: -3, max: 9 }),
  fc.constantFrom(-1, 0, 1, 2 ** 31 - 1, 2 ** 31, 2 ** 32, 2 ** 53, -(2 ** 31), 1e308, -0, 0.5, 65536),
);

const texts = (words: readonly string[]) =>
  fc.oneof(
    fc.constantFrom(...words),
    fc.constantFrom(
      '__proto__',
      'constructor',
      '',
      '../x',
      'a"b\n*/',
      '-1',
      '0',
      '3',
      '2147483648',
      'NaN',
      'U0FNRQ==',
      'DT_BOOL',
      'DT_STRING',
    ),
    fc.string({ maxLength: 8 }),
  );

/** One or several changes of a value; `words` are texts that mean something in it. */
export function mutated(value: Json, words: readonly string[]): fc.Arbitrary<Json> {
  const places = placesOf(value);
  const place = fc.constantFrom(...places);
  const leaf: fc.Arbitrary<Json> = fc.oneof(numbers, texts(words), fc.constant(null), fc.boolean());
  const other: fc.Arbitrary<Json> = fc.oneof(
    { weight: 4, arbitrary: leaf },
    fc.array(leaf, { maxLength: 5 }),
    fc.dictionary(fc.string({ maxLength: 4 }), leaf, { maxKeys: 3 }),
  );
  const change = fc.oneof(
    // Something else instead.
    { weight: 3, arbitrary: fc.record({ to: place, value: other }) },
    // What stands in another place.
    { weight: 2, arbitrary: fc.record({ to: place, from: place }) },
    // Another of its own kind.
    { weight: 4, arbitrary: fc.record({ to: place, near: fc.nat(1000), number: numbers, text: texts(words) }) },
    // Nothing.
    { weight: 1, arbitrary: fc.record({ to: place }) },
  );
  const exists = (v: Json, path: Path): boolean =>
    path.length === 0 ||
    (typeof v === 'object' &&
      v !== null &&
      Object.hasOwn(v, path[0]) &&
      exists((v as Record<string, Json>)[path[0]], path.slice(1)));
  return fc.array(change, { minLength: 1, maxLength: 3 }).map((changes) =>
    changes.reduce<Json>((now, c) => {
      if (!exists(now, c.to) || c.to.length === 0) return now;
      if ('value' in c) return put(now, c.to, c.value);
      if ('from' in c) return exists(now, c.from) ? put(now, c.to, at(now, c.from)) : now;
      if (!('near' in c)) return put(now, c.to, undefined);
      const old = at(now, c.to);
      if (typeof old === 'number') return put(now, c.to, c.number);
      if (typeof old === 'string') return put(now, c.to, /^-?\d+$/.test(old) ? String(c.number) : c.text);
      if (typeof old === 'boolean') return put(now, c.to, !old);
      if (!Array.isArray(old) || old.length === 0) return now;
      const i = c.near % old.length;
      const twice = [...old.slice(0, i), old[i], ...old.slice(i)] as Json[];
      return put(now, c.to, c.near % 2 === 0 ? twice : (old.toReversed() as Json[]));
    }, value),
  );
}

/** Shards that are cut, that go on, and whose bits flip. */
export function mutatedBytes(data: Uint8Array<ArrayBuffer>): fc.Arbitrary<Uint8Array<ArrayBuffer>> {
  return fc.oneof(
    { weight: 4, arbitrary: fc.constant(data) },
    fc.nat(data.length).map((n) => data.slice(0, n)),
    fc.uint8Array({ minLength: 1, maxLength: 9 }).map((tail) => Uint8Array.from([...data, ...tail])),
    fc
      .array(fc.record({ at: fc.nat(Math.max(0, data.length - 1)), value: fc.nat(255) }), { maxLength: 20 })
      .map((flips) => {
        const copy = data.slice();
        for (const { at: i, value } of flips) copy[i] = value;
        return copy;
      }),
  );
}
