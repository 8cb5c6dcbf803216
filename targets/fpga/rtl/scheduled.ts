/** Layers that walk a schedule, as a Verilog module each: parameters of the parts that all of them share, and their tables. */
import { bug } from '../../../src/diagnostic.ts';
import type { Artefact, Render } from '../../../src/target.ts';
import type { ScheduledPlan } from '../engines/engine.ts';
import type { Layer } from '../engines/layer.ts';
import { bitsFor, type Field, signedBits } from '../engines/rom.ts';
import { hexFile, lowered, narrowed, type Table, table, tableModules, tableView, wires } from './table.ts';

export function printScheduled(name: string, layer: Layer, plan: ScheduledPlan, render: Render): readonly Artefact[] {
  const tables = tablesOf(plan);
  const bits = (field: string): number => wires(tables.fields.get(field)?.bits ?? 0);
  const endings = [
    {
      ...sizes(layer, plan),
      ...layer.ending,
      biasBits: bits('bias'),
      multiplierBits: bits('multiplier'),
      shiftBits: bits('shift'),
      shift: tables.shift,
    },
  ];
  const view = {
    name,
    title: `${layer.rows} rows, ${layer.channels} channels, ${layer.taps.join(' x ')} taps: engine ${plan.engine}, ${plan.lanes} lanes`,
    tables: tables.all.map((t) => tableView(name, t)),
    ...sizes(layer, plan),
    ...geometry(layer, plan),
    offsetBits: bits('offset'),
    selectBits: bits('select'),
    slotBits: bits('slot'),
    ownBankBits: bits('bank'),
    laneBits: bits('lane'),
    requantised: layer.ending ? endings : [],
    raw: layer.ending ? [] : endings,
  };
  const module = render('fpga/rtl/layer.v.hbs', view) + tableModules(name, tables.all, render);
  return [{ path: `rtl/${name}.v`, contents: module, role: 'source' }, ...tables.all.map((t) => hexFile(name, t))];
}

/** The plan's tables as they are stored: shifts less the least of them, and no bits that are in no value. */
function tablesOf({ roms }: ScheduledPlan) {
  const fields = new Map<string, Field>();
  let shift = 1;
  const of = (name: string, ce: string): Table => {
    const rom = roms.find((r) => r.name === name) ?? bug(`no table ${name}`);
    const kept = rom.fields.map((field) => {
      if (field.name !== 'shift') return ['multiplier', 'bias'].includes(field.name) ? narrowed(field) : field;
      const [less, least] = lowered(field);
      shift = least;
      return less;
    });
    for (const field of kept) fields.set(field.name, field);
    return table(name, { ...rom, fields: kept }, ce);
  };
  return { all: [of('schedule', "1'b1"), of('drain', 'ce'), of('write', "1'b1")], fields, shift };
}

/** Counts and widths of the datapath. */
function sizes(layer: Layer, plan: ScheduledPlan) {
  const { lanes, banks, accumulators, clusters, slots, ring } = plan;
  const slotsBits = bitsFor(slots);
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
    placeHigh: placeBits - 1,
    blockSums: 2 ** placeBits > 256 ? 1 : 0,
    halves: plan.halves,
    words: plan.words,
    wordBits: wires(bitsFor(plan.words)),
    weightBits: layer.weightBits,
    accumulatorBits: layer.accumulatorBits,
    accumulatorHigh: layer.accumulatorBits - 1,
    sumBits: layer.sumBits,
    outBits: plan.outBits,
    direct: plan.read === 'direct' ? 1 : 0,
    memory: plan.feedback === 'memory' ? 1 : 0,
    rowsEach: plan.rows === 'each' ? accumulators : 1,
    offsetsEach: plan.offsets === 'each' ? banks : 1,
    levels: accumulators === lanes ? 0 : bitsFor(lanes),
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
    outHigh: plan.outBits - 1,
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
    blockBanks: ring.depth > 256 ? 1 : 0,
  };
}
