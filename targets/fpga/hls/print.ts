/** A pipeline as a Vitis HLS component. */
import type { Named } from '../../../src/graph/evaluate.ts';
import type { Graph } from '../../../src/graph/graph.ts';
import type { Artefact, Render } from '../../../src/target.ts';
import type { Pipeline, Stage } from '../pipeline/pipeline.ts';
import { pictures, printBench, recordVectors } from './bench.ts';
import { printCall } from './call.ts';
import { printComponent } from './component.ts';
import { printGlue } from './glue.ts';
import { portsOf } from './ports.ts';
import { printScheduled } from './scheduled.ts';
import type { Desk, Printed } from './stage.ts';
import { memoriesOf, printPort, printTop } from './top.ts';
import { printUnrolled } from './unrolled.ts';

export interface HlsOptions {
  readonly part: string;
  /** Nanoseconds. */
  readonly clock: number;
  /** The most pictures that the testbench runs. */
  readonly pictures: number;
  /** Inputs of the graph to take them from, in place of made-up ones. */
  readonly given?: readonly Named[];
  /** The report, in lines. */
  readonly table: readonly string[];
  /** What C symbols begin with, where programs shall call the component. */
  readonly callable?: string | undefined;
  readonly render: Render;
}

/** `graph` is the quantised graph that the pipeline was made of. */
export function printHls(pipeline: Pipeline, graph: Graph, options: HlsOptions): readonly Artefact[] {
  const { part, clock, table, render } = options;
  const { name } = graph;
  const top = `${name}_accelerator`;
  const desk: Desk = { pipeline, header: `${name}_stages.h`, render };
  const ports = portsOf(pipeline, graph);
  const entering = ports.filter(({ direction }) => direction === 'in').map((port) => printPort(port, desk));
  const leaving = ports.filter(({ direction }) => direction === 'out').map((port) => printPort(port, desk));
  const stages = [...entering, ...pipeline.stages.flatMap((stage) => printStage(stage, desk)), ...leaving];
  const shared: readonly Artefact[] = [
    { path: 'src/numbers.h', contents: render('fpga/hls/src/numbers.h.hbs', {}), role: 'header' },
    { path: 'src/engine.h', contents: render('fpga/hls/src/engine.h.hbs', {}), role: 'header' },
    { path: 'src/values.h', contents: render('fpga/hls/src/values.h.hbs', {}), role: 'header' },
    { path: 'src/words.h', contents: render('fpga/hls/src/words.h.hbs', {}), role: 'header' },
  ];
  const vectors = recordVectors(graph, ports, pictures(graph, ports, options.pictures, options.given));
  const memories = memoriesOf(stages);
  const artefacts = [
    ...printTop({ name: top, ports, stages }, desk),
    ...shared,
    ...stages.flatMap((stage) => stage.artefacts),
    ...printBench({ name: top, ports, memories, vectors }, desk),
  ];
  const called =
    options.callable === undefined
      ? []
      : printCall({ file: name, symbol: options.callable, top, ports, memories }, desk);
  return [...printComponent({ name, top, part, clock, ports, table }, artefacts, desk), ...artefacts, ...called];
}

function printStage(stage: Stage, desk: Desk): readonly Printed[] {
  if (stage.kind !== 'compute') return [printGlue(stage, desk)];
  return stage.plan.kind === 'scheduled'
    ? printScheduled(stage, stage.plan, desk)
    : [printUnrolled(stage, stage.plan, desk)];
}
