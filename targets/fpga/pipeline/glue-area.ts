/** What stages that are no layers take, and streams: estimates. */
import { addAreas, memoryArea, noArea } from '../area/datapath.ts';
import { blocks } from '../area/memory.ts';
import { rates } from '../area/rates.ts';
import type { Area } from '../contract/engine.ts';
import { bitsFor } from '../contract/rom.ts';
import type { DraftGlue } from './draft.ts';
import type { Stream } from './pipeline.ts';

const logic = (lut: number, ff = lut): Area => ({ ...noArea, lut: Math.ceil(lut), ff: Math.ceil(ff) });

/** A 32-bit division that starts in every cycle: a subtraction and a register for each bit. */
const divider = 32 * 34;

/** Counters and handshakes of a stage. */
const control = logic(40, 40);

export function glueArea(stage: DraftGlue, bits: number): Area {
  switch (stage.kind) {
    case 'fork':
    case 'beats':
    case 'concat':
      return logic(10 + bits);
    case 'combine':
      return addAreas([control, logic(bits * (stage.fn === 'mul' ? bits : 1))]);
    case 'requantize': {
      const width = Math.max(1, ...Array.from(stage.multiplier, (m) => bitsFor(m + 1)));
      const table = stage.channels > 1 ? memoryArea(stage.channels, width + 6) : noArea;
      return addAreas([control, logic(bits * width * rates.product, 3 * bits), table]);
    }
    case 'lookup':
      return addAreas([control, memoryArea(stage.table.length, bits)]);
    case 'pool': {
      const lines = (stage.window[0] - 1) * (stage.input[1] + stage.pad[1] + stage.pad[3]) + stage.window[1] - 1;
      return addAreas([
        control,
        logic((stage.window[0] + stage.window[1]) * bits),
        memoryArea(lines * stage.channels, bits),
      ]);
    }
    case 'interpolate': {
      const { input, channels, down, across } = stage;
      const mixing = 3 * bits * (bitsFor(down.steps) + bitsFor(across.steps)) * rates.product;
      const places = addAreas([down, across].map(({ first }) => memoryArea(first.length, 16)));
      return addAreas([control, logic(mixing, 4 * bits), memoryArea(2 * input[1] * channels, bits), places]);
    }
    case 'softmax':
      return addAreas([
        control,
        logic(divider),
        memoryArea(stage.table.length, 16),
        memoryArea(2 * stage.size, Math.max(bits, 16)),
      ]);
    case 'total':
      return addAreas([control, logic(bits), memoryArea(stage.channels, bits)]);
    case 'rearrange':
      return addAreas([control, logic(20 * stage.loops.length), memoryArea(stage.chunk, bits)]);
    case 'pad':
      return addAreas([control, logic(bits)]);
  }
}

/** Values that a stream may hold in shift registers: longer ones have blocks. */
export const mostShifted = 512;

/** Shift registers of look-up tables where a stream is short, blocks where it is long. */
export function streamArea({ bits, beat, depth }: Pick<Stream, 'bits' | 'beat' | 'depth'>): Area {
  const width = bits * beat;
  if (depth > mostShifted) return { ...logic(40), bram18: blocks(depth, width) };
  const luts = width * Math.ceil(depth / 32);
  return { ...logic(20 + luts, 20), lutram: luts };
}
