/** Where a schedule is kept: in tables of the part, in memory that the part fills when it first runs, or outside of it. */
import type { Artefact } from '../../../src/target.ts';
import type { ScheduledPlan } from '../contract/engine.ts';
import type { Rom } from '../contract/rom.ts';
import type { Compute } from '../pipeline/pipeline.ts';
import type { Packed } from './packed.ts';
import { dataFiles, packed } from './packed.ts';
import type { Desk, Memory, NamedStream, Printed } from './stage.ts';
import { memoryType, titleOf } from './stage.ts';

export interface Kept {
  readonly schedule: Packed;
  /** Declarations in the engine's function, and what else it begins with. */
  readonly declared: readonly string[];
  readonly bindings: readonly string[];
  readonly begin: readonly string[];
  /** Parameters that it has for its schedule, and what is passed. */
  readonly params: readonly string[];
  readonly passed: readonly string[];
  /** What the engine takes words from. */
  readonly source: string;
  readonly artefacts: readonly Artefact[];
  readonly memory: Memory | undefined;
  /** Where words come one after the other. */
  readonly stream: NamedStream | undefined;
}

/** Words of 64 bits that a port to memory has at most. */
const widest = 8;

/** A power of two that holds a word, or as wide as ports are. */
const beatFor = (width: number): number =>
  Math.min(widest, 2 ** Math.ceil(Math.log2(Math.max(1, Math.ceil(width / 64)))));

export function keptFor(name: string, { words }: ScheduledPlan, rom: Rom): Kept {
  const inside = rom.storage === 'block' || rom.storage === 'distributed';
  const beat = beatFor(rom.width);
  const schedule = packed(words, rom.fields, inside ? 1 : beat);
  const symbol = `words_${name}`;
  const memory = { symbol, beat, halves: schedule.halves };
  const none = { declared: [], bindings: [], begin: [], params: [], passed: [], artefacts: [] };
  const reshaped = 'ARRAY_RESHAPE variable=schedule type=complete dim=2';
  switch (rom.storage) {
    case 'block':
    case 'distributed': {
      const data = dataFiles(`${name}_schedule`, schedule);
      return {
        ...none,
        schedule,
        declared: [`  static const uint64_t schedule[${words}][${schedule.words}] = {\n${data.includes}\n  };`],
        bindings: [
          reshaped,
          `BIND_STORAGE variable=schedule type=rom_1p impl=${rom.storage === 'block' ? 'bram' : 'lutram'}`,
        ],
        source: 'schedule',
        artefacts: data.artefacts,
        memory: undefined,
        stream: undefined,
      };
    }
    case 'ultra':
      return {
        ...none,
        schedule,
        declared: [
          '  // UltraRAM cannot be filled by the bitstream: it is when the part first runs.',
          `  static uint64_t schedule[${words}][${schedule.words}];`,
          '  static bool filled = false;',
        ],
        bindings: [reshaped, 'BIND_STORAGE variable=schedule type=ram_1p impl=uram'],
        begin: ['if (!filled) fill<layer>(schedule, memory);', 'filled = true;'],
        params: [`${memoryType(memory)}memory`],
        passed: [symbol],
        source: 'schedule',
        memory,
        stream: undefined,
      };
    case 'external': {
      const stream = { name: `fetched_${name}`, type: `beat<uint64_t, ${schedule.words}>`, depth: 16 };
      return {
        ...none,
        schedule,
        params: [`hls::stream<${stream.type}> &words`],
        passed: [stream.name],
        source: 'words',
        memory,
        stream,
      };
    }
  }
}

/** What reads the schedule from memory, over and over, once for each group of pixels. */
export function printFetch(
  stage: Compute,
  plan: ScheduledPlan,
  { schedule, memory, stream }: Kept & { readonly memory: Memory; readonly stream: NamedStream },
  { header, render }: Desk,
): Printed {
  const { output } = stage.layer;
  const fn = `fetch_${stage.name}`;
  const params = `${memoryType(memory)}memory, hls::stream<${stream.type}> &out`;
  const body = render('fpga/hls/stages/fetch.hbs', {
    type: stream.type,
    groups: output[0] * Math.ceil(output[1] / (plan.slots * plan.clusters)),
    words: plan.words,
    pieces: schedule.words / memory.beat,
    beat: memory.beat,
  }).trimEnd();
  const doc = [
    `The schedule of ${titleOf(stage)}`,
    'It does not fit the part, and is read from memory for each group of pixels.',
  ];
  return {
    function: fn,
    head: `void ${fn}(${params})`,
    passed: [memory.symbol, stream.name],
    artefacts: [
      {
        path: `src/${fn}.cpp`,
        contents: render('fpga/hls/src/stage.cpp.hbs', { doc, header, fn, params, body }),
        role: 'source',
      },
    ],
    stream,
    memory,
  };
}
