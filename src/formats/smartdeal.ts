/**
 * Units of rows of three, each made of a basis and three powers of two: what `tensor/decomposition.ts` says, packed.
 * Of Chen et al., "SmartDeal: Re-Modeling Deep Network Weights for Efficient Inference and Training", 2021.
 *
 *     rows:  1 1 0 1    a bit for each row of a filter: 1 where it is stored; the filters of a group share them
 *     pos:   0 3        rows that one filter stores before each group, and of all groups in the end
 *     codes: 3 0 9 ...  three codes of 4 bits for each stored row, filter by filter
 *     basis: 9 ...      nine numbers of 8 bits for each unit
 *     step:  0 0        for each unit, where in tab its scale is, in as few bits as tell them apart
 *     tab:   0.0078125  what the whole numbers of a unit are multiplied by
 *
 * So a unit of 192 rows takes 192 + 12 · (rows stored) + 72 bits, and besides its place in tab, and 2 or 4 bytes a group.
 */
import { bug } from '../diagnostic.ts';
import type { Expr } from '../loop/loop.ts';
import {
  add,
  assign,
  binary,
  both,
  cast,
  declare,
  div,
  less,
  load,
  local,
  loop,
  mod,
  mul,
  select,
  sub,
  sum,
  unary,
  when,
} from '../loop/loop.ts';
import { columnOf, wholeAt } from '../tensor/decomposition.ts';
import type { Matrix } from '../tensor/matrix.ts';
import { bitsFor, codeAt, codeBytes, loadCode, packCodes } from './bits.ts';
import type { Format, Place } from './format.ts';
import { placeBytes, placesFor } from './places.ts';

/** As a decomposition has them; `kernels` is 1 where rows are those of kernels of 3x3. */
type SmartDeal = Readonly<Record<'kernels' | 'rows' | 'units' | 'group', number>>;

type Part = 'rows' | 'pos' | 'codes' | 'basis' | 'step' | 'tab';

export const smartdeal: Format<SmartDeal, Part> = {
  name: 'smartdeal',
  doc: 'units of a small basis and powers of two, as they were made',

  detect({ units: made }) {
    // Of other weights it would be nobody's guess.
    if (!made) return { fits: [], refused: [] };
    const { along, rows, units, group } = made;
    return { fits: [{ kernels: along === 'kernels' ? 1 : 0, rows, units, group }], refused: [], asked: true };
  },

  fault({ columns, run }, { kernels, rows, units }) {
    const room = 3 * rows * units;
    const fits = kernels === 1 ? columns === 9 * run && room === columns : room >= columns;
    return fits ? undefined : `units of ${room} weights do not make rows of ${columns}`;
  },

  cost(m, params) {
    const { stored, groups } = rowsStored(m);
    const count = stored[stored.length - 1];
    const rows = entries(m.rows, params, stored);
    const scales = new Set(scalesOf(m)).size;
    const units = m.rows * params.units;
    const width = stepBits(scales);
    const steps = width > 8 ? 2 * units : codeBytes(units, width);
    const index = groups * bitBytes(params) + placeBytes(count + 1) * (groups + 1);
    const bytes = index + codeBytes(3 * rows, 4) + 9 * units + steps + 4 * scales;
    return { bytes, multiplies: 3 * rows, lookups: 0, tests: m.rows * params.units * params.rows };
  },

  pack(m, params) {
    const { rows, columns, run } = m;
    const { codes: all, basis, group, units, rows: height } = unitsOf(m);
    const { bits, stored } = rowsStored(m);
    const pos = placesFor(stored[stored.length - 1] + 1, stored.length);
    pos.set(stored);
    const codes = new Uint8Array(3 * entries(rows, params, stored));
    let end = 0;
    for (let filter = 0; filter < rows; filter++)
      for (let row = 0; row < units * height; row++) {
        if (!isStored(bits, params, Math.floor(filter / group), row)) continue;
        const at = 3 * (filter * units * height + row);
        for (let i = 0; i < 3; i++) codes[end++] = all[at + i];
      }
    const scales = scalesOf(m);
    const tab = Float32Array.from(new Set(scales));
    const placeOf = new Map(Array.from(tab, (scale, place) => [scale, place]));
    const places = scales.map((scale) => placeOf.get(scale) ?? 0);
    const width = stepBits(tab.length);
    const step = width > 8 ? Uint16Array.from(places) : packCodes(Uint8Array.from(places), width);
    const parts = { rows: bits, pos, codes: packCodes(codes, 4), basis: basis.slice(), step, tab };
    return { rows, columns, run, parts };
  },

  unpack({ rows, columns, run, parts }, params) {
    const { kernels, rows: height, units, group } = params;
    const data = new Float32Array(rows * columns);
    const along = kernels === 1 ? 'kernels' : 'neighbours';
    const width = stepBits(parts.tab.length);
    const unit = { rows: 1, shift: new Uint8Array(1), codes: new Uint8Array(3) };
    for (let filter = 0; filter < rows; filter++) {
      const g = Math.floor(filter / group);
      let next = group * parts.pos[g] + (filter % group) * (parts.pos[g + 1] - parts.pos[g]);
      for (let row = 0; row < units * height; row++) {
        if (!isStored(parts.rows, params, g, row)) continue;
        const u = filter * units + Math.floor(row / height);
        const basis = parts.basis.slice(9 * u, 9 * u + 9) as Int8Array<ArrayBuffer>;
        for (let i = 0; i < 3; i++) unit.codes[i] = codeAt(parts.codes, 4, 3 * next + i);
        const scale = parts.tab[width > 8 ? parts.step[u] : codeAt(parts.step, width, u)];
        for (let j = 0; j < 3; j++) {
          const column = columnOf(along, row, j, run);
          if (column < columns) data[filter * columns + column] = wholeAt({ ...unit, basis }, 0, 0, j) * scale;
        }
        next++;
      }
    }
    return { rows, columns, run, data };
  },

  walk({ columns, run, parts }, params, filter, visit) {
    const { kernels, rows: height, units, group } = params;
    const [g, k, p] = [local('g', 'i32'), local('k', 'i32'), local('p', 'i32')];
    const width = sub(load(parts.pos, add(g, 1)), load(parts.pos, g));
    const start = add(mul(load(parts.pos, g), group), mul(mod(filter, group), width));
    const codes = [0, 1, 2].map((i) => local(`code${i}`, 'i32'));
    const [b, scale] = [local('b', 'i32'), local('scale', 'f32')];
    const column = (row: Expr, j: Expr): Expr =>
      kernels === 1 ? add(mul(add(mul(mod(row, 3), 3), j), run), div(row, 3)) : add(mul(row, 3), j);
    const padded = kernels !== 1 && 3 * height * units > columns;
    const bytes = bitBytes(params);
    return [
      declare(g, div(filter, group)),
      declare(p, start),
      ...loop('u', 0, units, (u) => [
        declare(k, add(mul(filter, units), u)),
        declare(b, mul(k, 9)),
        declare(scale, load(parts.tab, step(parts, k))),
        ...loop('i', 0, height, (i) => {
          const row = add(mul(u, height), i);
          const bit = both(binary('>>', load(parts.rows, add(mul(g, bytes), binary('>>', row, 3))), both(row, 7)), 1);
          return [
            when(binary('!=', bit, 0), [
              ...codes.map((code, n) => declare(code, loadCode(parts.codes, 4, add(mul(p, 3), n)))),
              ...loop('j', 0, 3, (j) => {
                const terms = codes.map((code, n) => term(code, load(parts.basis, sum(b, 3 * n, j))));
                const body = visit(column(row, j), mul(cast('f32', sum(...terms)), scale));
                return padded ? [when(less(column(row, j), columns), body)] : body;
              }),
              assign(p, add(p, 1)),
            ]),
          ];
        }),
      ]),
    ];
  },
};

