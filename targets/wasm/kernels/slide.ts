/** The call that slides a window over a picture: fills scratch strip by strip, and computes tiles from it. */
import type { Arr } from '../../../src/loop/loop.ts';
import type { KernelSite, Routine, RoutineCall } from '../../../src/plan/kernel.ts';
import type { TensorType } from '../../../src/tensor/type.ts';
import { isPanels, lanes, panelBytes, pictureBytes, rowBytes } from '../panels.ts';
import { identifierOf } from '../text.ts';
import { copyNumbers, fillOf, fillRow } from './fill.ts';
import { byRows } from './ranges.ts';
import type { Tiling } from './tile.ts';
import type { Sliding, Window } from './window.ts';
import { betweenRows, scratchBytes } from './window.ts';

export interface Slide {
  readonly x: Picture;
  readonly y: Picture;
  /** Lies as y does, and is added to it. */
  readonly residual?: Arr | undefined;
  readonly window: Window;
  /** Memory for the part of x that tiles read. */
  readonly scratch: KernelSite['scratch'];
  /** Output channels of a block of input channels. */
  readonly rows: number;
  /** How often all tiles are computed, each time with other channels; once unless given. */
  readonly passes?: number;
  /** Output channels whose weights go over a strip at a time; all unless given. */
  readonly block?: number;
  /** What tiles read: offsets into scratch, and weights. */
  readonly stream: Arr;
  readonly tiling: Tiling;
  /** What stands around the picture. */
  readonly border: number;
  readonly low: number;
  readonly high: number;
}

export interface Picture {
  readonly array: Arr;
  readonly type: TensorType;
}

export function slide(
  op: Sliding,
  { x, y, residual, window, scratch, rows, passes = 1, block = rows, stream, tiling, border, low, high }: Slide,
): RoutineCall {
  const inPanels = isPanels(x.type);
  const [n, h, w, channels] = x.type.shape;
  const [, oh, ow] = y.type.shape;
  const memory = scratch('window', 'f32', scratchBytes(window, rows) / 4);
  const argsFor = (begin: number, end: number): RoutineCall['args'] => [
    ...[x.array, y.array, residual ?? 0, stream, memory],
    ...[channels, window.count, rows, ...(window.direct ? [block, passes] : [])],
    ...[h, w, ...(window.direct ? [begin] : []), end, ow],
    ...[op.pad[0], op.pad[1], op.stride[0], window.reach, window.strip, window.piece],
    ...[window.plane, window.pitch, window.phase, inPanels ? panelBytes(x.type) : 0, panelBytes(y.type)],
    ...[n, pictureBytes(x.type), pictureBytes(y.type)],
    ...[{ f32: border }, { f32: low }, { f32: high }],
  ];
  const site = {
    types: { x: x.type },
    arrays: { x: x.array, ...(residual && { residual }) },
    result: y,
  };
  const reads = { top: op.pad[0], down: op.stride[0], reach: window.reach, together: window.tile.pixelRows };
  return {
    routine: slideOf(window, tiling, fillOf(w, op.stride[1], inPanels), inPanels),
    ...(hasBands(window, ow) ? byRows(site, reads, argsFor) : { args: argsFor(0, oh) }),
  };
}

/** Whether rows that tiles compute together make panels, or panels are made of them. */
const hasBands = ({ direct, tile }: Window, ow: number): boolean =>
  direct && (ow >= lanes || (lanes / ow) % tile.pixelRows === 0);

function slideOf({ direct, tile: shape }: Window, tiling: Tiling, fill: Routine, inPanels: boolean): Routine {
  const name = ['slide', direct ? 'direct' : 'buffer', tiling.name, fill.name].join('-');
  return {
    name,
    template: `wasm/kernels/window-${direct ? 'direct' : 'buffer'}.wat.hbs`,
    view: {
      name: name.replaceAll('-', '_'),
      source: `${fill.name}, ${tiling.name}`,
      fill: identifierOf(fill),
      tiles: tiling.tiles.map(({ routine, row, bytes }) => ({ name: identifierOf(routine), row, bytes })),
      pixelRows: shape.pixelRows,
      between: direct ? rowBytes : betweenRows(shape),
      below: 16 * shape.vectors,
      panelRow: rowBytes,
      channel: inPanels ? rowBytes : 4,
      lanes,
    },
    needs: [...tiling.tiles.map((t) => t.routine), fill, fillRow, ...(direct ? [place] : [gather, scatter])],
  };
}

const place: Routine = { name: 'place', template: 'wasm/kernels/place.wat.hbs', view: { lanes }, needs: [] };

function movePixels(name: string, way: string, from: string, to: string): Routine {
  const view = { name, way, from, to, lanes, row: rowBytes };
  return { name, template: 'wasm/kernels/move-pixels.wat.hbs', view, needs: [copyNumbers] };
}

const gather = movePixels('gather', 'from panels to a buffer', 'inside', 'outside');
const scatter = movePixels('scatter', 'from a buffer to panels', 'outside', 'inside');
