/** What a step's pictures or vectors are as planes, and the call that makes these where they do not lie so. */
import type { Arr } from '../../../src/loop/loop.ts';
import type { KernelSite, RoutineCall } from '../../../src/plan/kernel.ts';
import type { TensorType } from '../../../src/tensor/type.ts';
import { pictureOf } from '../../../src/tensor/type.ts';
import { isPlanes } from '../../gpu/planes.ts';
import { callOf, real, whole, result as written } from '../kernel.ts';
import type { PlanesLayer } from './layer.ts';
import { planesLayer } from './layer.ts';
import type { Filtered, Planes } from './planes.ts';

export interface Read extends PlanesLayer {
  copy(to: Arr): RoutineCall;
}

/** Or why there are none. */
export function readingOf({ call, types, arrays, result }: KernelSite): Read | string {
  const layer = planesLayer(call, types);
  if (typeof layer === 'string') return layer;
  const { planes, filtered } = layer;
  if (!filtered) return { ...layer, copy: (to) => turnCall(arrays.x, to, planes) };
  const lie = (t: TensorType | undefined): boolean => !t || isPlanes(t) || pictureOf(t.shape).pixels === 1;
  if (![types.x, result.type, types.residual].every(lie)) return 'takes pictures in planes';
  const [down, across] = planes.phases;
  if (down * across > mostGroups) return `takes no strides of ${down} by ${across}`;
  const channels = types.x.shape[3];
  return { ...layer, copy: (to) => phasesCall(arrays.x, to, { ...filtered, channels }, planes) };
}

const turnCall = (x: Arr, to: Arr, { count, size, places }: Planes): RoutineCall =>
  callOf({
    ...{ name: 'turn', template: 'turn', view: {}, threads },
    parameters: [
      ...[real('x', x), written('turned', to)],
      ...[whole('rows', places), whole('columns', count), whole('size', size)],
    ],
    groups: [Math.ceil(count / 32), Math.min(mostGroups, Math.ceil(places / 32))],
  });

function phasesCall(x: Arr, copy: Arr, layer: Filtered, { phases, pitch, size }: Planes): RoutineCall {
  const { images, channels, stride, pad } = layer;
  const sizes = {
    ...{ channels: images * channels, height: layer.size[0], width: layer.size[1], above: pad[0], left: pad[1] },
    ...{ stride_y: stride[0], stride_x: stride[1], phases_across: phases[1], pitch, size },
  };
  return callOf({
    ...{ name: 'phases', template: 'phases', view: {}, threads },
    parameters: [
      ...[real('x', x), written('copy', copy)],
      ...Object.entries(sizes).map(([name, value]) => whole(name, value)),
    ],
    groups: [Math.ceil(size / threads), phases[0] * phases[1], Math.min(mostGroups, images * channels)],
  });
}

const threads = 256;

/** Along the second and third dimension of a grid. */
const mostGroups = 65535;
