/** An engine that follows a schedule, as C++: its sizes as constants, its schedule and its tables as data. */
import { bug } from '../../../src/diagnostic.ts';
import type { ScheduledPlan } from '../contract/engine.ts';
import type { Layer } from '../contract/layer.ts';
import type { Rom } from '../contract/rom.ts';
import { bitsFor } from '../contract/rom.ts';
import type { Compute } from '../pipeline/pipeline.ts';
import { beatType, leastShift, literal, numberType } from './cpp.ts';
import type { Kept } from './keeping.ts';
import { keptFor, printFetch } from './keeping.ts';
import { dataFiles, packed } from './packed.ts';
import type { Desk, Printed } from './stage.ts';
import { functionOf, memoryFor, parametersOf, streamName, streamOf, titleOf } from './stage.ts';
import { numberTable } from './tables.ts';

/** The engine, and where its schedule comes from outside, what fetches it. */
export function printScheduled(stage: Compute, plan: ScheduledPlan, desk: Desk): readonly Printed[] {
  const { pipeline, header, render } = desk;
  const { layer, name } = stage;
  const [from, to] = [streamOf(pipeline, stage.inputs[0]), streamOf(pipeline, stage.outputs[0])];
  const rom = romOf(plan, 'schedule');
  const kept = keptFor(name, plan, rom);
  const params = [...parametersOf(stage, pipeline), ...kept.params].join(', ');
  const tables = tablesOf(name, plan, layer);
  const rebuilt = plan.values === 'rebuilt' ? rebuiltTables(name, plan) : undefined;
  const source = render('fpga/hls/src/scheduled.cpp.hbs', {
    doc: [titleOf(stage), ...docOf(plan, layer)],
    header,
    fn: functionOf(stage),
    layer: `${name}_layer`,
    params,
    packed: kept.schedule.words,
    tables: [...kept.declared, ...(rebuilt?.declared ?? []), ...tables.map(({ text }) => text)],
    values: rebuilt ? 'rebuilt' : 'stored',
    codes: rebuilt ? 'codes' : kept.source,
    bases: rebuilt ? 'bases' : kept.source,
    ring: numberType(plan.ring.bits),
    sum: numberType(layer.accumulatorBits),
    value: numberType(layer.weightBits),
    result: numberType(to.bits),
    inBeat: beatType(from.bits, from.beat),
    outBeat: beatType(to.bits, to.beat),
    constants: [...constantsOf(plan, layer, kept), ...(rebuilt?.constants ?? [])],
    bindings: [...kept.bindings, ...(rebuilt?.bindings ?? []), ...tables.map(({ binding }) => binding)],
    begin: kept.begin,
    ringMemory: memoryFor(plan.ring.depth),
    sumMemory: memoryFor(placesOf(plan)),
    source: kept.source,
  });
  const engine: Printed = {
    function: functionOf(stage),
    head: `void ${functionOf(stage)}(${params})`,
    passed: [...stage.inputs.map(streamName), ...stage.outputs.map(streamName), ...kept.passed],
    artefacts: [
      { path: `src/${name}.cpp`, contents: source, role: 'source' },
      ...kept.artefacts,
      ...(rebuilt?.artefacts ?? []),
      ...tables.flatMap(({ artefacts }) => artefacts),
    ],
    ...(kept.memory && !kept.stream && { memory: kept.memory }),
  };
  if (!kept.stream || !kept.memory) return [engine];
  return [printFetch(stage, plan, { ...kept, memory: kept.memory, stream: kept.stream }, desk), engine];
}

/** Sums in registers are read from memory by the giver alone, who reads another half: any distance holds. */
const never = 64;

/** Places of one accumulator: slots are a bit field. */
const slotsUp = ({ slots }: ScheduledPlan): number => 2 ** bitsFor(slots);
const placesOf = (plan: ScheduledPlan): number => plan.rowsPerLane * slotsUp(plan);

/** What a table that lies in the part is made of. */
const implOf = ({ storage }: Rom): string => (storage === 'distributed' ? 'lutram' : 'bram');

