/** The component as a C function of arrays, for programs that use it: the header, and one that simulates. */
import type { Artefact } from '../../../src/target.ts';
import { printShape } from '../../../src/tensor/type.ts';
import type { HlsPort } from './ports.ts';
import type { Desk, Memory } from './stage.ts';
import { elementsOf, memoryType, streamOf } from './stage.ts';
import { bytesOnBus } from './top.ts';

export interface Called {
  /** The graph's name, which files begin with, and what C symbols begin with. */
  readonly file: string;
  readonly symbol: string;
  /** The function that is simulated. */
  readonly top: string;
  readonly ports: readonly HlsPort[];
  readonly memories: readonly Memory[];
}

/** In the folder `call`. */
export function printCall(
  { file, symbol, top, ports, memories }: Called,
  { render, pipeline }: Desk,
): readonly Artefact[] {
  const views = (direction: HlsPort['direction']) =>
    ports
      .filter((port) => port.direction === direction)
      .map((port) => {
        const about = streamOf(pipeline, port.stream);
        const numbers = elementsOf(about);
        return { symbol: port.symbol, type: `int${8 * bytesOnBus(about)}_t`, numbers, shape: printShape(about.shape) };
      });
  const view = {
    name: file,
    file,
    symbol,
    top,
    guard: `${symbol.toUpperCase()}_ACCELERATE_H`,
    inputs: views('in'),
    outputs: views('out'),
    passed: [...ports, ...memories].map((one) => one.symbol).join(', '),
    readers: memories.length > 0 ? ['schedules.dat'] : [],
    memories: memories.map(({ symbol: memory, beat, halves }, i) => {
      const from = memories.slice(0, i).reduce((at, m) => at + m.halves.length / 2, 0);
      const type = memoryType({ beat }).replace(/^const | \*$/g, '');
      const line = `const std::vector<${type}> ${memory}_words = memory<${beat}>(${from}, ${halves.length / 2});`;
      return { symbol: memory, line };
    }),
  };
  return [
    { path: `call/${file}_accelerate.h`, contents: render('fpga/call/accelerate.h.hbs', view), role: 'header' },
    { path: `call/${file}_csim.cpp`, contents: render('fpga/call/csim.cpp.hbs', view), role: 'check' },
  ];
}
