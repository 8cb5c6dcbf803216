/** Blocks of channels spread out over pixels, as TensorFlow's DepthToSpace on [n, h, w, c]. */
import { add, div, mod, mul } from '../loop/loop.ts';
import { copyLoops } from './at.ts';
import { attributeFault, mostPixels, rankFault, resultType, whole } from './check.ts';
import type { Rules } from './rules.ts';
import { copyView } from './strides.ts';

/** Pixel (y, x), channel c of the result is pixel (y / block, x / block), channel ((y % block) · block + x % block) · depth + c. */
export interface DepthToSpace {
  readonly kind: 'depth-to-space';
  /** Pixels down and across that become of one. */
  readonly block: number;
}

export const depthToSpace: Rules<DepthToSpace> = {
  doc: 'blocks of channels spread out over pixels',
  operands: () => ['x'],

  infer(op, types) {
    const fault = attributeFault(op, { block: whole(1, mostPixels) }) ?? rankFault(types, { x: 4 });
    if (fault) return fault;
    const [n, h, w, c] = types.x.shape;
    if (c % op.block ** 2 !== 0) return `cannot spread ${c} channels over ${op.block}x${op.block} pixels`;
    return resultType(types.x.dtype, [n, h * op.block, w * op.block, c / op.block ** 2]);
  },

  evaluate({ block }, { x }, { dtype, shape: [, , , depth] }) {
    const [n, h, w, c] = x.type.shape;
    return copyView(x.data, dtype, {
      shape: [n, h, block, w, block, depth],
      from: 0,
      strides: [h * w * c, w * c, block * depth, c, depth, 1],
    });
  },

  lower: ({ block }, site) =>
    copyLoops(site, ([b, y, x, c]) => {
      const part = add(mul(mod(y, block), block), mod(x, block));
      return [b, div(y, block), div(x, block), add(mul(part, site.result.type.shape[3]), c)];
    }),
};
