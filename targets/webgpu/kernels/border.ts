/** Copies of pictures with a border around each plane, which windows are read from. */
import type { Routine, RoutineCall } from '../../../src/plan/kernel.ts';
import type { Window } from '../../gpu/window.ts';
import { spread } from '../print-grid.ts';
import { declared } from './layer.ts';

const names = [...['x', 'copy', 'planes', 'padded_height', 'padded_width', 'height', 'width', 'above', 'left', 'each']];

const border: Routine = {
  name: 'border',
  template: 'webgpu/kernels/border.wgsl.hbs',
  view: { told: declared(names) },
  needs: [],
};

const groupSize = 64;

/** Where a place lies is found once for so many planes, unless there are too few invocations to fill a GPU. */
const mostPlanes = 16;
const manyInvocations = 8192;

/** The calls that make what the window is in, before those of the layer. */
export function borderCalls({ bordered }: Window): readonly RoutineCall[] {
  if (!bordered) return [];
  const { from, copy, count, padded, size, before } = bordered;
  const places = padded[0] * padded[1];
  const planes = count / places;
  const each = Math.max(1, Math.min(mostPlanes, Math.floor(count / manyInvocations)));
  return [
    {
      routine: border,
      args: [from, copy, planes, ...padded, ...size, ...before, each],
      groups: spread(Math.ceil((places * Math.ceil(planes / each)) / groupSize)),
    },
  ];
}
