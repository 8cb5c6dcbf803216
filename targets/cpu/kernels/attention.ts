/** Attention in panels: queries side by side in lanes, keys and channels one after the other. */

import { broadcastStrides } from '../../../src/ops/broadcast.ts';
import type { Kernel, KernelSite } from '../../../src/plan/kernel.ts';
import { layOut } from '../../../src/tensor/layout.ts';
import { tensor } from '../../../src/tensor/type.ts';
import { inPanels, isPanel, lanes, vector } from '../panels.ts';
import type { CpuRoutine } from '../routine.ts';
import { call } from '../routine.ts';
import { intoPanels } from './relayout.ts';

export const attention: Kernel = {
  name: 'attention',
  doc: 'attention of sequences in panels',

  match(site) {
    const { call: step, types, arrays, result, scratch } = site;
    const { op } = step;
    if (op.kind !== 'attention') return 'no attention';
    const { q, k, v } = types;
    if (![q, k, v, result.type].every(isPanel)) return 'the values are not in panels';
    const [images, queries, channels] = q.shape;
    const [, keys, outputs] = v.shape;
    if (types.mask && types.mask.layout.kind !== 'plain') return 'the mask is not plain';
    const { laid, ...mask } = maskOf(site);
    const rows = Math.ceil(keys / rowsTogether) * rowsTogether;
    return {
      calls: [
        ...laid,
        call(routine, {
          q: arrays.q,
          k: arrays.k,
          v: arrays.v,
          y: result.array,
          scratch: scratch('scores', 'f32', rows * lanes),
          images,
          queries,
          keys,
          heads: op.heads,
          deep: channels / op.heads,
          part: outputs / op.heads,
          scale: { f32: op.scale },
          ...mask,
        }),
      ],
    };
  },
};

/** Rows of scores that are computed at once, at most. */
const rowsTogether = 8;

const noMask = { laid: [], mask: 0, mask_image: 0, mask_head: 0, mask_panel: 0, mask_row: 0, mask_lane: 0 } as const;

/** Where the routine finds what is added to the scores: for each key one number, or one for each query of a panel. */
function maskOf({ call: { op }, types, arrays, result, constant, pack, scratch }: KernelSite) {
  const { mask } = types;
  if (op.kind !== 'attention' || !mask) return noMask;
  const [images, queries] = result.type.shape;
  const strides = broadcastStrides(mask.shape, [images, op.heads, queries, types.k.shape[1]]);
  const [image, head, query, key] = strides;
  if (query === 0) {
    const steps = { mask_image: image, mask_head: head, mask_panel: 0, mask_row: key, mask_lane: 0 };
    return { laid: [], mask: arrays.mask, ...steps };
  }
  // Queries as pixels, keys as channels.
  const keys = key === 0 ? 1 : types.k.shape[1];
  const [n, h] = [image === 0 ? 1 : images, head === 0 ? 1 : op.heads];
  const size = Math.ceil(queries / lanes) * keys * lanes;
  const known = constant('mask');
  const laid = known && pack('mask', layOut(tensor('f32', [n * h, queries, keys], inPanels), known)).array;
  const panels = laid ?? scratch('mask', 'f32', n * h * size);
  return {
    laid: laid ? [] : [intoPanels(arrays.mask, panels, { images: n * h, pixels: queries, channels: keys })],
    mask: panels,
    mask_image: n === 1 ? 0 : h * size,
    mask_head: h === 1 ? 0 : size,
    mask_panel: keys * lanes,
    mask_row: key === 0 ? 0 : lanes,
    mask_lane: 1,
  };
}

const members =
  'q k v mask y scratch images queries keys heads deep part mask_image mask_head mask_panel mask_row mask_lane scale' as const;

const routine: CpuRoutine<typeof members> = {
  name: 'attention',
  template: 'cpu/kernels/attention.c.hbs',
  view: {},
  needs: [vector],
  struct: 'attention',
  members,
};
