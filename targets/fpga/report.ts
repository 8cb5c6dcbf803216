/**
 * What a pipeline comes to, layer by layer: as data, and as a table for people. All of it are estimates but cycles,
 * which are counted, and multipliers.
 */
import { visible } from '../../src/diagnostic.ts';
import type { Estimate } from '../../src/target.ts';
import { romBits } from './area/memory.ts';
import type { Area, EnginePlan } from './contract/engine.ts';
import type { Layer } from './contract/layer.ts';
import { liveOf } from './contract/layer.ts';
import type { FoldOptions } from './fold.ts';
import { budgetOf } from './fold.ts';
import type { Built, Reason } from './pipeline/build.ts';
import { glueArea, streamArea } from './pipeline/glue-area.ts';
import type { Stage } from './pipeline/pipeline.ts';

export interface FpgaReport {
  readonly part: string;
  /** Nanoseconds. */
  readonly clock: number;
  /** Cycles from one image to the next. */
  readonly interval: number;
  readonly imagesPerSecond: number;
  /** The name of the stage that takes longest. */
  readonly slowest: string;
  readonly area: Area;
  /** What may be used. */
  readonly budget: Omit<Area, 'lutram'>;
  readonly stages: readonly StageReport[];
}

export interface StageReport {
  readonly name: string;
  /** As the model calls it, escaped. */
  readonly layer: string;
  /** The engine's name, or what the stage does. */
  readonly engine: string;
  readonly why: string;
  readonly cycles: number;
  /** Multipliers that work side by side, and groups of lanes that share a schedule. */
  readonly lanes: number;
  readonly clusters: number;
  readonly words: number;
  /** Multiplications by nothing for a hundred by weights. */
  readonly padding: number;
  readonly zeros: number;
  readonly area: Area;
  readonly romBits: number;
  /** Where the schedule is kept. */
  readonly storage: string;
  /** Elements that the streams hold which it reads. */
  readonly depths: readonly number[];
}

export function reportOf({ pipeline, reasons, area, interval }: Built, options: FoldOptions): FpgaReport {
  const { part, clock } = options;
  const { external: _, ...budget } = budgetOf(options);
  let layer = 0;
  const stages = pipeline.stages.map((stage): StageReport => {
    const depths = stage.inputs.map((s) => pipeline.streams[s].depth);
    const common = { name: stage.name, layer: visible(stage.origin ?? ''), cycles: stage.cycles, depths };
    if (stage.kind === 'compute') return { ...common, ...layerReport(stage.layer, stage.plan, reasons[layer++]) };
    const own = glueArea(stage, pipeline.streams[stage.outputs[0]].bits);
    return { ...common, engine: stage.kind, why: '', ...nothing, area: own };
  });
  return {
    part: part.name,
    clock,
    interval,
    imagesPerSecond: 1e9 / (interval * clock),
    slowest: pipeline.stages.reduce((a: Stage, b) => (b.cycles > a.cycles ? b : a)).name,
    area,
    budget,
    stages: [...stages, streamsReport(pipeline.streams)],
  };
}

const nothing = { lanes: 0, clusters: 0, words: 0, padding: 0, zeros: 0, romBits: 0, storage: '' };

function streamsReport(streams: Built['pipeline']['streams']): StageReport {
  const areas = streams.map(streamArea);
  const sum = (key: keyof Area): number => areas.reduce((total, a) => total + a[key], 0);
  const area = { dsp: 0, lut: sum('lut'), ff: sum('ff'), bram18: sum('bram18'), uram: 0, lutram: sum('lutram') };
  return { name: 'streams', layer: '', engine: '', why: '', cycles: 0, depths: [], ...nothing, area };
}

function layerReport(layer: Layer, plan: EnginePlan, reason: Reason) {
  const live = liveOf(layer);
  const all = layer.rows * layer.taps[0] * layer.taps[1] * layer.channels;
  const scheduled = plan.kind === 'scheduled';
  const done = scheduled ? plan.words * plan.lanes : live;
  return {
    engine: plan.engine,
    why: whyOf(reason),
    lanes: scheduled ? plan.lanes : 0,
    clusters: scheduled ? plan.clusters : 0,
    words: scheduled ? plan.words : 1,
    padding: live === 0 ? 0 : 100 * (done / live - 1),
    zeros: 100 * (1 - live / all),
    area: plan.area,
    romBits: plan.roms.reduce((sum, rom) => sum + romBits(rom), 0),
    storage: plan.roms.find(({ name }) => name === 'schedule')?.storage ?? '',
  };
}

/** The engine against the next best: what keeping up would take there. */
function whyOf({ choice, others, refused }: Reason): string {
  const told = (c: Reason['choice']): string => `${c.area.dsp} DSP, ${c.area.lut} LUT, ${c.area.bram18} blocks`;
  const [next] = others;
  if (!next) return refused.map(({ engine, reason }) => `${engine} ${reason}`).join('; ');
  const late = next.cycles > choice.cycles * 1.05 ? `, ${(next.cycles / choice.cycles).toFixed(1)} times as long` : '';
  return `${told(choice)}; ${next.engine.name} would take ${told(next)}${late}`;
}

const columns = [
  'stage',
  'layer',
  'engine',
  'lanes',
  'cycles',
  'dsp',
  'lut',
  'ff',
  'bram18',
  'uram',
  'rom kbit',
  'stream depth',
  'zeros %',
  'padding %',
];

/** The report as a table, with what is true of all stages, and why they have their engines, below it. */
export function estimateOf(report: FpgaReport): Estimate {
  const { part, clock, interval, imagesPerSecond, slowest, area, budget, stages } = report;
  const rate = imagesPerSecond >= 100 ? imagesPerSecond.toFixed(0) : imagesPerSecond.toPrecision(3);
  const held = (['dsp', 'lut', 'ff', 'bram18', 'uram'] as const).map((r) => `${area[r]} ${r} of ${budget[r]}`);
  return {
    columns,
    rows: stages.map(rowOf),
    notes: [
      `${part} at ${clock} ns: ${interval} cycles an image, ${rate} images a second; "${slowest}" takes longest`,
      `in all ${held.join(', ')}`,
      'cycles are counted from the schedules, multipliers are counted; the others are estimates made before synthesis',
      ...stages.filter(({ why }) => why !== '').map((s) => `${s.name}: ${s.engine}: ${s.why}`),
    ],
  };
}

function rowOf(s: StageReport): readonly (string | number)[] {
  const { dsp, lut, ff, bram18, uram } = s.area;
  return [
    s.name,
    s.layer,
    s.storage === 'external' ? `${s.engine}, streamed` : s.engine,
    s.lanes * s.clusters,
    s.cycles,
    ...[dsp, lut, ff, bram18, uram],
    Math.round(s.romBits / 100) / 10,
    Math.max(0, ...s.depths),
    ...[s.zeros, s.padding].map((share) => Math.round(share * 100) / 100),
  ];
}
