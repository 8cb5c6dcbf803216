/** Loops printed as C compute what the interpreter of the loop language computes, bit for bit. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Arr, Expr, Stmt } from '../src/loop/loop.ts';
import {
  accumulate,
  add,
  assign,
  binary,
  cast,
  declare,
  div,
  f32,
  i32,
  load,
  local,
  loop,
  max,
  min,
  mod,
  mul,
  select,
  store,
  sub,
  typeOf,
  unary,
  when,
} from '../src/loop/loop.ts';
import { run as interpret } from '../src/loop/run.ts';
import type { Numbers } from '../src/tensor/numbers.ts';
import { bytesOf, sameBits, zeros } from '../src/tensor/numbers.ts';
import { ctype } from '../targets/c.ts';
import { partsFor } from '../targets/cpu/parts.ts';
import { syntax } from '../targets/cpu/syntax.ts';
import { printLoops } from '../targets/print.ts';
import { bytesIn, folderWith, render, run } from './cpu-build.ts';

/** Random programs compare things with themselves, which is no reason to warn. */
const flags = ['-std=c11', '-O1', '-ffp-contract=off', '-Wconversion', '-pedantic', '-Werror'];
const watched = ['-fsanitize=undefined', '-fno-sanitize-recover=all'];

/** Compiles and runs statements over arrays with contents, all of which are given back as C leaves them. */
function runC(body: readonly Stmt[], memory: ReadonlyMap<Arr, Numbers>): ReadonlyMap<Arr, Numbers> {
  const arrays = [...memory.keys()];
  const parameters = arrays.map((a) => `${ctype[a.dtype]} *restrict ${a.name}`).join(', ');
  const text = `static void body(${parameters}) {\n${printLoops(body, syntax, { reserved: arrays.map((a) => a.name), indent: '  ' })}\n}`;
  const source = `#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#define INLINE static inline __attribute__((unused))
${partsFor(text, render)}
${text}
${arrays.map((a) => `static ${ctype[a.dtype]} ${a.name}[${a.length}];`).join('\n')}
int main(void) {
  FILE *file = fopen("memory.bin", "rb");
  size_t got = 0;
  if (file == NULL) return 1;
${arrays.map((a) => `  got += fread(${a.name}, sizeof ${a.name}, 1, file);`).join('\n')}
  fclose(file);
  body(${arrays.map((a) => a.name).join(', ')});
  file = fopen("memory.bin", "wb");
  if (file == NULL || got != ${arrays.length}) return 1;
${arrays.map((a) => `  fwrite(${a.name}, sizeof ${a.name}, 1, file);`).join('\n')}
  return fclose(file);
}
`;
  const folder = folderWith({
    artefacts: [{ path: 'main.c', contents: source, role: 'source' }],
  });
  writeFileSync(join(folder, 'memory.bin'), Buffer.concat(arrays.map((a) => bytesOf(memory.get(a) ?? zeros('u8', 0)))));
  run(folder, 'gcc', [...flags, ...watched, 'main.c', '-lm', '-o', 'main']);
  run(folder, './main', []);
  const bytes = bytesIn(folder, 'memory.bin');
  let at = 0;
  return new Map(
    arrays.map((a) => {
      const data = zeros(a.dtype, a.length);
      bytesOf(data).set(bytes.subarray(at, at + data.byteLength));
      at += data.byteLength;
      return [a, data];
    }),
  );
}

/** Both ways of running, from the same memory. */
function both(body: readonly Stmt[], memory: ReadonlyMap<Arr, Numbers>) {
  const interpreted = new Map([...memory].map(([a, data]) => [a, data.slice() as Numbers]));
  interpret(body, interpreted);
  return { interpreted, compiled: runC(body, memory) };
}

const array = (name: string, dtype: Arr['dtype'], data: readonly number[]): readonly [Arr, Numbers] => {
  const held = zeros(dtype, data.length);
  held.set(data);
  return [{ name, dtype, length: data.length }, held];
};