const romOf = ({ roms }: ScheduledPlan, name: string): Rom =>
  roms.find((rom) => rom.name === name) ?? bug(`a plan without "${name}"`);

function tablesOf(stem: string, plan: ScheduledPlan, layer: Layer) {
  const { drain, ring, accumulators } = plan;
  const sumBits = bitsFor(accumulators);
  const order = Array.from(
    drain.row,
    (_, i) => drain.place[i] * 2 ** (1 + sumBits) + drain.lane[i] * 2 + (drain.last[i] === 0 ? 0 : 1),
  );
  if (order.some((entry) => entry >= 2 ** 32)) bug(`the order of "${stem}" does not fit 32 bits`);
  const none = new Int32Array(layer.rows);
  const least = leastShift(layer.ending?.shift);
  const table = (rom: string, name: string, values: ArrayLike<number>, type: string) => ({
    ...numberTable(stem, name, values, type),
    binding: `BIND_STORAGE variable=${name} type=rom_1p impl=${implOf(romOf(plan, rom))}`,
  });
  return [
    table('write', 'bank_of', ring.bank, 'uint8_t'),
    table('write', 'slot_of', ring.slot, 'uint16_t'),
    table('drain', 'order', order, 'uint32_t'),
    table('drain', 'bias', layer.bias, 'int32_t'),
    table('drain', 'multiplier', layer.ending?.multiplier ?? none, 'int16_t'),
    table('drain', 'shift', layer.ending?.shift.map((s) => s - least) ?? none, 'uint8_t'),
  ];
}

interface Constant {
  readonly name: string;
  readonly value: string | number;
  readonly comment: string;
}

/** Tables beside the schedule that values are rebuilt from. */
function rebuiltTables(stem: string, plan: ScheduledPlan) {
  const tables = ['codes', 'bases'].map((name) => {
    const rom = romOf(plan, name);
    const table = packed(rom.depth, rom.fields);
    const data = dataFiles(`${stem}_${name}`, table);
    return {
      table,
      artefacts: data.artefacts,
      declared: `  static const uint64_t ${name}[${rom.depth}][${table.words}] = {\n${data.includes}\n  };`,
      bindings: [
        `ARRAY_RESHAPE variable=${name} type=complete dim=2`,
        `BIND_STORAGE variable=${name} type=rom_1p impl=${implOf(rom)}`,
      ],
    };
  });
  const shifts = romOf(plan, 'bases').fields.find(({ name }) => name === 'shift');
  return {
    declared: tables.map(({ declared }) => declared),
    artefacts: tables.flatMap(({ artefacts }) => artefacts),
    bindings: tables.flatMap(({ bindings }) => bindings),
    constants: [constant('SHIFT_AT', tables[1].table.from.shift ?? 0), constant('SHIFT_BITS', shifts?.bits ?? 0)],
  };
}

const constant = (name: string, value: string | number, comment?: string): Constant => ({
  name,
  value,
  comment: comment === undefined ? '' : ` // ${comment}`,
});

