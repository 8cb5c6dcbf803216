/** Stages that mix numbers: what the templates of linear interpolation and softmax are given. */
import type { Interpolated, Softmax } from '../pipeline/pipeline.ts';
import { memoryFor } from './stage.ts';
import type { Table } from './tables.ts';
import { numberTable } from './tables.ts';

export const interpolateTables = ({ name, down, across }: Interpolated): readonly Table[] =>
  Object.entries({ down, across }).flatMap(([axis, places]) =>
    (['first', 'part'] as const).map((what) => numberTable(name, `${what}_${axis}`, places[what], 'int')),
  );

export const interpolateView = ({ channels, input, output, down, across }: Interpolated): object => ({
  channels,
  height: input[0],
  width: input[1],
  row: input[1] * channels,
  outHeight: output[0],
  outWidth: output[1],
  stepsDown: down.steps,
  stepsAcross: across.steps,
});

export const softmaxTables = ({ name, table }: Softmax): readonly Table[] => [
  numberTable(name, 'table', table, 'uint16_t'),
];

export const softmaxView = ({ lines, size, table }: Softmax): object => ({
  lines,
  size,
  last: table.length - 1,
  tableMemory: memoryFor(table.length),
  memory: memoryFor(size),
});
