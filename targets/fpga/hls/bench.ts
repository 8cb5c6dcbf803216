/** The testbench, what it takes from the host's side, and the recorded pictures that it runs. */
import { bug } from '../../../src/diagnostic.ts';
import { evaluate, type Named } from '../../../src/graph/evaluate.ts';
import type { Graph, Id } from '../../../src/graph/graph.ts';
import { randomInputs } from '../../../src/graph/samples.ts';
import type { Artefact } from '../../../src/target.ts';
import type { Numbers } from '../../../src/tensor/numbers.ts';
import { printShape } from '../../../src/tensor/type.ts';
import type { HlsPort, HostNumbers } from './ports.ts';
import type { Desk, Memory } from './stage.ts';
import { elementsOf, memoryType, streamOf } from './stage.ts';
import { bytesOnBus } from './top.ts';

export interface Bench {
  /** The function that is run. */
  readonly name: string;
  readonly ports: readonly HlsPort[];
  readonly memories: readonly Memory[];
  /** The text of vectors.dat. */
  readonly vectors: string;
}

export function printBench({ name, ports, memories, vectors }: Bench, desk: Desk): readonly Artefact[] {
  const { render, pipeline } = desk;
  const views = (direction: HlsPort['direction']) =>
    ports
      .filter((port) => port.direction === direction)
      .map(({ symbol, stream, host }) => {
        const about = streamOf(pipeline, stream);
        const view = { symbol, length: elementsOf(about), bytes: bytesOnBus(about) };
        return { ...view, hosted: host ? [view] : [] };
      });
  const offsets = memories.map((_, i) => memories.slice(0, i).reduce((at, m) => at + m.halves.length / 2, 0));
  const bench = render('fpga/hls/tb/tb.cpp.hbs', {
    name,
    inputs: views('in'),
    outputs: views('out'),
    passed: [...ports, ...memories].map(({ symbol }) => symbol).join(', '),
    reals: ports.some(({ host }) => host) ? ['reals'] : [],
    senders: ports.some(({ direction }) => direction === 'in') ? ['send'] : [],
    memories: memories.map(({ symbol, beat, halves }, i) => ({
      line: `const std::vector<${memoryType({ beat }).replace(/^const | \*$/g, '')}> ${symbol}_words = memory<${beat}>(${offsets[i]}, ${halves.length / 2});`,
      symbol,
    })),
    readers: memories.length > 0 ? [memoryFile] : [],
  });
  const host = render('fpga/hls/tb/host.h.hbs', {
    guard: `${name.toUpperCase()}_HOST_H`,
    ports: ports.map(({ symbol, direction, host }) => {
      const view = host ? [{ symbol, ...hostView(host) }] : [];
      return { entering: direction === 'in' ? view : [], leaving: direction === 'out' ? view : [] };
    }),
  });
  return [
    { path: `tb/${name}_tb.cpp`, contents: bench, role: 'check' },
    { path: `tb/${name}_host.h`, contents: host, role: 'header' },
    ...(memories.length > 0
      ? [{ path: `tb/${memoryFile}`, contents: joined(memories), role: 'weights' as const }]
      : []),
    { path: 'tb/vectors.dat', contents: vectors, role: 'check' },
    { path: 'tb/sim/hls_stream.h', contents: render('fpga/hls/sim/hls_stream.h.hbs', {}), role: 'check' },
    { path: 'tb/sim/ap_axi_sdata.h', contents: render('fpga/hls/sim/ap_axi_sdata.h.hbs', {}), role: 'check' },
  ];
}

/** Schedules that are read from memory, one after the other, in words of 64 bits, little-endian. */
const memoryFile = 'schedules.dat';

function joined(memories: readonly Memory[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(memories.reduce((sum, { halves }) => sum + halves.byteLength, 0));
  let at = 0;
  for (const { halves } of memories) {
    bytes.set(new Uint8Array(halves.buffer, halves.byteOffset, halves.byteLength), at);
    at += halves.byteLength;
  }
  return bytes;
}

const hostView = ({ shape, scale, zero, run, low, high }: HostNumbers) => ({
  shape: printShape(shape),
  scale: scale.map(floatLiteral).join(', '),
  zero: zero.join(', '),
  run,
  pairs: scale.length,
  low,
  high,
});

/** An f32 to the last bit. */
const floatLiteral = (value: number): string => {
  const text = value.toPrecision(9);
  return `${text.includes('.') || text.includes('e') ? text : `${text}.0`}f`;
};

/** What `evaluate` gives on every port, as the testbench reads it. */
export function recordVectors(graph: Graph, ports: readonly HlsPort[], inputs: readonly Named[]): string {
  const lines: string[] = [inputs.length.toString(16)];
  const write = (data: Numbers): void => {
    const words = data instanceof Float32Array ? new Uint32Array(data.buffer, data.byteOffset, data.length) : data;
    for (let at = 0; at < words.length; at += 16) {
      const line: string[] = [];
      for (let i = at; i < Math.min(at + 16, words.length); i++) line.push((words[i] >>> 0).toString(16));
      lines.push(line.join(' '));
    }
  };
  for (const named of inputs) {
    const seen = new Map<Id, Numbers>();
    const wanted = new Set(ports.flatMap(({ node, host }) => [node, ...(host ? [host.node] : [])]));
    evaluate(graph, named, { watch: (node, data) => void (wanted.has(node.id) && seen.set(node.id, data)) });
    const of = (id: Id): Numbers => seen.get(id) ?? bug(`%${id} was not computed`);
    for (const { direction, node, host } of ports) {
      if (host && direction === 'in') write(of(host.node));
      write(of(node));
      if (host && direction === 'out') write(of(host.node));
    }
  }
  return `${lines.join('\n')}\n`;
}

/** The first of those given; without any, pictures that use all numbers that an input may have, and some that use few. */
export function pictures(
  graph: Graph,
  ports: readonly HlsPort[],
  count: number,
  given: readonly Named[] = [],
): readonly Named[] {
  if (given.length > 0) return given.slice(0, count);
  return Array.from({ length: count }, (_, seed) => {
    const noise = randomInputs(graph, 2 * seed + 1);
    const wide = seed % 2 === 0 ? 1 : 1 / 8;
    return Object.fromEntries(
      Object.entries(noise).map(([name, data]) => {
        const host = ports.find((port) => port.direction === 'in' && port.name === name)?.host;
        if (!host) return [name, data];
        const middle = (host.low + host.high) / 2;
        const reach = (wide * (host.high - host.low)) / 2;
        return [
          name,
          Float32Array.from(data, (x, i) => {
            const pair = Math.floor(i / host.run) % host.scale.length;
            return (middle + reach * x - host.zero[pair]) * host.scale[pair];
          }),
        ];
      }),
    );
  });
}
