/** Blocks of pixels gathered into channels, as TensorFlow's SpaceToDepth on [n, h, w, c]: what depth-to-space undoes. */
import { add, div, mod, mul } from '../loop/loop.ts';
import { copyLoops } from './at.ts';
import { attributeFault, mostPixels, rankFault, resultType, whole } from './check.ts';
import type { Rules } from './rules.ts';
import { copyView } from './strides.ts';

/** Channel (dy · block + dx) · depth + c of pixel (y, x) of the result is channel c of pixel (y · block + dy, x · block + dx). */
export interface SpaceToDepth {
  readonly kind: 'space-to-depth';
  /** Pixels down and across that become one. */
  readonly block: number;
}

export const spaceToDepth: Rules<SpaceToDepth> = {
  doc: 'blocks of pixels gathered into channels',
  operands: () => ['x'],

  infer(op, types) {
    const fault = attributeFault(op, { block: whole(1, mostPixels) }) ?? rankFault(types, { x: 4 });
    if (fault) return fault;
    const [n, h, w, c] = types.x.shape;
    if (h % op.block !== 0 || w % op.block !== 0)
      return `cannot cut ${h}x${w} pixels into blocks of ${op.block}x${op.block}`;
    return resultType(types.x.dtype, [n, h / op.block, w / op.block, c * op.block ** 2]);
  },

  evaluate({ block }, { x }, { dtype, shape: [n, oh, ow] }) {
    const [, h, w, c] = x.type.shape;
    return copyView(x.data, dtype, {
      shape: [n, oh, ow, block, block, c],
      from: 0,
      strides: [h * w * c, block * w * c, block * c, w * c, c, 1],
    });
  },

  lower: ({ block }, site) => {
    const depth = site.types.x.shape[3];
    return copyLoops(site, ([b, y, x, channel]) => {
      const part = div(channel, depth);
      return [b, add(mul(y, block), div(part, block)), add(mul(x, block), mod(part, block)), mod(channel, depth)];
    });
  },
};
