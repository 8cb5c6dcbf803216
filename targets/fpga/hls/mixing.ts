/** Stages that mix numbers: what the templates of linear interpolation and softmax are given. */
import type { Interpolated, Softmax } from '../pipeline/pipeline.ts';
import { numberLines } from './cpp.ts';
import { memoryFor } from './stage.ts';

export function interpolateView({ channels, input, output, down, across }: Interpolated): object {
  const tables = Object.entries({ down, across }).flatMap(([axis, places]) =>
    (['first', 'part'] as const).map((what) => ({
      name: `${what}_${axis}`,
      count: places[what].length,
      numbers: numberLines(places[what], '    '),
    })),
  );
  return {
    tables,
    channels,
    height: input[0],
    width: input[1],
    row: input[1] * channels,
    outHeight: output[0],
    outWidth: output[1],
    stepsDown: down.steps,
    stepsAcross: across.steps,
  };
}

export const softmaxView = ({ lines, size, table }: Softmax): object => ({
  lines,
  size,
  entries: table.length,
  last: table.length - 1,
  table: numberLines(table, '    '),
  tableMemory: memoryFor(table.length),
  memory: memoryFor(size),
});
