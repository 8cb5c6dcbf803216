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