function constantsOf(plan: ScheduledPlan, layer: Layer, { schedule, memory }: Kept): readonly Constant[] {
  const { from, words } = schedule;
  const bits = Object.fromEntries(romOf(plan, 'schedule').fields.map((field) => [field.name, field.bits]));
  const { ring, slots, clusters } = plan;
  const { pad, stride, dilation, taps, ending } = layer;
  const group = slots * clusters;
  const groups = layer.output[0] * Math.ceil(layer.output[1] / group);
  const entries = plan.drain.row.length;
  const rows: readonly (readonly [string, string | number, string?])[] = [
    ['CHANNELS', layer.channels],
    ['HEIGHT', layer.input[0]],
    ['WIDTH', layer.input[1]],
    ['PAD_TOP', pad[0]],
    ['PAD_LEFT', pad[1]],
    ['PITCH', ring.pitch, 'pixels of a row with its padding'],
    ['PIXELS', ring.pitch * (layer.input[0] + pad[0] + pad[2]), 'of the padded picture'],
    ['ROWS', layer.rows, 'channels of the result'],
    ['OUT_WIDTH', layer.output[1]],
    ['STRIDE_Y', stride[0]],
    ['STRIDE_X', stride[1]],
    [
      'REACH',
      (taps[0] - 1) * dilation[0] * ring.pitch + (taps[1] - 1) * dilation[1],
      'from the first pixel of a window to its last',
    ],
    ['LANES', plan.lanes],
    ['BANKS', plan.banks],
    ['COPIES', ring.copies, 'of the ring'],
    ['SUMS', plan.accumulators],
    ['CLUSTERS', clusters],
    ['SLOTS', slots, 'pixels that a word is held for'],
    ['SLOTS_UP', slotsUp(plan)],
    ['GROUP', group, 'pixels that are computed together'],
    ['GROUPS', groups],
    ['HALVES', plan.halves],
    ['PLACES', placesOf(plan), 'of sums, in each half'],
    ['DEPTH', ring.depth, 'of a bank'],
    ['PIXEL', ring.slots, 'places that a pixel takes in each bank'],
    ['RING', ring.pixels, 'pixels that the ring holds'],
    ['WORDS', plan.words],
    [
      'STEPS',
      Math.max(slots * plan.words, plan.halves === 2 ? entries * group : 0),
      'cycles of a group, if no pixel is late',
    ],
    ['SETTLE', 8, 'cycles from loading a pixel to reading it'],
    [
      'APART',
      plan.feedback === 'register' ? never : slots,
      'cycles from a sum being read in a group to it being read again, at the least',
    ],
    ['CROSSBAR', plan.read === 'crossbar' ? 1 : 0],
    ['ONE_OFFSET', plan.offsets === 'shared' ? 1 : 0],
    ['ONE_ROW', plan.rows === 'shared' ? 1 : 0],
    ['IN_REGISTER', plan.feedback === 'register' ? 1 : 0],
    ['VALUE_AT', from.value ?? 0],
    ['VALUE_BITS', bits.value ?? 0],
    ['SELECT_AT', from.select ?? 0],
    ['SELECT_BITS', bits.select ?? 0],
    ['BASIS_AT', from.basis ?? 0],
    ['BASIS_BITS', bits.basis ?? 0],
    ['LIVE_AT', from.live ?? 0],
    ['ROW_AT', from.row],
    ['ROW_BITS', bits.row],
    ['FIRST_AT', from.first],
    ['OFFSET_AT', from.offset],
    ['OFFSET_BITS', bits.offset],
    ['PACKED', words, 'words of 64 bits that one of the schedule takes'],
    ['MEMORY_BEAT', memory?.beat ?? 1, 'words of 64 bits that are read at once, where the schedule comes from outside'],
    ['ENTRIES', entries, 'sums, and pieces of sums, that a pixel has'],
    ['SUM_BITS', bitsFor(plan.accumulators)],
    ['IN', plan.beat.in],
    ['OUT', plan.beat.out],
    ['ENDS', ending ? 1 : 0, 'whether sums are brought to another scale'],
    ['SHIFT', leastShift(ending?.shift), 'places that all sums are shifted by; the table has how many more'],
    ['ZERO', ending?.zero ?? 0],
    ['LOW', literal(ending?.low ?? 0)],
    ['HIGH', ending?.high ?? 0],
  ];
  return rows.map(([name, value, comment]) => ({
    name,
    value,
    comment: comment === undefined ? '' : ` // ${comment}`,
  }));
}

function docOf(plan: ScheduledPlan, layer: Layer): readonly string[] {
  const { taps, channels, input, output, rows, weights } = layer;
  const dense = rows * taps[0] * taps[1] * channels;
  return [
    `${taps.join('x')} taps over ${input.join('x')}x${channels}, which gives ${output.join('x')}x${rows}; ${weights.column.length} of ${dense} weights are not 0.`,
    `Engine ${plan.engine}: ${plan.lanes} lanes in ${plan.clusters} clusters, ${plan.words} words held for ${plan.slots} pixels each; ${plan.cyclesPerImage} cycles an image by the plan.`,
  ];
}