/** Bits of a place in a table of so many scales; over 8, all have 16. */
const stepBits = (scales: number): number => Math.max(1, bitsFor(scales));

const step = ({ step: packed, tab }: Place<Part>['parts'], unit: Expr): Expr =>
  stepBits(tab.length) > 8 ? load(packed, unit) : loadCode(packed, stepBits(tab.length), unit);

/** c · b, where `code` says c. */
function term(code: Expr, b: Expr): Expr {
  const shifted = binary('<<', b, sub(7, both(code, 7)));
  return select(binary('==', code, 0), 0, select(less(7, code), unary('neg', shifted), shifted));
}

const bitBytes = ({ units, rows }: Pick<SmartDeal, 'units' | 'rows'>): number => Math.ceil((units * rows) / 8);

const isStored = (bits: ArrayLike<number>, params: SmartDeal, group: number, row: number): boolean =>
  ((bits[group * bitBytes(params) + (row >> 3)] >> (row & 7)) & 1) === 1;

/** Rows that all filters store together. */
function entries(filters: number, { group }: SmartDeal, stored: ArrayLike<number>): number {
  const last = stored.length - 2;
  const [before, all] = [stored[last], stored[last + 1]];
  return group * before + (filters - group * last) * (all - before);
}

function unitsOf(m: Matrix): NonNullable<Matrix['units']> {
  return m.units ?? bug('weights that are made of no units are to be stored as such');
}

/** What each unit's whole numbers, before they are shifted, are multiplied by. */
const scalesOf = (m: Matrix): readonly number[] => {
  const { scale, shift, units } = unitsOf(m);
  return Array.from(shift, (s, unit) => scale[Math.floor(unit / units)] * 2 ** s);
};

/** A bit for each row of a group that some filter in it needs, and the number of such before each group. */
function rowsStored(m: Matrix) {
  const { codes, rows, units, group } = unitsOf(m);
  const [height, groups] = [rows * units, Math.ceil(m.rows / group)];
  const bytes = bitBytes({ rows, units });
  const bits = new Uint8Array(groups * bytes);
  const stored = new Int32Array(groups + 1);
  for (let g = 0; g < groups; g++) {
    stored[g + 1] = stored[g];
    for (let row = 0; row < height; row++) {
      let some = 0;
      for (let filter = g * group; filter < Math.min(m.rows, (g + 1) * group); filter++)
        for (let i = 0; i < 3; i++) some |= codes[3 * (filter * height + row) + i];
      if (some === 0) continue;
      bits[g * bytes + (row >> 3)] |= 1 << (row & 7);
      stored[g + 1]++;
    }
  }
  return { bits, stored, groups };
}
