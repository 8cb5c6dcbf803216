/** Layers that walk a schedule, as a Verilog module each: parameters of the parts that all of them share, and their tables. */
import { bug } from '../../../src/diagnostic.ts';
import type { Artefact, Render } from '../../../src/target.ts';
import { deepest } from '../area/memory.ts';
import type { ScheduledPlan } from '../contract/engine.ts';
import type { Layer } from '../contract/layer.ts';
import { bitsFor, type Rom, signedBits } from '../contract/rom.ts';
import { bitsIn, endingView, hexFile, storedFields, table, tableModules, tableView, wires } from './table.ts';

export interface ScheduledOptions {
  readonly name: string;
  readonly layer: Layer;
  readonly plan: ScheduledPlan;
  /** Of a result. */
  readonly outBits: number;
  readonly render: Render;
}

export function printScheduled({ name, layer, plan, outBits, render }: ScheduledOptions): readonly Artefact[] {
  const rom = (of: string): Rom => plan.roms.find((r) => r.name === of) ?? bug(`no table ${of}`);
  const [schedule, drain, write] = [rom('schedule'), storedFields(rom('drain')), rom('write')];
  const rebuilt = plan.values === 'rebuilt' ? [named(rom('codes'), {}), named(rom('bases'), otherNames)] : [];
  const tables = [
    table('schedule', schedule, "1'b1"),
    ...rebuilt.map((r) => table(r.name, r, "1'b1")),
    table('drain', drain.rom, 'ce'),
    table('write', write, "1'b1"),
  ];
  const endings = [{ ...endingView(layer, drain), outBits }];
  const view = {
    name,
    title: `${layer.rows} rows, ${layer.channels} channels, ${layer.taps.join(' x ')} taps: engine ${plan.engine}, ${plan.lanes} lanes`,
    tables: tables.map((t) => tableView(name, t)),
    ...sizes(layer, plan),
    ...geometry(layer, plan),
    outHigh: outBits - 1,
    offsetBits: bitsIn(schedule, 'offset'),
    selectBits: bitsIn(schedule, 'select'),
    select: schedule.fields.some((field) => field.name === 'select') ? 'select' : `{${plan.lanes}{1'b0}}`,
    isRebuilt: rebuilt.length > 0 ? 1 : 0,
    rebuilt: rebuilt.length > 0 ? [rebuilding(layer, plan, rebuilt)] : [],
    slotBits: bitsIn(write, 'slot'),
    ownBankBits: bitsIn(write, 'bank'),
    laneBits: bitsIn(drain.rom, 'lane'),
    requantised: layer.ending ? endings : [],
    raw: layer.ending ? [] : endings,
  };
  const module = render('fpga/rtl/layer.v.hbs', view) + tableModules(name, tables, render);
  return [{ path: `rtl/${name}.v`, contents: module, role: 'source' }, ...tables.map((t) => hexFile(name, t))];
}

/** The wires of a table have names of their own where another's fields are called the same. */
const otherNames: Readonly<Record<string, string>> = { basis: 'numbers', shift: 'scale' };

const named = (rom: Rom, names: Readonly<Record<string, string>>): Rom => ({
  ...rom,
  fields: rom.fields.map((field) => ({ ...field, name: names[field.name] ?? field.name })),
});

/** What puts weights together from codes and bases. */
const rebuilding = ({ weightBits }: Layer, { lanes, words }: ScheduledPlan, [codes, bases]: readonly Rom[]) => ({
  lanes,
  weightBits,
  valueHigh: lanes * weightBits - 1,
  wordBits: wires(bitsFor(words)),
  codeBits: wires(bitsFor(codes.depth)),
  scaleBits: bitsIn(bases, 'scale'),
});

/** Cycles that a product by shifts and additions takes longer than a multiplier. */
const slower = 3;

/** Counts and widths of the datapath. */
function sizes(layer: Layer, plan: ScheduledPlan) {
  const { lanes, banks, accumulators, clusters, slots, ring } = plan;
  const slotsBits = bitsFor(slots);
  const places = plan.rowsPerLane * 2 ** slotsBits * (plan.feedback === 'memory' ? 1 : plan.halves);
  const placeBits = wires(bitsFor(plan.rowsPerLane * plan.halves * 2 ** slotsBits));
  const ringPlaceBits = bitsFor(ring.depth);
  return {
    lanes,
    banks,
    accumulators,
    clusters,
    slots,
    slotsBits,
    rowWires: wires(bitsFor(plan.rowsPerLane)),
    placeBits,
    allBits: wires(bitsFor(clusters * accumulators)),
    placeHigh: placeBits - 1,
    blockSums: places > deepest ? 1 : 0,
    places,
    halves: plan.halves,
    words: plan.words,
    wordBits: wires(bitsFor(plan.words)),
    weightBits: layer.weightBits,
    accumulatorBits: layer.accumulatorBits,
    accumulatorHigh: layer.accumulatorBits - 1,
    direct: plan.read === 'direct' ? 1 : 0,
    memory: plan.feedback === 'memory' ? 1 : 0,
    rowsEach: plan.rows === 'each' ? accumulators : 1,
    offsetsEach: plan.offsets === 'each' ? banks : 1,
    levels: plan.values === 'rebuilt' ? slower : accumulators === lanes ? 0 : bitsFor(lanes),
    entries: plan.drain.lane.length,
    entryBits: wires(bitsFor(plan.drain.lane.length)),
    ringBits: ring.bits,
    ringPlaceBits,
    ringHigh: ringPlaceBits - 1,
    bitsHigh: ring.bits - 1,
    banksHigh: banks - 1,
    readsHigh: banks * ringPlaceBits - 1,
    foundHigh: clusters * banks * ring.bits - 1,
    sumsHigh: clusters * accumulators * layer.accumulatorBits - 1,
    inHigh: layer.inputBits - 1,
  };
}

/** Where pixels lie and which of them a group needs. */
function geometry(layer: Layer, { banks, clusters, slots, ring }: ScheduledPlan) {
  const { input, output, pad, stride, dilation, taps } = layer;
  const group = clusters * slots;
  const groups = Math.ceil(output[1] / group);
  const given = output[1] - (groups - 1) * group;
  const window = (taps[0] - 1) * dilation[0] * ring.pitch + (taps[1] - 1) * dilation[1] + 1;
  const groupStep = group * stride[1];
  const lineStep = stride[0] * ring.pitch - (groups - 1) * groupStep;
  const paddedHeight = pad[0] + input[0] + pad[2];
  const imageStep = (paddedHeight - (output[0] - 1) * stride[0]) * ring.pitch - (groups - 1) * groupStep;
  const span = window + (group - 1) * stride[1];
  return {
    channels: layer.channels,
    channelBits: wires(bitsFor(layer.channels)),
    ownBanks: banks / ring.copies,
    copies: ring.copies,
    ringSlots: ring.slots,
    ringPixels: ring.pixels,
    paddedWidth: ring.pitch,
    paddedHeight,
    left: pad[1],
    top: pad[0],
    width: input[1],
    height: input[0],
    imageBits: bitsFor(Math.max(ring.pitch, paddedHeight, output[0], groups) + 1),
    ahead: slots * stride[1] * ring.slots,
    aheadBits: signedBits(-Math.max(groupStep, lineStep, imageStep), Math.max(ring.pixels, span) + 1),
    groups,
    lines: output[0],
    span,
    spanLast: window + (given - 1) * stride[1],
    groupStep,
    lineStep,
    imageStep,
    given,
    pixelStep: stride[1] * ring.slots,
    blockBanks: ring.depth > deepest ? 1 : 0,
  };
}