const floats = [0, -0, 1, -1, 0.5, -0.5, 1.5, 2.5, -2.5, 3.75, 1e-40, -1e30, 8388609, Number.NaN, Infinity, -Infinity];
const integers = [0, 1, -1, 2, -2, 7, -7, 31, 100, -100, 65535, 2147483647, -2147483648, 1 << 20, 3, -3];

describe('operators', () => {
  test('of one and two numbers, for numbers of every kind', () => {
    const [a, b] = [array('a', 'f32', floats), array('b', 'i32', integers)];
    const ops = ['neg', 'abs', 'sqrt', 'floor', 'ceil', 'round'] as const;
    const f2 = ['+', '-', '*', '/', '%', 'remainder', 'min', 'max', '<', '<=', '==', '!='] as const;
    const i2 = [
      '+',
      '-',
      '*',
      'quotient',
      'remainder',
      'pow',
      '^',
      'min',
      'max',
      '<',
      '<=',
      '==',
      '!=',
      '&',
      '|',
    ] as const;
    const count = floats.length;
    const out: (readonly [Arr, Numbers])[] = [];
    const hold = (e: Expr, at: Expr, size: number): Stmt => {
      const made = array(`r${out.length}`, typeOf(e), Array<number>(size).fill(0));
      out.push(made);
      return store(made[0], at, e);
    };
    const body = loop('i', 0, count, (i) => {
      const [x, n] = [load(a[0], i), load(b[0], i)];
      return [
        ...ops.map((op) => hold(unary(op, x), i, count)),
        ...(['neg', 'abs', 'popcount'] as const).map((op) => hold(unary(op, n), i, count)),
        ...[3, 1, 64].flatMap((d) => [hold(div(n, d), i, count), hold(mod(n, d), i, count)]),
        ...[0, 5, 31].flatMap((s) => [hold(binary('<<', n, s), i, count), hold(binary('>>', n, s), i, count)]),
        hold(cast('f32', n), i, count),
        hold(select(binary('<', n, i32(5)), x, f32(2)), i, count),
        ...loop('j', 0, count, (j) => {
          const [y, m] = [load(a[0], j), load(b[0], j)];
          const at = add(mul(i, count), j);
          return [
            ...f2.map((op) => hold(binary(op, x, y), at, count * count)),
            ...i2.map((op) => hold(binary(op, n, m), at, count * count)),
          ];
        }),
      ];
    });
    const { interpreted, compiled } = both(body, new Map([a, b, ...out]));
    for (const [r] of out) expect(bitsOf(compiled.get(r)), r.name).toEqual(bitsOf(interpreted.get(r)));
  });

  test('f32 becomes i32 towards zero', () => {
    const a = array('a', 'f32', [0, -0.9, 0.9, 1.5, -1.5, 2147483520, -2147483648]);
    const r = array('r', 'i32', [9, 9, 9, 9, 9, 9, 9]);
    const { compiled } = both(
      loop('i', 0, 7, (i) => [store(r[0], i, cast('i32', load(a[0], i)))]),
      new Map([a, r]),
    );
    expect([...(compiled.get(r[0]) ?? [])]).toEqual([0, 0, 0, 1, -1, 2147483520, -2147483648]);
  });

  test('arrays of every element type', () => {
    const dtypes = ['f32', 'f16', 'i32', 'u32', 'i16', 'u16', 'i8', 'u8'] as const;
    const from = dtypes.map((dtype) =>
      array(`a_${dtype}`, dtype, [0, 1, 2, 100, 127, 15360, 64512, 31745, 1].slice(0, dtype.endsWith('8') ? 5 : 9)),
    );
    const to = dtypes.map((dtype, i) =>
      array(`r_${dtype}`, dtype, from[i][0].length === 5 ? [0, 0, 0, 0, 0] : Array<number>(9).fill(0)),
    );
    const body = from.flatMap(([a], k) => loop('i', 0, a.length, (i) => [store(to[k][0], i, load(a, i))]));
    const { interpreted, compiled } = both(body, new Map([...from, ...to]));
    for (const [r] of to)
      expect(sameBits(compiled.get(r) as Numbers, interpreted.get(r) as Numbers), r.name).toBe(true);
  });
});

