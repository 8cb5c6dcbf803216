/** From a quantised graph to a pipeline that is scheduled, timed and measured, or all the reasons why there is none. */
import type { Diagnostic } from '../../../src/diagnostic.ts';
import { bug } from '../../../src/diagnostic.ts';
import type { Graph } from '../../../src/graph/graph.ts';
import { elements } from '../../../src/tensor/type.ts';
import { addAreas, romArea } from '../area/datapath.ts';
import type { Area, EnginePlan } from '../contract/engine.ts';
import type { Layer } from '../contract/layer.ts';
import { liveOf } from '../contract/layer.ts';
import { engines } from '../engines/index.ts';
import { scheduleFault } from '../engines/replay.ts';
import type { Choice, Fixed, FoldOptions, Open } from '../fold.ts';
import { budgetOf, choicesFor, choose, costOf, placed } from '../fold.ts';
import { collect } from './collect.ts';
import { glueCycles } from './cycles.ts';
import { depthsOf, least } from './depths.ts';
import type { Draft, DraftLayer } from './draft.ts';
import { isLayer } from './draft.ts';
import { glueArea, streamArea } from './glue-area.ts';
import type { Compute, Pipeline, Stage, Stream } from './pipeline.ts';

export interface Built {
  readonly pipeline: Pipeline;
  readonly reasons: readonly Reason[];
  /** Of everything. */
  readonly area: Area;
  /** Cycles from one image to the next: those of the slowest stage. */
  readonly interval: number;
}

/** Why a layer has its engine: what the best of each other would have been. */
export interface Reason {
  readonly name: string;
  readonly choice: Choice;
  /** The cheapest of every other engine that keeps up, or the fastest that it has. */
  readonly others: readonly Choice[];
  /** Engines that do not take the layer, and why. */
  readonly refused: readonly { readonly engine: string; readonly reason: string }[];
}

export function buildPipeline(graph: Graph, options: FoldOptions): Built | readonly Diagnostic[] {
  const { draft, problems } = collect(graph);
  return problems.length > 0 ? problems : foldDraft(draft, options);
}

/** Times that estimates are put right by what plans turned out to be: at least, and at most where plans are small. */
const rounds = { least: 4, most: 32 };

/** Nonzero weights in all plans made, beyond which what is found is good enough. */
const manyPlanned = 2 ** 18;

export function foldDraft(draft: Draft, options: FoldOptions): Built | readonly Diagnostic[] {
  const layers = draft.stages.filter(isLayer);
  const open: readonly Open[] = layers.map(({ layer }) => ({ name: layer.name, choices: choicesFor(layer, options) }));
  const none = open.findIndex(({ choices }) => choices.length === 0);
  if (none >= 0) return [noEngine(open[none].name, layers[none].layer, options)];
  const planned = new Map<Choice, EnginePlan>();
  let weights = 0;
  const planOf = (layer: Layer, choice: Choice): EnginePlan => {
    const plan = planned.get(choice) ?? choice.engine.plan(layer, choice.folding);
    if (plan.kind === 'scheduled' && !planned.has(choice)) {
      const fault = scheduleFault(plan, layer);
      if (fault) bug(`"${layer.name}": ${fault}`);
    }
    if (!planned.has(choice)) weights += liveOf(layer);
    planned.set(choice, plan);
    return plan;
  };

  let fixed = fixedOf(draft);
  let best: Built | undefined;
  let last: Built | undefined;
  for (let round = 0; round < rounds.least || (round < rounds.most && weights < manyPlanned); round++) {
    const known = open.map(({ name, choices }) => ({ name, choices: choices.map((c) => corrected(c, planned)) }));
    const picked = choose(known, fixed, options);
    if ('message' in picked) return best ? best : [picked];
    const choices = picked.map((c, i) => open[i].choices[known[i].choices.indexOf(c)]);
    // What is chosen again with all that is known by now stays.
    if (best && choices.every((c) => planned.has(c))) break;
    const own = layers.map(({ layer }, i) => planOf(layer, choices[i]));
    const plans = kept(own, fixed.area, options);
    const chosen = new Map(layers.map((stage, i) => [stage, { choice: choices[i], plan: plans[i] }]));
    const pipeline = pipelineOf(draft, chosen);
    const area = areaOfAll(pipeline);
    const interval = Math.max(...pipeline.stages.map((stage) => stage.cycles));
    const exact = open.map(({ name, choices: all }) => ({ name, choices: all.map((c) => corrected(c, planned)) }));
    const reasons = exact.map((o, i) => reasonFor(o, layers[i].layer, choices[i], interval, options));
    last = { pipeline, area, interval, reasons };
    if (fits(area, interval, options) && (!best || interval < best.interval)) best = last;
    // What was estimated too low is what is fixed from now on; plans that are known count as they are.
    fixed = { ...fixed, area: addAreas([glueAreaOf(draft), ...pipeline.streams.map(streamArea)]) };
  }
  return best ?? (last ? [overBudget(last.area, last.interval, options)] : bug('no round of folding'));
}

/** The plans with their schedules where there is room for them. */
function kept(plans: readonly EnginePlan[], besides: Area, options: FoldOptions): readonly EnginePlan[] {
  const storage = placed(
    plans.map((plan) => ({ area: plan.area, table: tableOf(plan) })),
    besides,
    budgetOf(options),
  );
  return plans.map((plan, i) => {
    const before = plan.roms.find((rom) => rom.name === 'schedule');
    if (!storage || !before || before.storage === storage[i]) return plan;
    const after = { ...before, storage: storage[i] };
    const [less, more] = [romArea(before), romArea(after)];
    return {
      ...plan,
      roms: plan.roms.map((rom) => (rom === before ? after : rom)),
      area: { ...addAreas([plan.area, more]), bram18: plan.area.bram18 - less.bram18 + more.bram18 },
    };
  });
}

