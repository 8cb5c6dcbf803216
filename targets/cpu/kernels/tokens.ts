/** Sequences joined and cut along their tokens, with panels on at least one side. */
import type { Arr } from '../../../src/loop/loop.ts';
import type { Kernel, RoutineCall } from '../../../src/plan/kernel.ts';
import type { TensorType } from '../../../src/tensor/type.ts';
import { panelsOf, pictureOf, storedLength } from '../../../src/tensor/type.ts';
import { isPanel, lanes, vector } from '../panels.ts';
import type { CpuRoutine } from '../routine.ts';
import { call } from '../routine.ts';

export const tokens: Kernel = {
  name: 'tokens',
  doc: 'runs of tokens, moved from panels to panels channel by channel',

  match({ call: { op }, types, arrays, result }) {
    if (op.kind !== 'concat' && op.kind !== 'slice') return 'neither joined nor cut';
    const rank = result.type.shape.length;
    if (rank < 2 || rank > 3) return 'not a sequence';
    const values = [...Object.values(types), result.type];
    if (!values.some(isPanel)) return 'the values are not in panels';
    if (!values.every((t) => isPanel(t) || t.layout.kind === 'plain')) return 'panels are of another width';
    const axis = rank - 2;
    const to: Side = { type: result.type, array: result.array, first: 0 };
    if (op.kind === 'concat') {
      if (op.axis !== axis) return 'not joined along the tokens';
      let first = 0;
      return {
        calls: Object.entries(types).map(([name, type]) => {
          const moved = move({ type, array: arrays[name], first: 0 }, { ...to, first }, type.shape[axis]);
          first += type.shape[axis];
          return moved;
        }),
      };
    }
    const { begin, size, step } = op;
    if (step.some((s) => s !== 1)) return 'not neighbours';
    if (size.some((n, i) => i !== axis && n !== types.x.shape[i])) return 'not cut along the tokens';
    return { calls: [move({ type: types.x, array: arrays.x, first: begin[axis] }, to, size[axis])] };
  },
};

/** A sequence, and the first of its tokens that are moved. */
interface Side {
  readonly type: TensorType;
  readonly array: Arr;
  readonly first: number;
}

/** A plain sequence lies as one in panels of one lane. */
const widthOf = (type: TensorType): number => (isPanel(type) ? lanes : 1);

const move = (x: Side, y: Side, count: number): RoutineCall => {
  const { images, channels } = pictureOf(y.type.shape);
  return call(routine, {
    x: x.array,
    y: y.array,
    images,
    channels,
    count,
    x_first: x.first,
    y_first: y.first,
    x_lanes: widthOf(x.type),
    y_lanes: widthOf(y.type),
    x_image: panelsOf(x.type.shape, widthOf(x.type)) * channels * widthOf(x.type),
    y_image: storedLength(y.type) / images,
  });
};

const members = 'x y images channels count x_first y_first x_lanes y_lanes x_image y_image' as const;

const routine: CpuRoutine<typeof members> = {
  name: 'move-tokens',
  template: 'cpu/kernels/move-tokens.c.hbs',
  view: {},
  needs: [vector],
  struct: 'move_tokens',
  members,
};
