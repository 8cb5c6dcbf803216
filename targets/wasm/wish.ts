/** The layouts that steps want: panels wherever a kernel works on images. */
import type { Call } from '../../src/graph/graph.ts';
import type { Types } from '../../src/ops/rules.ts';
import type { Target, Wish } from '../../src/target.ts';
import { plain } from '../../src/tensor/type.ts';
import { panels } from './panels.ts';

const same: Wish = { kind: 'same' };
const inPanels: Wish = { kind: 'fixed', operands: { x: panels }, result: panels };
const inPlain: Wish = { kind: 'fixed', operands: { x: plain }, result: plain };

/** Channels of a picture: a convolution copies them from rows of pixels as fast as from panels. */
const fewChannels = 4;

export const wish: Target['wish'] = (call: Call, types: Types): Wish => {
  switch (call.op.kind) {
    case 'conv2d': {
      const [, oh, ow] = call.type.shape;
      if (oh * ow === 1) return inPlain;
      const copied = types.weights.shape[1] * types.weights.shape[2] > 1 || call.op.stride.some((s) => s > 1);
      if (copied && types.x.shape[3] <= fewChannels) return { kind: 'fixed', operands: { x: plain }, result: panels };
      return inPanels;
    }
    default:
      return same;
  }
};
