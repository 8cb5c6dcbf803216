/** Attention: queries side by side in lanes, keys one after the other, so that nothing is added up across lanes. */
import { broadcastStrides } from '../../../src/ops/broadcast.ts';
import type { Argument, Kernel, KernelSite, Routine, RoutineCall } from '../../../src/plan/kernel.ts';
import type { Shape } from '../../../src/tensor/type.ts';
import { elements, storedLength, tensor } from '../../../src/tensor/type.ts';
import { math } from '../math.ts';
import { lanes, panels, rowBytes } from '../panels.ts';
import { identifierOf } from '../text.ts';
import { relayoutCall } from './relayout.ts';
import type { Picture } from './slide.ts';

export const attention: Kernel = {
  name: 'attention',
  doc: 'attention in heads, with and without masks',

  match(site) {
    const { call, types, arrays, result, scratch } = site;
    const { op } = call;
    if (op.kind !== 'attention') return 'not an attention';
    const { q, v } = types;
    if (![...Object.values(types), result.type].every(({ layout }) => layout.kind === 'plain'))
      return 'does not go from plain to plain';
    const [images, queries, channels] = q.shape;
    const [, keys, outputs] = v.shape;
    const cells = images * op.heads * Math.ceil(queries / lanes);
    const [rows, values, sums] = [
      turned(site, 'queries', q.shape),
      turned(site, 'values', v.shape),
      turned(site, 'sums', result.type.shape),
    ];
    const mask = maskOf(site);
    return {
      calls: [
        relayoutCall({ array: arrays.q, type: straight(q.shape) }, rows),
        relayoutCall({ array: arrays.v, type: straight(v.shape) }, values),
        ...mask.laid,
        {
          routine: attentionOf(mask.kind),
          args: [
            ...[rows.array, arrays.k, values.array, sums.array],
            // A row of shares for each key, and one for what they are divided by.
            scratch('shares', 'f32', (keys + 1) * lanes),
            ...[0, cells, queries, keys, op.heads, channels / op.heads, outputs / op.heads, { f32: op.scale }],
            ...mask.args,
          ],
        },
        relayoutCall(sums, { array: result.array, type: straight(result.type.shape) }),
      ],
    };
  },
};

/** Vectors of a sequence as pixels of pictures. */
const straight = ([images, count, channels]: Shape) => tensor('f32', [images, 1, count, channels]);

function turned({ scratch }: KernelSite, hint: string, [images, count, channels]: Shape): Picture {
  const type = tensor('f32', [images, 1, count, channels], panels);
  return { array: scratch(hint, 'f32', storedLength(type)), type };
}

interface Mask {
  readonly kind: 'none' | 'keys' | 'queries';
  readonly laid: readonly RoutineCall[];
  /** Where it is, and how many bytes further for the next image, head, panel of queries and key. */
  readonly args: readonly Argument[];
}

/** What is added to the scores: for each key one number, or one for each query of a panel. */
function maskOf(site: KernelSite): Mask {
  const { call, types, arrays } = site;
  const { op } = call;
  const { q, k, mask } = types;
  if (op.kind !== 'attention' || !mask) return { kind: 'none', laid: [], args: [0, 0, 0, 0, 0] };
  const [images, queries] = q.shape;
  const keys = k.shape[1];
  const [image, head, query, key] = broadcastStrides(mask.shape, [images, op.heads, queries, keys]);
  if (query === 0)
    return { kind: 'keys', laid: [], args: [arrays.mask, ...[image, head, 0, key].map((step) => 4 * step)] };
  // Queries as pixels, keys as channels.
  const channels = key === 0 ? 1 : keys;
  const shape = [elements(mask.shape) / (queries * channels), queries, channels];
  const laid = turned(site, 'mask', shape);
  const size = Math.ceil(queries / lanes) * channels * rowBytes;
  const steps = [
    image === 0 ? 0 : (head === 0 ? 1 : op.heads) * size,
    head === 0 ? 0 : size,
    channels * rowBytes,
    key === 0 ? 0 : rowBytes,
  ];
  return {
    kind: 'queries',
    laid: [relayoutCall({ array: arrays.mask, type: straight(shape) }, laid)],
    args: [laid.array, ...steps],
  };
}

const vectors = Array.from({ length: lanes / 4 }, (_, v) => ({ v, offset: 16 * v }));

const routine = (name: string, view: object = {}, needs: readonly Routine[] = []): Routine => ({
  name,
  template: `wasm/kernels/${name}.wat.hbs`,
  view: { lanes, bytes: rowBytes, square: lanes * rowBytes, vectors, ...view },
  needs,
});

const scores = routine('attention-scores');
const shares = routine('attention-shares', {}, [math.exp4]);
const mix = routine('attention-mix');

function masked(kind: 'keys' | 'queries'): Routine {
  const address = '(local.get $mask)';
  const added = ({ offset }: { readonly offset: number }): string =>
    kind === 'keys' ? `(v128.load32_splat ${address})` : `(v128.load offset=${offset} ${address})`;
  return {
    ...routine('attention-mask', {
      name: `attention_mask_${kind}`,
      doc: kind === 'keys' ? 'one number for all queries' : 'a number for each query',
      vectors: vectors.map((vector) => ({ ...vector, added: added(vector) })),
    }),
    name: `attention-mask-${kind}`,
  };
}

function attentionOf(kind: Mask['kind']): Routine {
  const masks = kind === 'none' ? [] : [masked(kind)];
  const name = ['attention', ...(kind === 'none' ? [] : [kind])].join('-');
  return {
    ...routine('attention', { name: name.replaceAll('-', '_'), round: lanes - 1, masks: masks.map(identifierOf) }, [
      scores,
      ...masks,
      shares,
      mix,
    ]),
    name,
  };
}
