/** Cycles of stages that are no layers: one element a cycle. */
import type { DraftGlue } from './draft.ts';

export function glueCycles(stage: DraftGlue, sizes: readonly number[]): number {
  switch (stage.kind) {
    case 'fork':
    case 'beats':
    case 'combine':
      return sizes[stage.inputs[0]];
    case 'requantize':
    case 'lookup':
      return stage.channels * stage.pixels;
    case 'total':
      return stage.channels * stage.pixels + stage.channels;
    case 'pool': {
      const [[height, width], pad] = [stage.input, stage.pad];
      return (height + pad[0] + pad[2]) * (width + pad[1] + pad[3]) * stage.channels;
    }
    case 'interpolate':
      return (stage.input[0] * stage.input[1] + stage.output[0] * stage.output[1]) * stage.channels;
    // One picture after the other: the largest, the sum, the shares, and a division's way.
    case 'softmax':
      return stage.lines * (3 * stage.size + divisionCycles);
    case 'concat':
      return stage.times * stage.counts.reduce((a, b) => a + b, 0);
    case 'rearrange':
      return stage.times * (stage.chunk + stage.loops.reduce((n, { count }) => n * count, 1));
    case 'pad': {
      const [[height, width], pad] = [stage.input, stage.pad];
      return (height + pad[0] + pad[2]) * (width + pad[1] + pad[3]) * stage.channels;
    }
  }
}

/** From a division's operands to its result. */
const divisionCycles = 36;