/** NaN has many forms, and machines differ in which one they give. */
const bitsOf = (data: Numbers | undefined): readonly (number | string)[] =>
  Array.from(data ?? [], (v) => (Object.is(v, -0) ? '-0' : Number.isNaN(v) ? 'NaN' : v));

/** Numbers that depend on the seed alone. */
function dice(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9;
    return ((state ^ (state >>> 13)) >>> 0) % below;
  };
}

/** A random expression over variables, small enough that no integer overflows. */
function expression(roll: (below: number) => number, vars: readonly Expr[], type: 'f32' | 'i32', depth: number): Expr {
  const again = (t: 'f32' | 'i32'): Expr => expression(roll, vars, t, depth - 1);
  if (depth === 0) {
    const fit = vars.filter((v) => typeOf(v) === type);
    if (roll(3) > 0) return fit[roll(fit.length)];
    return type === 'f32' ? f32((roll(33) - 16) / 4) : i32(roll(9) - 4);
  }
  if (type === 'f32') {
    const op = (['+', '-', '*', 'min', 'max'] as const)[roll(8)];
    if (op) return binary(op, again('f32'), again('f32'));
    return roll(2)
      ? select(binary('<', again('f32'), again('f32')), again('f32'), again('f32'))
      : cast('f32', again('i32'));
  }
  const op = (['+', '-', 'min', 'max', '<', '<=', '==', '!=', '&', '|'] as const)[roll(14)];
  if (op) return binary(op, again('i32'), again('i32'));
  const low = (e: Expr): Expr => max(min(e, 1000), -1000);
  if (roll(3) === 0) return mul(low(again('i32')), low(again('i32')));
  return roll(2) ? div(again('i32'), 1 + roll(7)) : mod(again('i32'), 1 + roll(7));
}

test('random programs: precedence, nesting, division of what may be negative, names that meet', () => {
  const roll = dice(1);
  const [fa, ia, fr, ir] = [
    array('fa', 'f32', [1.5, -2, 0.25, 3]),
    array('ia', 'i32', [5, -3, 2, 7]),
    array('fr', 'f32', Array<number>(200).fill(0)),
    array('ir', 'i32', Array<number>(200).fill(0)),
  ];
  const body = Array.from({ length: 50 }, (_, k) =>
    loop('i', 0, 4, (i) => {
      const [x, n, sum] = [local('i', 'f32'), local('n', 'i32'), local('fa', 'f32')];
      const vars = [i, x, n, sum, load(fa[0], i), load(ia[0], sub(3, i))];
      return [
        declare(
          x,
          expression(
            roll,
            vars.filter((v) => v !== x && v !== n && v !== sum),
            'f32',
            2,
          ),
        ),
        declare(n, expression(roll, [i, x], 'i32', 0)),
        declare(sum, f32(0)),
        ...loop('i', -1, add(i, 1), (j) => [
          when(expression(roll, [...vars, j], 'i32', 2), [accumulate(sum, expression(roll, [...vars, j], 'f32', 3))]),
          assign(n, mod(expression(roll, [...vars, j], 'i32', 3), 50)),
        ]),
        store(fr[0], add(4 * k, i), sum),
        store(ir[0], add(4 * k, i), add(n, expression(roll, vars, 'i32', 4))),
      ];
    }),
  ).flat();
  const { interpreted, compiled } = both(body, new Map([fa, ia, fr, ir]));
  for (const [r] of [fr, ir]) expect(bitsOf(compiled.get(r))).toEqual(bitsOf(interpreted.get(r)));
  expect(new Set(bitsOf(compiled.get(fr[0]))).size).toBeGreaterThan(50);
});
