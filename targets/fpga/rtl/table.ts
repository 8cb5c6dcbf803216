/** Tables of a plan as Verilog memories: a module and a file of hexadecimal words for each. */
import type { Artefact, Render } from '../../../src/target.ts';
import type { Layer } from '../contract/layer.ts';
import { bitsFor, type Field, packWord, type Rom, signedBits, widthOf } from '../contract/rom.ts';

export interface Table {
  /** Its name in the module that holds it. */
  readonly table: string;
  readonly rom: Rom;
  /** What moves the words: a signal. */
  readonly ce: string;
  readonly fields: readonly TableField[];
}

/** A field of one word, a value in each cycle: where its bits come from. */
export interface TableField {
  readonly field: string;
  readonly sign: 'signed ' | '';
  readonly high: number;
  readonly is: string;
}

/** Bits of a wire that has some even where nothing is to be told. */
export const wires = (bits: number): number => Math.max(bits, 1);

/** Fields of a table in order, packed from the lowest bit. One whose values are all the same is a constant of the module, and not stored. */
export function table(name: string, rom: Rom, ce: string): Table {
  const stored = rom.fields.filter((field) => !isConstant(field));
  const fields: TableField[] = [];
  let from = 0;
  for (const field of rom.fields) {
    const bits = field.bits * field.each;
    const kept = stored.includes(field);
    const is = kept ? `${name}_word[${from + bits - 1}:${from}]` : constant(field);
    fields.push({
      field: field.name,
      sign: field.signed && field.each === 1 ? 'signed ' : '',
      high: wires(field.bits) * field.each - 1,
      is,
    });
    if (kept) from += bits;
  }
  // A table of nothing is a word of one bit, which synthesis drops.
  const nothing: Field = { name: 'nothing', bits: 1, signed: false, each: 1, values: new Uint8Array(rom.depth) };
  const kept = stored.length > 0 ? stored : [nothing];
  return { table: name, rom: { ...rom, fields: kept, width: widthOf(kept) }, ce, fields };
}

const isConstant = ({ bits, each, values }: Field): boolean => {
  if (bits === 0) return true;
  for (let i = each; i < values.length; i++) if (values[i] !== values[i % each]) return false;
  return true;
};

function constant({ bits, each, values }: Field): string {
  if (bits === 0) return "1'b0";
  const parts = Array.from(
    { length: each },
    (_, i) => `${bits}'h${BigInt.asUintN(bits, BigInt(values[i])).toString(16)}`,
  );
  return `{ ${parts.reverse().join(', ')} }`;
}

/** A field of unsigned values less the least of them, which comes second. */
export function lowered(field: Field): readonly [Field, number] {
  let [low, high] = [Number.POSITIVE_INFINITY, 0];
  for (let i = 0; i < field.values.length; i++) {
    low = Math.min(low, field.values[i]);
    high = Math.max(high, field.values[i]);
  }
  const values = Int32Array.from(field.values, (value) => value - low);
  return [{ ...field, values, bits: bitsFor(high - low + 1) }, low];
}

/** A field with no more bits than its values need. */
export function narrowed(field: Field): Field {
  let [low, high] = [0, 0];
  for (let i = 0; i < field.values.length; i++) {
    low = Math.min(low, field.values[i]);
    high = Math.max(high, field.values[i]);
  }
  return { ...field, bits: field.signed ? signedBits(low, high) : bitsFor(high + 1) };
}

/** A plan's table as it is stored: shifts less the least of them, and no bits that are in no value. */
export interface Stored {
  readonly rom: Rom;
  /** The least shift. */
  readonly shift: number;
}

export function storedFields(rom: Rom): Stored {
  let shift = 1;
  const fields = rom.fields.map((field) => {
    if (field.name !== 'shift') return ['multiplier', 'bias'].includes(field.name) ? narrowed(field) : field;
    const [less, least] = lowered(field);
    shift = least;
    return less;
  });
  return { rom: { ...rom, fields, width: widthOf(fields) }, shift };
}

export const bitsIn = ({ fields }: Rom, name: string): number => wires(fields.find((f) => f.name === name)?.bits ?? 0);

/** Parameters of what comes behind a sum. */
export const endingView = (layer: Layer, { rom, shift }: Stored) => ({
  ...layer.ending,
  accumulatorBits: layer.accumulatorBits,
  totalBits: layer.sumBits,
  biasBits: bitsIn(rom, 'bias'),
  multiplierBits: bitsIn(rom, 'multiplier'),
  shiftBits: bitsIn(rom, 'shift'),
  shift,
});

/** Words that a component has from outside are on the chip here. */
const memories = { block: 'block', distributed: 'distributed', ultra: 'ultra', external: 'block' } as const;

export const tableView = (of: string, { table, rom, ce, fields }: Table) => ({
  table,
  ce,
  fields,
  module: `${of}_${table}`,
  file: `${of}_${table}.hex`,
  atHigh: wires(bitsFor(rom.depth)) - 1,
  wordHigh: rom.width - 1,
  last: rom.depth - 1,
  // What Vivado reads of a table is the second; yosys knows no small memory that is only read, and makes logic of it by the first.
  ramStyle: rom.storage === 'distributed' ? 'registers' : memories[rom.storage],
  romStyle: memories[rom.storage],
});

/** What `$readmemh` reads, a word a line. */
export function hexFile(of: string, { table, rom }: Table): Artefact {
  const digits = Math.ceil(rom.width / 4);
  const lines = Array.from({ length: rom.depth }, (_, at) => packWord(rom, at).toString(16).padStart(digits, '0'));
  return { path: `rtl/${of}_${table}.hex`, contents: `${lines.join('\n')}\n`, role: 'weights' };
}

export const tableModules = (of: string, tables: readonly Table[], render: Render): string =>
  tables.map((t) => render('fpga/rtl/table.v.hbs', tableView(of, t))).join('');