function tableOf(plan: EnginePlan): Choice['table'] {
  const rom = plan.roms.find(({ name }) => name === 'schedule');
  if (!rom || plan.kind !== 'scheduled') return { depth: 0, width: 0, storage: 'distributed', perCycle: 0 };
  return { depth: rom.depth, width: rom.width, storage: rom.storage, perCycle: rom.width / plan.slots };
}

const corrected = (choice: Choice, planned: ReadonlyMap<Choice, EnginePlan>): Choice => {
  const plan = planned.get(choice);
  return plan ? { ...choice, cycles: plan.cyclesPerImage, area: plan.area, table: tableOf(plan) } : choice;
};

const glueAreaOf = ({ stages, values }: Draft): Area =>
  addAreas(stages.flatMap((s) => (isLayer(s) ? [] : [glueArea(s, values[s.outputs[0]].bits)])));

function fixedOf(draft: Draft): Fixed {
  const sizes = draft.values.map(({ shape }) => elements(shape));
  const glue = draft.stages.flatMap((s) => (isLayer(s) ? [] : [{ name: s.name, cycles: glueCycles(s, sizes) }]));
  const slowest = glue.reduce((a, b) => (b.cycles > a.cycles ? b : a), { name: '', cycles: 1 });
  const streams = draft.values.map(({ bits }) => streamArea({ bits, beat: 1, depth: least }));
  return { cycles: slowest.cycles, slowest: slowest.name, area: addAreas([glueAreaOf(draft), ...streams]) };
}

type Chosen = ReadonlyMap<DraftLayer, { readonly choice: Choice; readonly plan: EnginePlan }>;

function pipelineOf(draft: Draft, chosen: Chosen): Pipeline {
  const sizes = draft.values.map(({ shape }) => elements(shape));
  const stages = draft.stages.map((stage): Stage => {
    if (!isLayer(stage)) return { ...stage, cycles: glueCycles(stage, sizes) };
    const found = chosen.get(stage) ?? bug(`"${stage.name}" has no plan`);
    const compute: Compute = {
      ...stage,
      engine: found.choice.engine,
      plan: found.plan,
      cycles: found.plan.cyclesPerImage,
    };
    return compute;
  });
  const depths = depthsOf(stages, draft.values);
  const streams = draft.values.map((value, i): Stream => ({ ...value, beat: 1, depth: depths[i] }));
  return { stages, streams, inputs: draft.inputs, outputs: draft.outputs };
}

function areaOfAll({ stages, streams }: Pipeline): Area {
  const parts = stages.map((s) => (s.kind === 'compute' ? s.plan.area : glueArea(s, streams[s.outputs[0]].bits)));
  return addAreas([...parts, ...streams.map(streamArea)]);
}

function fits(area: Area, interval: number, options: FoldOptions): boolean {
  const budget = budgetOf(options);
  const inside =
    area.dsp <= budget.dsp &&
    area.lut <= budget.lut &&
    area.ff <= budget.ff &&
    area.bram18 <= budget.bram18 &&
    area.uram <= budget.uram;
  return inside && (options.fps === undefined || interval * options.clock * options.fps <= 1e9);
}

function overBudget(area: Area, interval: number, options: FoldOptions): Diagnostic {
  const { dsp, lut, ff, bram18 } = budgetOf(options);
  const rate = (1e9 / (interval * options.clock)).toPrecision(3);
  return {
    severity: 'error',
    code: 'fpga/budget',
    message:
      `the network takes ${area.dsp} DSP, ${area.lut} LUT, ${area.ff} FF and ${area.bram18} blocks at ${rate} images a second, ` +
      `of ${dsp}, ${lut}, ${ff} and ${bram18}`,
    hint: 'ask for fewer images a second, or take a larger part',
  };
}

function noEngine(name: string, layer: Layer, options: FoldOptions): Diagnostic {
  const reasons = refusedBy(layer, options).map(({ engine, reason }) => `${engine} ${reason}`);
  return {
    severity: 'error',
    code: 'fpga/no-engine',
    message: `no engine takes the layer "${name}": ${reasons.join('; ')}`,
  };
}

const refusedBy = (layer: Layer, { also = [] }: FoldOptions) =>
  [...engines, ...also].flatMap((engine) => {
    const reason = engine.fits(layer);
    return reason === undefined ? [] : [{ engine: engine.name, reason }];
  });

function reasonFor(
  { name, choices }: Open,
  layer: Layer,
  choice: Choice,
  interval: number,
  options: FoldOptions,
): Reason {
  const rivals = new Set(choices.map((c) => c.engine).filter((e) => e !== choice.engine));
  const others = [...rivals].map((engine) => {
    const own = choices.filter((c) => c.engine === engine);
    return own.find((c) => c.cycles <= interval) ?? own.reduce((a, b) => (b.cycles < a.cycles ? b : a));
  });
  others.sort((a, b) => costOf(a.area, options) - costOf(b.area, options));
  const now = choices.find((c) => c.engine === choice.engine && c.folding === choice.folding) ?? choice;
  return { name, choice: now, others, refused: refusedBy(layer, options) };
}
