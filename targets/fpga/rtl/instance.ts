/** Stages as instances of Verilog modules: which module, with which parameters, between which streams. */
import type { Artefact, Render } from '../../../src/target.ts';
import type { Stage, Stream } from '../pipeline/pipeline.ts';

export interface Instance {
  readonly module: string;
  readonly parameters: Readonly<Record<string, number>>;
  readonly wires: readonly Wire[];
  /** What the stage needs besides the modules that all share. */
  readonly artefacts: readonly Artefact[];
}

export interface Printing {
  /** Of the stage's module, where it has one of its own. */
  readonly name: string;
  readonly streams: readonly Stream[];
  readonly render: Render;
}

export interface Wire {
  readonly port: string;
  readonly to: string;
}

export const streamName = (at: number): string => `s${at}`;

/** The ports of a stage that reads a stream. */
export const reading = (prefix: string, stream: number): readonly Wire[] => [
  { port: `${prefix}_data`, to: `${streamName(stream)}_data` },
  { port: `${prefix}_valid`, to: `${streamName(stream)}_valid` },
  { port: `${prefix}_ready`, to: `${streamName(stream)}_ready` },
];

export const writing = (prefix: string, stream: number): readonly Wire[] => [
  { port: `${prefix}_data`, to: `${streamName(stream)}_put` },
  { port: `${prefix}_valid`, to: `${streamName(stream)}_comes` },
  { port: `${prefix}_ready`, to: `${streamName(stream)}_room` },
];

/** One stream in, one out. */
export const through = ({ inputs, outputs }: Stage): readonly Wire[] => [
  ...reading('in', inputs[0]),
  ...writing('out', outputs[0]),
];

/** Several streams side by side, the first in the lowest bits. */
export const together = (wires: readonly (readonly Wire[])[]): readonly Wire[] =>
  wires[0].map(({ port }, i) => ({
    port,
    to: `{ ${wires
      .map((w) => w[i].to)
      .toReversed()
      .join(', ')} }`,
  }));

export const bitsOf = (streams: readonly Stream[], at: number): number => streams[at].bits * streams[at].beat;
