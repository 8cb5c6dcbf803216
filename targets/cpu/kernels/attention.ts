/** Attention in panels: queries side by side in lanes, keys and channels one after the other. */

import { broadcastStrides } from '../../../src/ops/broadcast.ts';
import type { Kernel, KernelSite } from '../../../src/plan/kernel.ts';
import { isPanel, lanes, vector } from '../panels.ts';
import type { CpuRoutine } from '../routine.ts';
import { call } from '../routine.ts';

export const attention: Kernel = {
  name: 'attention',
  doc: 'attention of sequences in panels, masks known or the same for all queries',

  match(site) {
    const { call: step, types, arrays, result, scratch } = site;
    const { op } = step;
    if (op.kind !== 'attention') return 'no attention';
    const { q, k, v } = types;
    if (![q, k, v, result.type].every(isPanel)) return 'the values are not in panels';
    const [images, queries, channels] = q.shape;
    const [, keys, outputs] = v.shape;
    const mask = maskOf(site);
    if (typeof mask === 'string') return mask;
    const rows = Math.ceil(keys / rowsTogether) * rowsTogether;
    return {
      calls: [
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

const noMask = { mask: 0, mask_image: 0, mask_head: 0, mask_panel: 0, mask_row: 0, mask_lane: 0 } as const;

/** Where the routine finds what is added to the scores: for each key one number, or one for each query of a panel. */
function maskOf({ call: { op }, types, arrays, result, constant, pack }: KernelSite) {
  const { mask } = types;
  if (op.kind !== 'attention' || !mask) return noMask;
  if (mask.layout.kind !== 'plain') return 'the mask is not plain';
  const [images, queries] = result.type.shape;
  const keys = types.k.shape[1];
  const strides = broadcastStrides(mask.shape, [images, op.heads, queries, keys]);
  const [image, head, query, key] = strides;
  if (query === 0)
    return { mask: arrays.mask, mask_image: image, mask_head: head, mask_panel: 0, mask_row: key, mask_lane: 0 };
  const data = constant('mask');
  if (!data) return 'the mask differs from query to query and is not known';
  const [n, h] = [image === 0 ? 1 : images, head === 0 ? 1 : op.heads];
  const panels = Math.ceil(queries / lanes);
  const size = panels * keys * lanes;
  const packed = new Float32Array(n * h * size);
  for (let at = 0; at < packed.length; at++) {
    const query_at = Math.floor((at % size) / (keys * lanes)) * lanes + (at % lanes);
    if (query_at >= queries) continue;
    const [i, g] = [Math.floor(at / (h * size)), Math.floor(at / size) % h];
    const from = i * image + g * head + query_at * query + (Math.floor(at / lanes) % keys) * key;
    packed[at] = data[from];
  }
  return {
    mask: pack('mask', packed).array,
    mask_image: n === 1 ? 0 : h * size,
    mask_head: h === 1 ? 0 : size,
    mask_panel: keys * lanes,
    mask_row: lanes,
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
