/** ONNX operators between channels and blocks of pixels. */
import type { Value } from '../../builder.ts';
import type { Layer, Row, Rows } from '../layer.ts';
import { fromImage, toImage } from './images.ts';

/** More than any model has. */
const mostChannels = 2 ** 20;

/** The image, and the pixels down and across that one becomes, or that become one. */
function blocksOf(l: Layer): { readonly image: Value; readonly block: number } {
  const x = l.operand(0);
  if (x.type.shape.length !== 4) l.fail(`takes a value with 4 axes and is given [${x.type.shape.join(', ')}]`);
  const block = l.int('blocksize');
  return { image: l.failed ? x : toImage(l, x), block };
}

/** Blocks stand before depth among the channels, as in the op, or with the mode CRD after it. */
const depthToSpace: Row = (l) => {
  const { image, block } = blocksOf(l);
  const mode = l.text('mode', 'DCR');
  const channels = image.type.shape[3] ?? 0;
  const depth = channels / block ** 2;
  if (!l.failed && mode !== 'DCR' && mode !== 'CRD') return l.fail(`has the mode "${mode}", which is not read`);
  if (l.failed || block < 1 || !Number.isInteger(depth) || channels > mostChannels)
    return l.fail(`cannot spread ${channels} channels over ${block}x${block} pixels`);
  return fromImage(
    l,
    l.call({ kind: 'depth-to-space', block }, mode === 'DCR' ? image : blocksFirst(l, image, depth)),
    2,
  );
};

/** Channels in the order of blocks first. */
function blocksFirst(l: Layer, image: Value, depth: number): Value {
  const channels = image.type.shape[3];
  const parts = channels / depth;
  const from = Int32Array.from({ length: channels }, (_, i) => (i % depth) * parts + Math.floor(i / depth));
  return l.call({ kind: 'gather', axis: 3 }, image, l.known(from, [channels], 'channels'));
}

const spaceToDepth: Row = (l) => {
  const { image, block } = blocksOf(l);
  return l.failed ? [] : fromImage(l, l.call({ kind: 'space-to-depth', block }, image), 2);
};

export const blocksRows: Rows = {
  DepthToSpace: depthToSpace,
  SpaceToDepth: spaceToDepth,
};
