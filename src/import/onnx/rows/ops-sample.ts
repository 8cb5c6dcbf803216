/** ONNX operators that read pictures at places which are computed. */
import type { Value } from '../../builder.ts';
import { broken } from '../../builder.ts';
import { cast } from '../../compose.ts';
import type { Layer, Rows } from '../layer.ts';
import { gridSample } from './grid-sample.ts';

const modes = { nearest: 'nearest', bilinear: 'linear', linear: 'linear', bicubic: 'cubic', cubic: 'cubic' } as const;
const paddings = ['zeros', 'border', 'reflection'] as const;

function sample(l: Layer): Value {
  const [x, grid] = [cast(l, l.operand(0), 'f32'), cast(l, l.operand(1), 'f32')];
  const [given, wanted] = [l.text('mode', 'bilinear'), l.text('padding_mode', 'zeros')];
  const mode = Object.entries(modes).find(([name]) => name === given)?.[1];
  const padding = paddings.find((p) => p === wanted);
  if (x === broken || grid === broken) return broken;
  if (!mode || !padding)
    return l.fail(`takes ${Object.keys(modes).join(', ')} as "mode" and ${paddings.join(', ')} as "padding_mode"`);
  const [xs, gs] = [x.type.shape, grid.type.shape];
  if (xs.length !== 4 || gs.length !== 4 || gs[0] !== xs[0] || gs[3] !== 2)
    return l.fail(
      `takes pictures of 4 axes and a grid of as many pairs, and is given [${xs.join(', ')}] and [${gs.join(', ')}]`,
      'volumes are not read',
    );
  return gridSample(l, x, grid, { mode, padding, alignCorners: l.flag('align_corners', false) });
}

export const sampleRows: Rows = { GridSample: sample };
