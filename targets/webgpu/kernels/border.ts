/** Copies of pictures with a border around each plane, which windows are read from. */
import type { Routine, RoutineCall } from '../../../src/plan/kernel.ts';
import type { Window } from '../../gpu/window.ts';
import { spread } from '../print-grid.ts';

const border: Routine = { name: 'border', template: 'webgpu/kernels/border.wgsl.hbs', view: {}, needs: [] };

/** The calls that make what the window is in, before those of the layer. */
export function borderCalls({ bordered }: Window): readonly RoutineCall[] {
  if (!bordered) return [];
  const { from, copy, count, padded, size, before } = bordered;
  return [
    {
      routine: border,
      args: [from, copy, count, ...padded, ...size, ...before],
      groups: spread(Math.ceil(count / 64)),
    },
  ];
}
