/** Convolutions without groups, lanes over pixels: panels of what the taps read, times the weights row by row. */
import type { Kernel, KernelMatch, KernelSite, Routine } from '../../../src/plan/kernel.ts';
import { elements } from '../../../src/tensor/type.ts';
import type { Ending } from '../ending.ts';
import { endingArguments, endingOf } from '../ending.ts';
import { isPanel, lanes, vector } from '../panels.ts';
import type { CpuRoutine } from '../routine.ts';
import { call, identifierOf } from '../routine.ts';
import { blockColumns, denseStream, sparseStream } from '../stream.ts';

export const conv2d: Kernel = {
  name: 'conv2d',
  doc: 'convolutions of any size, stride, dilation and padding, dense or sparse',

  match(site) {
    const { call: step, types, arrays, result, weights } = site;
    const { op } = step;
    if (op.kind !== 'conv2d') return 'not a convolution';
    if (!weights) return 'the weights are not known';
    if (op.groups !== 1) return 'the channels are in groups';
    if (!isPanel(result.type)) return 'the result is not in panels';
    const plain = types.x.layout.kind === 'plain';
    if (!plain && !isPanel(types.x)) return 'the input is in panels of another width';
    if (weights.matrix.rows > 65535) return 'there are more than 65535 outputs';
    if (!weights.matrix.data.every(Number.isFinite)) return 'some weights are not finite';
    const [n, h, w, i] = types.x.shape;
    const [, oh, ow, o] = result.type.shape;
    const [, kh, kw] = types.weights.shape;
    const reach = elements([h + op.pad[0] + op.pad[2] + lanes, w + op.pad[1] + op.pad[3] + lanes, i]);
    if (reach > 2 ** 30) return 'the padded input is too large';

    const { rows, stream } = weightsFor(site);
    const ending = endingOf(op.activation);
    const common = { ...stream, ...endingArguments(site, ending), x: arrays.x, y: result.array };
    const block = Math.min(blockColumns, kh * kw * i);
    const single = kh * kw === 1 && op.stride.every((s) => s === 1) && op.pad.every((p) => p === 0);
    if (single && !plain) {
      const args = { ...common, bias: arrays.bias, images: n, pixels: h * w, inputs: i, outputs: o, block };
      return { calls: [call(conv1x1(rows, ending), args)] };
    }
    const scratch = site.scratch('taps', 'f32', block * lanes);
    return {
      calls: [
        call(conv(rows, ending), {
          ...common,
          scratch,
          bias: arrays.bias,
          images: n,
          plain: plain ? 1 : 0,
          height: h,
          width: w,
          inputs: i,
          out_height: oh,
          out_width: ow,
          outputs: o,
          kernel_height: kh,
          kernel_width: kw,
          stride_y: op.stride[0],
          stride_x: op.stride[1],
          dilation_y: op.dilation[0],
          dilation_x: op.dilation[1],
          top: op.pad[0],
          left: op.pad[1],
          block,
        }),
      ],
    } satisfies KernelMatch;
  },
};

/** The weights packed for the format that the layer was given, and the routine that multiplies by them. */
function weightsFor({ weights, pack }: KernelSite) {
  const { matrix, constant } = weights!;
  const { format, params } = constant.type.encoding;
  if (format === 'dense') {
    const packed = pack('weights', denseStream(matrix)).array;
    return { rows: rowsDense, stream: { weights: packed, groups: 0, rows: 0, counts: 0, columns: 0 } };
  }
  const together = format === 'block' ? params.r : 1;
  const height = [4, 2, 1].find((r) => together % r === 0 && matrix.rows % r === 0) ?? 1;
  const packed = sparseStream(matrix, height);
  return {
    rows: rowsSparse(height),
    stream: {
      groups: pack('groups', packed.groups).array,
      rows: pack('rows', packed.rows).array,
      counts: pack('counts', packed.counts).array,
      columns: pack('columns', packed.columns).array,
      weights: pack('weights', packed.weights).array,
    },
  };
}

const stream: Routine = { name: 'stream', template: 'cpu/kernels/stream.c.hbs', view: {}, needs: [] };

const rowsDense: Routine = {
  name: 'rows-dense',
  template: 'cpu/kernels/rows-dense.c.hbs',
  view: {},
  needs: [vector, stream],
};

const rowsSparse = (rows: number): Routine => ({
  name: `rows-sparse-${rows}`,
  template: 'cpu/kernels/rows-sparse.c.hbs',
  view: { rows, name: `rows_sparse_${rows}` },
  needs: [vector, stream],
});

const gatherTaps: Routine = {
  name: 'gather-taps',
  template: 'cpu/kernels/gather-taps.c.hbs',
  view: {},
  needs: [vector],
};

const shared = 'x y bias slope slopes groups rows counts columns weights images inputs outputs block low high';
const singleMembers = `${shared} pixels` as const;
const anyMembers =
  `${shared} scratch plain height width out_height out_width kernel_height kernel_width ${'stride_y stride_x dilation_y dilation_x top left'}` as const;

const struct = (name: string): Routine => ({
  name: `${name}-struct`,
  template: `cpu/kernels/${name}-struct.c.hbs`,
  view: {},
  needs: [],
});

const conv1x1 = (rows: Routine, ending: Ending): CpuRoutine<typeof singleMembers> => ({
  ...convolution('conv-1x1', rows, ending),
  needs: [vector, rows, ...ending.needs, struct('conv-1x1')],
  struct: 'conv_1x1',
  members: singleMembers,
});

const conv = (rows: Routine, ending: Ending): CpuRoutine<typeof anyMembers> => ({
  ...convolution('conv', rows, ending),
  needs: [vector, gatherTaps, rows, ...ending.needs, struct('conv')],
  struct: 'conv',
  members: anyMembers,
});

function convolution(stem: string, rows: Routine, ending: Ending) {
  const name = `${stem}${rows.name.replace('rows', '')}${ending.suffix}`;
  const finish = ending.finish('y', 'p->outputs');
  return {
    name,
    template: `cpu/kernels/${stem}.c.hbs`,
    view: {
      name: name.replaceAll('-', '_'),
      rows: identifierOf(rows),
      finish: finish === '' ? '' : `\n      ${finish}`,
    },
  };
}
