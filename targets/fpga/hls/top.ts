/** The function that is synthesised: streams between stages, AXI4-Stream ports at both ends, and the header that declares it. */
import type { Artefact } from '../../../src/target.ts';
import { mostShifted } from '../pipeline/glue-area.ts';
import type { Stream } from '../pipeline/pipeline.ts';
import { beatType, numberType, streamType } from './cpp.ts';
import type { HlsPort } from './ports.ts';
import type { Desk, Memory, NamedStream, Printed } from './stage.ts';
import { beatsOf, elementsOf, memoryType, streamName, streamOf } from './stage.ts';

/** Bits of a beat of AXI4-Stream. */
const busBits = 32;

/** Bytes that one number takes on the bus: 1, 2 or 4. */
export const bytesOnBus = ({ bits }: Pick<Stream, 'bits'>): number => (bits <= 8 ? 1 : bits <= 16 ? 2 : 4);

/** What becomes of the numbers of one port: a stage between the bus and a stream. */
export function printPort(port: HlsPort, desk: Desk): Printed {
  const { header, pipeline, render } = desk;
  const stream = streamOf(pipeline, port.stream);
  const bytes = bytesOnBus(stream);
  const entering = port.direction === 'in';
  const bus = 'hls::stream<bus_t> &port';
  const params = entering ? `${bus}, ${streamType(stream)} &out0` : `${streamType(stream)} &in0, ${bus}`;
  const name = `${entering ? 'enter' : 'leave'}_${port.symbol}`;
  const body = render(`fpga/hls/stages/${entering ? 'enter' : 'leave'}.hbs`, {
    type: beatType(stream.bits, stream.beat),
    element: numberType(stream.bits),
    plain: `int${8 * bytes}_t`,
    unsigned: `uint${8 * bytes}_t`,
    beat: stream.beat,
    beats: beatsOf(stream),
    elements: elementsOf(stream),
    perBeat: busBits / 8 / bytes,
    bytes,
    bits: 8 * bytes,
  }).trimEnd();
  const fn = `stage_${name}`;
  const doc = [`${name}: ${entering ? 'numbers from' : 'numbers to'} the bus, ${busBits / 8 / bytes} a beat.`];
  return {
    function: fn,
    head: `void ${fn}(${params})`,
    passed: entering ? [port.symbol, streamName(port.stream)] : [streamName(port.stream), port.symbol],
    artefacts: [
      {
        path: `src/${name}.cpp`,
        contents: render('fpga/hls/src/stage.cpp.hbs', { doc, header, fn, params, body }),
        role: 'source',
      },
    ],
  };
}

/** Stages of one dataflow function: with more of them it is cut, so that no function grows without end. */
const mostStages = 48;

interface Part {
  readonly function: string;
  readonly stages: readonly Printed[];
  /** Streams that this part alone uses, and those that it shares with others. */
  readonly own: readonly NamedStream[];
  readonly shared: readonly NamedStream[];
}

/** Printed stages, by the streams that they use, in parts of bounded size. */
function partsOf(stages: readonly Printed[], streams: readonly NamedStream[], name: string): readonly Part[] {
  if (stages.length <= mostStages) return [{ function: name, stages, own: streams, shared: [] }];
  const groups: Printed[][] = [];
  for (let at = 0; at < stages.length; at += mostStages) groups.push(stages.slice(at, at + mostStages));
  const used = groups.map((group) => new Set(group.flatMap(({ passed }) => passed)));
  const users = (stream: NamedStream): number => used.filter((names) => names.has(stream.name)).length;
  return groups.map((group, g) => {
    const here = streams.filter((stream) => used[g].has(stream.name));
    return {
      function: `part_${g}`,
      stages: group,
      own: here.filter((stream) => users(stream) === 1),
      shared: here.filter((stream) => users(stream) > 1),
    };
  });
}

export interface Top {
  /** The function that is synthesised. */
  readonly name: string;
  readonly ports: readonly HlsPort[];
  readonly stages: readonly Printed[];
}

