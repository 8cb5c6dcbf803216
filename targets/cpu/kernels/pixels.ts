/** Whole pixels, or tokens, moved from panels to panels: joined, cut, put into another order or into other pictures. */
import type { Kernel } from '../../../src/plan/kernel.ts';
import type { TensorType } from '../../../src/tensor/type.ts';
import { panelsOf, pictureOf } from '../../../src/tensor/type.ts';
import { movesPixels, sourcesOf } from '../moves.ts';
import { isPanel, lanes, vector } from '../panels.ts';
import type { CpuRoutine } from '../routine.ts';
import { call } from '../routine.ts';

export const pixels: Kernel = {
  name: 'pixels',
  doc: 'runs of neighbouring pixels, moved channel by channel',

  match({ call: { op }, types, arrays, result, pack }) {
    if (!movesPixels(op, types, result.type)) return 'does not move whole pixels';
    const values = [...Object.values(types), result.type];
    if (!values.some(isPanel)) return 'the values are not in panels';
    if (!values.every((t) => isPanel(t) || t.layout.kind === 'plain')) return 'panels are of another width';
    return {
      calls: Object.entries(types).map(([name, x]) => {
        const runs = runsOf(sourcesOf(op, types, result.type, name), x, result.type);
        return call(routine, {
          x: arrays[name],
          y: result.array,
          runs: pack('runs', runs).array,
          count: runs.length / 3,
          channels: pictureOf(x.shape).channels,
          x_lanes: lanesOf(x),
          y_lanes: lanesOf(result.type),
        });
      }),
    };
  },
};

/** A plain value lies as one in panels of one lane. */
const lanesOf = (type: TensorType): number => (isPanel(type) ? lanes : 1);

/** Where the first channel of a pixel lies. */
function placeOf(type: TensorType): (pixel: number) => number {
  const width = lanesOf(type);
  const picture = pictureOf(type.shape);
  const panels = panelsOf(type.shape, width);
  return (pixel) => {
    const within = pixel % picture.pixels;
    const panel = Math.floor(pixel / picture.pixels) * panels + Math.floor(within / width);
    return panel * picture.channels * width + (within % width);
  };
}

/** Runs of pixels that are neighbours in panels of both: where each begins in x and in y, and its length. */
function runsOf(sources: Int32Array, x: TensorType, y: TensorType): Int32Array<ArrayBuffer> {
  const [from, to] = [placeOf(x), placeOf(y)];
  const [xLanes, yLanes] = [lanesOf(x), lanesOf(y)];
  const runs: number[] = [];
  sources.forEach((source, pixel) => {
    if (source < 0) return;
    const [a, b] = [from(source), to(pixel)];
    const last = runs.length - 3;
    const length = runs[last + 2];
    const follows = last >= 0 && a === runs[last] + length && b === runs[last + 1] + length;
    if (follows && a % xLanes !== 0 && b % yLanes !== 0) runs[last + 2]++;
    else runs.push(a, b, 1);
  });
  return Int32Array.from(runs);
}

const members = 'x y runs count channels x_lanes y_lanes' as const;

const routine: CpuRoutine<typeof members> = {
  name: 'move-pixels',
  template: 'cpu/kernels/move-pixels.c.hbs',
  view: {},
  needs: [vector],
  struct: 'move_pixels',
  members,
};
