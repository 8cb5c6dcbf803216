/**
 * The Verilog twin of a component: the same plans as modules that any simulator and synthesis reads (Verilog-2005), a top module with a stream for every port,
 * and a testbench that feeds recorded inputs and compares what comes out. Nothing of it is needed to build the component.
 */
import type { Artefact, Render } from '../../../src/target.ts';
import { bitsFor } from '../contract/rom.ts';
import type { Pipeline, Port, Stage, Stream } from '../pipeline/pipeline.ts';
import { type Instance, streamName } from './instance.ts';
import { instanceOf } from './stage.ts';
import { wires } from './table.ts';

export interface RtlOptions {
  /** An identifier. */
  readonly name: string;
  readonly render: Render;
  /** Whole numbers for every port, of one image after the other. */
  readonly recorded: {
    readonly inputs: readonly ArrayLike<number>[];
    readonly outputs: readonly ArrayLike<number>[];
  };
}

/** Modules that networks share, a file each. */
const shared = ['streams', 'finish', 'collect', 'requantise', 'window', 'slide', 'pad'] as const;

/** Those of layers that walk a schedule. */
const walking = ['writer', 'banks', 'groups', 'scheduled', 'sums', 'drain'] as const;

/** What multiplies: the file that says `*` of a weight is there where a layer has it so. */
const products = { stored: 'multiply', rebuilt: 'rebuild' } as const;

function partsOf(stages: readonly Stage[]): readonly string[] {
  const used = stages.flatMap((s) => (s.kind === 'compute' && s.plan.kind === 'scheduled' ? [s.plan.values] : []));
  const made = used.map((values) => products[values]);
  return [...shared, ...(used.length > 0 ? walking : []), ...new Set(made)];
}

export function printRtl(pipeline: Pipeline, { name, render, recorded }: RtlOptions): readonly Artefact[] {
  const { streams, stages } = pipeline;
  const module = (stage: Stage): string => `${name}_${stage.name}`;
  const instances = stages.map((stage) => instanceOf(stage, { name: module(stage), streams, render }));
  const inputs = pipeline.inputs.map((port, i) => portView(port, `in${i}`, streams));
  const outputs = pipeline.outputs.map((port, i) => portView(port, `out${i}`, streams));
  const top = render('fpga/rtl/top.v.hbs', {
    name,
    title: name,
    stageCount: stages.length,
    inputs,
    outputs,
    streams: streams.map(streamView),
    instances: instances.map((instance, i) => instanceView(instance, stages[i].name)),
  });
  const source = (path: string, contents: string): Artefact => ({ path: `rtl/${path}`, contents, role: 'source' });
  return [
    ...partsOf(stages).map((part) => source(`esp_${part}.v`, render(`fpga/rtl/${part}.v.hbs`, {}))),
    ...instances.flatMap(({ artefacts }) => artefacts),
    source(`${name}.v`, top),
    readme(name, render, instances),
    ...testbench({ name, render, recorded }, inputs, outputs, limitOf(stages, recorded)),
  ];
}

/** How to simulate and synthesise it. */
function readme(name: string, render: Render, instances: readonly Instance[]): Artefact {
  const own = instances.flatMap(({ artefacts }) => artefacts.filter(({ role }) => role === 'source'));
  const sources = ['esp_*.v', ...own.map(({ path }) => path.replace('rtl/', '')), `${name}.v`].join(' ');
  return {
    path: 'rtl/README.md',
    contents: render('fpga/rtl/README.md.hbs', { name, sources }),
    role: 'documentation',
  };
}

type PortView = ReturnType<typeof portView>;

const portView = ({ stream }: Port, port: string, streams: readonly Stream[]) => ({
  port,
  stream: streamName(stream),
  high: streams[stream].bits - 1,
});

function streamView({ bits, depth }: Stream, at: number) {
  const words = Math.max(2, depth);
  return {
    stream: streamName(at),
    bits,
    high: bits - 1,
    depth: words,
    depthBits: wires(bitsFor(words)),
    block: words > 256 ? 1 : 0,
  };
}

function instanceView({ module, parameters, wires }: Instance, name: string) {
  const given = Object.entries(parameters).map(([key, value]) => `.${key}(${value})`);
  return { module, instance: name, wires, parameters: given.length > 0 ? ` #(${given.join(', ')})` : '' };
}

/** Cycles after which a simulation is stuck: several times what all stages take one after the other, with stalls. */
function limitOf(stages: readonly Stage[], { outputs }: RtlOptions['recorded']): number {
  const elements = outputs.reduce((sum, values) => sum + values.length, 0);
  return 10_000 + 8 * elements + 8 * stages.reduce((sum, { cycles }) => sum + cycles, 0);
}

function testbench(
  { name, render, recorded }: RtlOptions,
  inputs: readonly PortView[],
  outputs: readonly PortView[],
  limit: number,
): readonly Artefact[] {
  const view = ({ port, high }: PortView, values: ArrayLike<number>) => ({
    port,
    high,
    last: values.length - 1,
    count: values.length,
    file: `${name}_${port}.hex`,
  });
  const into = inputs.map((port, i) => view(port, recorded.inputs[i]));
  const from = outputs.map((port, i) => view(port, recorded.outputs[i]));
  const text = render('fpga/rtl/testbench.v.hbs', {
    name,
    inputs: into,
    outputs: from,
    ports: [...into, ...from],
    limit,
  });
  const hex = (
    { file, high }: { readonly file: string; readonly high: number },
    values: ArrayLike<number>,
  ): Artefact => ({
    path: `rtl/${file}`,
    contents: `${Array.from(values, (v) => BigInt.asUintN(high + 1, BigInt(v)).toString(16)).join('\n')}\n`,
    role: 'check',
  });
  return [
    { path: `rtl/${name}_tb.v`, contents: text, role: 'check' },
    ...into.map((port, i) => hex(port, recorded.inputs[i])),
    ...from.map((port, i) => hex(port, recorded.outputs[i])),
  ];
}
