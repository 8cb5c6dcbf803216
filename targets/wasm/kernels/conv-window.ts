/** Convolutions of any window, stride, dilation, padding and number of groups, depthwise ones among them. */

import type { Conv2d } from '../../../src/ops/conv2d.ts';
import type { Kernel, Routine } from '../../../src/plan/kernel.ts';
import type { Shape } from '../../../src/tensor/type.ts';
import { isPanels, lanes, panelBytes, rowBytes } from '../panels.ts';
import type { Offsets } from './csr.ts';
import { packCsr } from './csr.ts';
import { epilogueOf } from './epilogue.ts';
import { copyNumbers, fillOf } from './fill.ts';
import { csrTile } from './tile.ts';
import type { Window } from './window.ts';
import { betweenRows, scratchBytes, windowOf } from './window.ts';

export const convWindow: Kernel = {
  name: 'conv-window',
  doc: 'convolutions of one picture, of any geometry',

  match(site) {
    const { call, types, arrays, result, weights } = site;
    const { op } = call;
    if (op.kind !== 'conv2d') return 'not a convolution';
    const bias = site.constant('bias');
    if (!weights || !bias) return 'weights or bias are computed';
    if (!isPanels(result.type)) return 'the result is not in panels';
    const inPanels = isPanels(types.x);
    if (!inPanels && types.x.layout.kind !== 'plain') return 'the input lies in panels of another width';
    const [n, h, w, channels] = types.x.shape;
    if (n !== 1) return `takes 1 picture and is given ${n}`;
    const epilogue = epilogueOf(site, op.activation);
    if (typeof epilogue === 'string') return epilogue;

    const [, oh, ow, o] = result.type.shape;
    const window = windowOf(op, types.x.shape, types.weights.shape, result.type.shape);
    const rows = (o * window.count) / channels;
    const stream = packCsr(site, weights.matrix, bias, offsetsOf(op, types.weights.shape, window, rows));
    const routine = convOf(window, fillOf(w, op.stride[1], inPanels), inPanels);
    const args = [
      ...[arrays.x, result.array, stream, site.scratch('window', 'f32', scratchBytes(window, rows) / 4)],
      ...[channels, window.count, rows],
      ...[h, w, oh, ow],
      ...[op.pad[0], op.pad[1], op.stride[0], window.reach, window.strip, window.piece],
      ...[window.plane, window.pitch, window.phase, inPanels ? panelBytes(types.x) : 0, panelBytes(result.type)],
      ...[{ f32: epilogue.low }, { f32: epilogue.high }],
    ];
    return { calls: [{ routine, args }, ...epilogue.after] };
  },
};

/** Where each tap of a window lies in scratch. The output rows of a group read the planes of the group. */
function offsetsOf(op: Conv2d, [, kh, kw, perGroup]: Shape, window: Window, rows: number): Offsets {
  const { count, pitch, phase, plane } = window;
  const [, stride] = op.stride;
  const columns = Int32Array.from({ length: kh * kw * perGroup }, (_, column) => {
    const [tap, channel] = [Math.floor(column / perGroup), column % perGroup];
    const [down, across] = [Math.floor(tap / kw) * op.dilation[0], (tap % kw) * op.dilation[1]];
    return channel * plane + down * pitch + (across % stride) * phase + 4 * Math.floor(across / stride);
  });
  const groups = count / perGroup;
  return { columns, rowsPerPlane: rows / groups, planes: groups, plane: perGroup * plane };
}

function convOf({ direct, tile: shape }: Window, fill: Routine, inPanels: boolean): Routine {
  const tile = csrTile(shape);
  const name = `conv-${direct ? 'direct' : 'buffer'}-${tile.name}-${fill.name}`;
  return {
    name,
    template: `wasm/kernels/conv-window-${direct ? 'direct' : 'buffer'}.wat.hbs`,
    view: {
      name: name.replaceAll('-', '_'),
      source: `${fill.name}, ${tile.name}`,
      fill: fill.name.replaceAll('-', '_'),
      tiles: [{ name: tile.name.replaceAll('-', '_'), row: 0, bytes: 0 }],
      pixelRows: shape.pixelRows,
      between: direct ? rowBytes : betweenRows(shape),
      below: 16 * shape.vectors,
      panelRow: rowBytes,
      channel: inPanels ? rowBytes : 4,
      lanes,
    },
    needs: [tile, fill, ...(direct ? [] : [scatter])],
  };
}

const scatter: Routine = {
  name: 'scatter',
  template: 'wasm/kernels/scatter.wat.hbs',
  view: { lanes, row: rowBytes },
  needs: [copyNumbers],
};
