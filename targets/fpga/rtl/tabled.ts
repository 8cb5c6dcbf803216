/** What stands between layers and has a table or an order of its own: a Verilog module each. */
import type { Artefact } from '../../../src/target.ts';
import { bitsFor, type Field, type Rom, signedBits, widthOf } from '../contract/rom.ts';
import type { Concat, Lookup, Rearrange, Requantised } from '../pipeline/pipeline.ts';
import { bitsOf, type Instance, type Printing, reading, through, writing } from './instance.ts';
import { hexFile, lowered, narrowed, type Table, table, tableModules, tableView, wires } from './table.ts';

/** A stage that is a module of its own. */
function own(
  { name, render }: Printing,
  template: string,
  { view, tables, ...rest }: { readonly view: object; readonly tables: readonly Table[] } & Pick<Instance, 'wires'>,
): Instance {
  const text = render(`fpga/rtl/${template}.v.hbs`, { name, tables: tables.map((t) => tableView(name, t)), ...view });
  const source: Artefact = {
    path: `rtl/${name}.v`,
    contents: text + tableModules(name, tables, render),
    role: 'source',
  };
  return { module: name, parameters: {}, ...rest, artefacts: [source, ...tables.map((t) => hexFile(name, t))] };
}

const field = (name: string, values: Int32Array, signed = false): Field =>
  narrowed({ name, bits: 32, signed, each: 1, values });

/** A table with so many values in each field. In blocks of memory from 64 words on. */
function rom(name: string, fields: readonly Field[], depth: number): Rom {
  const width = widthOf(fields);
  return { name, depth, width, storage: depth <= 64 || depth * width <= 1024 ? 'distributed' : 'block', fields };
}

export function requantize(stage: Requantised, printing: Printing): Instance {
  const [shift, least] = lowered(field('shift', stage.shift));
  const multiplier = field('multiplier', stage.multiplier);
  const inBits = bitsOf(printing.streams, stage.inputs[0]);
  const outBits = bitsOf(printing.streams, stage.outputs[0]);
  const view = {
    inBits,
    inHigh: inBits - 1,
    outBits,
    outHigh: outBits - 1,
    channelHigh: wires(bitsFor(stage.channels)) - 1,
    lastChannel: stage.channels - 1,
    multiplierBits: wires(multiplier.bits),
    shiftBits: wires(shift.bits),
    shift: least,
    zero: stage.zero,
    low: stage.low,
    high: stage.high,
  };
  const tables = [table('ending', rom('ending', [multiplier, shift], stage.channels), 'ce')];
  return own(printing, 'convert', { view, tables, wires: through(stage) });
}

export function lookup(stage: Lookup, printing: Printing): Instance {
  const rows = stage.perChannel ? stage.channels : 1;
  const entries = rows * stage.size;
  const result = field('result', stage.table, true);
  const inHigh = bitsOf(printing.streams, stage.inputs[0]) - 1;
  const view = {
    ofEach: stage.perChannel ? ' of each channel' : '',
    inHigh,
    outHigh: bitsOf(printing.streams, stage.outputs[0]) - 1,
    wideHigh: Math.max(inHigh, signedBits(stage.low, stage.size)) + 2,
    atHigh: wires(bitsFor(entries)) - 1,
    channelHigh: wires(bitsFor(rows)) - 1,
    lastChannel: rows - 1,
    least: stage.low,
    size: stage.size,
    step: stage.perChannel ? stage.size : 0,
  };
  const tables = [table('entries', rom('entries', [result], entries), 'ce')];
  return own(printing, 'lookup', { view, tables, wires: through(stage) });
}

export function concat(stage: Concat, printing: Printing): Instance {
  const { counts, inputs, outputs } = stage;
  const view = {
    counts: counts.join(', '),
    inputs: inputs.map((stream, at) => ({ at, high: bitsOf(printing.streams, stream) - 1, last: counts[at] - 1 })),
    outHigh: bitsOf(printing.streams, outputs[0]) - 1,
    turnHigh: wires(bitsFor(inputs.length)) - 1,
    countHigh: wires(bitsFor(Math.max(...counts))) - 1,
    lastTurn: inputs.length - 1,
  };
  const ports = [...inputs.flatMap((stream, at) => reading(`in${at}`, stream)), ...writing('out', outputs[0])];
  return own(printing, 'concat', { view, tables: [], wires: ports });
}

export function rearrange(stage: Rearrange, printing: Printing): Instance {
  const { chunk, base } = stage;
  const loops = stage.loops.filter(({ count }) => count > 1);
  // From the last number of all loops inside to the next of this one.
  const steps = loops.map(({ stride }, at) =>
    loops.slice(at + 1).reduce((step, inner) => step - (inner.count - 1) * inner.stride, stride),
  );
  const step = steps.reduce((rest, by, at) => (at === 0 ? `${by}` : `!end${at} ? ${by} : ${rest}`), '0');
  const view = {
    chunk,
    base,
    step,
    high: bitsOf(printing.streams, stage.outputs[0]) - 1,
    style: chunk > 256 ? 'block' : 'distributed',
    lastKept: chunk - 1,
    atHigh: wires(bitsFor(chunk)) - 1,
    loops: loops.map(({ count }, loop) => ({
      loop,
      high: wires(bitsFor(count)) - 1,
      last: count - 1,
      inner: ["1'b1", ...loops.slice(loop + 1).map((_, i) => `end${loop + 1 + i}`)].join(' && '),
    })),
  };
  return own(printing, 'rearrange', { view, tables: [], wires: through(stage) });
}
