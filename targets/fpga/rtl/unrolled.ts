/** Layers with a chain of shifts and adders for every row, as a Verilog module each: a line an adder, with a register behind it. */
import { bug } from '../../../src/diagnostic.ts';
import type { Artefact, Render } from '../../../src/target.ts';
import type { Term, UnrolledPlan } from '../contract/engine.ts';
import type { Layer } from '../contract/layer.ts';
import { bitsFor } from '../contract/rom.ts';
import { endingView, hexFile, storedFields, table, tableModules, tableView, wires } from './table.ts';

export interface UnrolledOptions {
  readonly name: string;
  readonly layer: Layer;
  readonly plan: UnrolledPlan;
  /** Of a result. */
  readonly outBits: number;
  readonly render: Render;
}

export function printUnrolled({ name, layer, plan, outBits, render }: UnrolledOptions): readonly Artefact[] {
  const { rows, accumulatorBits: sumBits } = layer;
  const rom = plan.roms.find((r) => r.name === 'ending') ?? bug('no table ending');
  const stored = storedFields(rom);
  const tables = [table('ending', stored.rom, 'ce_out')];
  const endings = [{ ...endingView(layer, stored), outBits }];
  const view = {
    name,
    title: `${rows} rows, ${layer.channels} channels, ${layer.taps.join(' x ')} taps: engine ${plan.engine}, ${plan.adders.length} adders`,
    tables: tables.map((t) => tableView(name, t)),
    ...geometry(layer),
    ...logic(layer, plan),
    rows,
    sumBits,
    sumHigh: sumBits - 1,
    heldHigh: rows * sumBits - 1,
    leftHigh: bitsFor(rows + 1) - 1,
    entryHigh: wires(bitsFor(rows)) - 1,
    levels: plan.levels,
    inHigh: layer.inputBits - 1,
    outHigh: outBits - 1,
    requantised: layer.ending ? endings : [],
    raw: layer.ending ? [] : endings,
  };
  const module = render('fpga/rtl/unrolled.v.hbs', view) + tableModules(name, tables, render);
  return [{ path: `rtl/${name}.v`, contents: module, role: 'source' }, ...tables.map((t) => hexFile(name, t))];
}

interface Register {
  readonly id: string;
  readonly high: number;
  readonly is: string;
}

/** Adders, and registers in which what comes too soon waits. */
function logic(layer: Layer, { adders, results, levels }: UnrolledPlan) {
  const registers: Register[] = [];
  const made = new Set<string>();
  const used = new Set<number>();

  /** What the term's source was, when `level` cycles have passed since the window moved. */
  const at = ({ from, of }: Term, level: number): string => {
    const own = from === 'column' ? 0 : adders[of].level;
    const bits = from === 'column' ? layer.inputBits : adders[of].bits;
    if (from === 'column') used.add(of);
    let id = from === 'column' ? `c${of}` : `a${of}`;
    for (let i = own; i < level; i++) {
      const next = `${from === 'column' ? 'c' : 'a'}${of}_${i + 1}`;
      if (!made.has(next)) registers.push({ id: next, high: bits - 1, is: id });
      made.add(next);
      id = next;
    }
    return id;
  };
  const shifted = (id: string, { shift }: Term): string => (shift > 0 ? `(${id} <<< ${shift})` : id);

  for (const [i, { left, right, bits, level }] of adders.entries()) {
    const [a, b] = [shifted(at(left, level - 1), left), shifted(at(right, level - 1), right)];
    const is = left.negative
      ? right.negative
        ? `-${a} - ${b}`
        : `${b} - ${a}`
      : `${a} ${right.negative ? '-' : '+'} ${b}`;
    registers.push({ id: `a${i}`, high: bits - 1, is });
  }
  const high = layer.accumulatorBits - 1;
  const rows = results.map((term, r): Register => {
    if (!term) return { id: `r${r}`, high, is: '0' };
    return { id: `r${r}`, high, is: `${term.negative ? '-' : ''}${shifted(at(term, levels), term)}` };
  });
  const columns = [...used]
    .sort((a, b) => a - b)
    .map((column) => ({
      id: `c${column}`,
      high: layer.inputBits - 1,
      bits: layer.inputBits,
      from: place(layer, column) * layer.inputBits,
    }));
  return {
    columns,
    registers,
    results: rows,
    allResults: rows
      .map(({ id }) => id)
      .toReversed()
      .join(', '),
  };
}

/** Rows and columns of the window, from the first tap to the last. */
const span = ({ taps, dilation }: Layer, axis: 0 | 1): number => (taps[axis] - 1) * dilation[axis] + 1;

/** Where a column of the matrix is among the window's numbers. */
function place(layer: Layer, column: number): number {
  const { channels, taps, dilation } = layer;
  const tap = Math.floor(column / channels);
  const [ky, kx] = [Math.floor(tap / taps[1]) * dilation[0], (tap % taps[1]) * dilation[1]];
  return (ky * span(layer, 1) + kx) * channels + (column % channels);
}

function geometry(layer: Layer) {
  const { channels, input, output, pad, stride, inputBits } = layer;
  const [paddedHeight, paddedWidth] = [pad[0] + input[0] + pad[2], pad[1] + input[1] + pad[3]];
  const [rowsSpan, columnsSpan] = [span(layer, 0), span(layer, 1)];
  return {
    inBits: inputBits,
    channels,
    channelBits: wires(bitsFor(channels)),
    paddedWidth,
    paddedHeight,
    left: pad[1],
    top: pad[0],
    width: input[1],
    height: input[0],
    imageBits: bitsFor(Math.max(paddedWidth, paddedHeight) + 1),
    rowsSpan,
    columnsSpan,
    strideY: stride[0],
    strideX: stride[1],
    outHeight: output[0],
    outWidth: output[1],
    tapsHigh: rowsSpan * columnsSpan * channels * inputBits - 1,
  };
}
