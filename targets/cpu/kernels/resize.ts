/** Images of another size, in panels: every row to its new width, then pairs of rows mixed. */
import type { Place } from '../../../src/ops/resize.ts';
import { pixelsOf, placesOf } from '../../../src/ops/resize.ts';
import type { Kernel } from '../../../src/plan/kernel.ts';
import { panelsOf } from '../../../src/tensor/type.ts';
import { flatChannel } from '../moving.ts';
import { isPanel, lanes } from '../panels.ts';
import type { CpuRoutine } from '../routine.ts';
import { call } from '../routine.ts';

export const resize: Kernel = {
  name: 'resize',
  doc: 'images of another size, rows and columns one after the other',

  match({ call: { op }, types: { x }, arrays, result: { type, array }, scratch, pack }) {
    if (op.kind !== 'resize') return 'does not change the size';
    if (x.dtype !== 'f32') return 'not of f32';
    if (!isPanel(x) || !isPanel(type)) return 'the images are not in panels';
    const [images, height, width, channels] = x.shape;
    const [, outHeight, outWidth] = type.shape;
    const packed = (hint: string, of: readonly number[]) => pack(hint, Int32Array.from(of)).array;
    const common = {
      x: arrays.x,
      y: array,
      scratch: scratch('rows', 'f32', panelsOf(x.shape, lanes) * lanes + height * outWidth),
      images,
      channels,
      height,
      width,
      out_height: outHeight,
      out_width: outWidth,
    };
    if (op.method === 'nearest') {
      const rows = packed('rows', pixelsOf(op, height, outHeight));
      const columns = packed('columns', pixelsOf(op, width, outWidth));
      return { calls: [call(nearest, { ...common, rows, columns })] };
    }
    const [rows, columns] = [placesOf(op, height, outHeight), placesOf(op, width, outWidth)];
    const places = (hint: string, of: readonly Place[], part: 'first' | 'second') =>
      packed(
        hint,
        of.map((p) => p[part]),
      );
    const shares = (hint: string, of: readonly Place[]) =>
      pack(
        hint,
        Float32Array.from(of, (p) => p.share),
      ).array;
    return {
      calls: [
        call(bilinear, {
          ...common,
          rows: places('rows', rows, 'first'),
          columns: places('columns', columns, 'first'),
          next_rows: places('next_rows', rows, 'second'),
          next_columns: places('next_columns', columns, 'second'),
          row_shares: shares('row_shares', rows),
          column_shares: shares('column_shares', columns),
        }),
      ],
    };
  },
};

const members = 'x y scratch rows columns images channels height width out_height out_width' as const;

const nearest: CpuRoutine<typeof members> = {
  name: 'resize-nearest',
  template: 'cpu/kernels/resize-nearest.c.hbs',
  view: {},
  needs: [flatChannel],
  struct: 'resize_nearest',
  members,
};

const mixedMembers = `${members} next_rows next_columns row_shares column_shares` as const;

const bilinear: CpuRoutine<typeof mixedMembers> = {
  name: 'resize-bilinear',
  template: 'cpu/kernels/resize-bilinear.c.hbs',
  view: {},
  needs: [flatChannel],
  struct: 'resize_bilinear',
  members: mixedMembers,
};
