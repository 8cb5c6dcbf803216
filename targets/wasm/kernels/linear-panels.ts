/** Dense layers of several vectors: each vector a pixel, a 1x1 convolution between panels, and vectors again. */
import type { Kernel } from '../../../src/plan/kernel.ts';
import { elements, storedLength, tensor } from '../../../src/tensor/type.ts';
import { panels } from '../panels.ts';
import { pointwise } from './conv-panels.ts';
import { epilogueOf } from './epilogue.ts';
import { relayoutCall } from './relayout.ts';

/** Those of one vector of pixels: with fewer, lanes are idle, and weights are better read once for each. */
export const fewestVectors = 4;

export const linearPanels: Kernel = {
  name: 'linear-panels',
  doc: 'dense layers of several vectors, with dense or sparse weights',

  match(site) {
    const { call, types, arrays, result, weights, scratch } = site;
    const { op } = call;
    if (op.kind !== 'linear') return 'not a dense layer';
    const bias = site.constant('bias');
    if (!weights || !bias) return 'weights or bias are computed';
    if (types.x.layout.kind !== 'plain' || result.type.layout.kind !== 'plain')
      return 'does not go from plain to plain';
    const { rows, columns } = weights.matrix;
    const vectors = elements(result.type.shape) / rows;
    if (vectors < fewestVectors) return `of fewer than ${fewestVectors} vectors`;
    const epilogue = epilogueOf(site, op.activation);
    if (typeof epilogue === 'string') return epilogue;
    const { low, high, after } = epilogue;
    const turned = (name: string, channels: number) => {
      const type = tensor('f32', [1, 1, vectors, channels], panels);
      return { array: scratch(name, 'f32', storedLength(type)), type };
    };
    const straight = (channels: number) => tensor('f32', [1, 1, vectors, channels]);
    const [x, y] = [turned('vectors', columns), turned('sums', rows)];
    return {
      calls: [
        relayoutCall({ array: arrays.x, type: straight(columns) }, x),
        ...pointwise(site, weights, bias, { x, y, low, high }),
        relayoutCall(y, { array: result.array, type: straight(rows) }),
        ...after,
      ],
    };
  },
};