/** What the function takes: streams of the bus, then memories. */
interface Parameter {
  readonly name: string;
  readonly head: string;
}

const busParameter = ({ symbol }: HlsPort): Parameter => ({ name: symbol, head: `hls::stream<bus_t> &${symbol}` });
const memoryParameter = (memory: Memory): Parameter => ({
  name: memory.symbol,
  head: `${memoryType(memory)}${memory.symbol}`,
});

export const memoriesOf = (stages: readonly Printed[]): readonly Memory[] =>
  stages.flatMap(({ memory }) => (memory ? [memory] : []));

export function printTop({ name, ports, stages }: Top, desk: Desk): readonly Artefact[] {
  const { pipeline, header, render } = desk;
  const streams: readonly NamedStream[] = [
    ...pipeline.streams.map(({ bits, beat, depth }, i) => ({ name: streamName(i), type: beatType(bits, beat), depth })),
    ...stages.flatMap(({ stream }) => (stream ? [stream] : [])),
  ];
  const memories = memoriesOf(stages);
  const parameters = [...ports.map(busParameter), ...memories.map(memoryParameter)];
  const parts = partsOf(stages, streams, name);
  const printed = (some: readonly NamedStream[]) =>
    some.map((stream) => ({ ...stream, memory: stream.depth > mostShifted ? 'bram' : 'srl' }));
  const single = parts.length === 1;
  const ofPart = (part: Part): readonly Parameter[] => [
    ...parameters.filter((p) => part.stages.some(({ passed }) => passed.includes(p.name))),
    ...part.shared.map((stream) => ({ name: stream.name, head: `hls::stream<${stream.type}> &${stream.name}` })),
  ];
  const heads = (given: readonly Parameter[]): string => given.map(({ head }) => head).join(', ');
  const calls = (part: readonly Printed[]) => part.map((s) => ({ call: `${s.function}(${s.passed.join(', ')})` }));
  const source = render('fpga/hls/src/top.cpp.hbs', {
    name,
    header,
    parts: single
      ? []
      : parts.map((part) => ({
          head: `void ${part.function}(${heads(ofPart(part))})`,
          streams: printed(part.own),
          stages: calls(part.stages),
        })),
    head: `void ${name}(${heads(parameters)})`,
    ports: ports.map(({ symbol }) => ({ symbol })),
    memories: memories.map(({ symbol, halves, beat }) => ({ symbol, depth: halves.length / 2 / beat })),
    streams: printed(single ? parts[0].own : streams.filter((s) => parts.some(({ shared }) => shared.includes(s)))),
    stages: single
      ? calls(stages)
      : parts.map((part) => ({
          call: `${part.function}(${ofPart(part)
            .map((p) => p.name)
            .join(', ')})`,
        })),
  });
  const declarations = render('fpga/hls/src/stages.h.hbs', {
    guard: header.toUpperCase().replace('.', '_'),
    top: `${name}.h`,
    stages: stages.map(({ head }) => ({ head })),
  });
  const api = render('fpga/hls/src/top.h.hbs', {
    name,
    guard: `${name.toUpperCase()}_H`,
    head: `void ${name}(${heads(parameters)})`,
    ports: [
      ...ports.map((port) => ({ line: portDoc(port, streamOf(pipeline, port.stream)) })),
      ...memories.map(({ symbol, halves }) => ({
        line: `${symbol}: points to ${halves.length / 2} words of 64 bits, the schedule of a layer that does not fit the part`,
      })),
    ],
  });
  return [
    { path: `src/${name}.cpp`, contents: source, role: 'source' },
    { path: `src/${name}.h`, contents: api, role: 'header' },
    { path: `src/${header}`, contents: declarations, role: 'header' },
  ];
}

const portDoc = ({ symbol, direction }: HlsPort, stream: Stream): string =>
  `${symbol}: ${direction === 'in' ? 'takes' : 'gives'} ${stream.shape.join('x')} numbers of ${8 * bytesOnBus(stream)} bits, signed, in row-major order, ${busBits / 8 / bytesOnBus(stream)} a beat`;
