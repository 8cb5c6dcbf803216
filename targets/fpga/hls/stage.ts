/** The contract of printed stages: a function of streams, in a file of its own. */
import { bug } from '../../../src/diagnostic.ts';
import type { Artefact, Render } from '../../../src/target.ts';
import { deepest } from '../area/memory.ts';
import type { Pipeline, Stage, Stream } from '../pipeline/pipeline.ts';
import { inComment, streamType } from './cpp.ts';

export interface Printed {
  readonly function: string;
  /** The declaration without its semicolon. */
  readonly head: string;
  /** What the caller passes, in order: names of streams, of ports and of memories. */
  readonly passed: readonly string[];
  readonly artefacts: readonly Artefact[];
  /** A stream that no other stage of the pipeline knows. */
  readonly stream?: NamedStream;
  /** Memory outside of the part that it reads. */
  readonly memory?: Memory;
}

export interface NamedStream {
  readonly name: string;
  readonly type: string;
  readonly depth: number;
}

/** Words that the host puts into memory, and says where. */
export interface Memory {
  readonly symbol: string;
  /** Words of 64 bits that are read at once. */
  readonly beat: number;
  /** Low and high halves of words of 64 bits. */
  readonly halves: Uint32Array<ArrayBuffer>;
}

export const memoryType = ({ beat }: Pick<Memory, 'beat'>): string => `const beat<uint64_t, ${beat}> *`;

/** What a printer of stages may use. */
export interface Desk {
  readonly pipeline: Pipeline;
  /** The header that declares all stages. */
  readonly header: string;
  readonly render: Render;
}

export const functionOf = ({ name }: Pick<Stage, 'name'>): string => `stage_${name}`;

export const streamOf = ({ streams }: Pipeline, index: number): Stream =>
  streams[index] ?? bug(`there is no stream ${index}`);

export const streamName = (index: number): string => `s${index}`;

/** Beats that a stream carries for one image. */
export const beatsOf = ({ shape, beat }: Stream): number => Math.ceil(shape.reduce((n, d) => n * d, 1) / beat);

export const elementsOf = ({ shape }: Stream): number => shape.reduce((n, d) => n * d, 1);

/** Parameters in0, in1, ... and out0, out1, ... */
export function parametersOf(stage: Stage, pipeline: Pipeline): readonly string[] {
  const spelled = (indices: readonly number[], stem: string): readonly string[] =>
    indices.map((index, i) => `${streamType(streamOf(pipeline, index))} &${stem}${i}`);
  return [...spelled(stage.inputs, 'in'), ...spelled(stage.outputs, 'out')];
}

/** What the first line of a stage's file says. */
export const titleOf = ({ name, kind, origin }: Stage): string =>
  `${name}: ${kind}${origin === undefined ? '' : `, the layer ${inComment(origin)}`}`;

/** What a memory of so many numbers is made of, as it is counted. */
export const memoryFor = (numbers: number): string => (numbers > deepest ? 'bram' : 'lutram');
