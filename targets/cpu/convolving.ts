/** Calls of the routines that convolve: what the taps read for 64 pixels, times the weights row by row. */
import type { Arr } from '../../src/loop/loop.ts';
import type { Activation } from '../../src/ops/scalar.ts';
import type { Argument, KernelSite, Routine, RoutineCall } from '../../src/plan/kernel.ts';
import type { Matrix } from '../../src/tensor/matrix.ts';
import type { Encoding, Shape } from '../../src/tensor/type.ts';
import { tensor } from '../../src/tensor/type.ts';
import type { Ending } from './ending.ts';
import { endingArguments, endingOf } from './ending.ts';
import { lanes, vector } from './panels.ts';
import type { CpuRoutine } from './routine.ts';
import { call, identifierOf } from './routine.ts';
import { slide, slidingArguments, slidingMembers, slidingRoutine } from './sliding.ts';
import { denseBlock, denseStream, sparseBlock, sparseStream } from './stream.ts';

/** A convolution with one group, of images in panels or, for x, plain ones. */
export interface Convolution {
  readonly x: Arr;
  readonly y: Arr;
  /** [n, h, w, c] of x and y. */
  readonly from: Shape;
  readonly to: Shape;
  readonly plain: boolean;
  readonly kernel: readonly number[];
  readonly stride: readonly number[];
  readonly dilation: readonly number[];
  /** Top and left; rows and columns may also begin inside the image. */
  readonly pad: readonly number[];
  readonly matrix: Matrix;
  readonly encoding: Encoding;
  readonly bias: Arr;
  readonly slope: Arr | undefined;
  readonly activation: Activation;
}

/** Why the routines do not take such weights or sizes, if they do not. */
export function convolutionFault({ matrix, from, to, stride, pad }: Omit<Convolution, 'x' | 'y' | 'bias' | 'slope'>) {
  if (matrix.rows > 65535) return 'there are more than 65535 outputs';
  if (!matrix.data.every(Number.isFinite)) return 'some weights are not finite';
  const [height, width] = [0, 1].map(
    (axis) => from[axis + 1] + to[axis + 1] * stride[axis] + Math.abs(pad[axis]) + lanes * stride[axis],
  );
  return height * width * from[3] > 2 ** 30 ? 'the padded input is too large' : undefined;
}

export function convolve(site: KernelSite, conv: Convolution): RoutineCall {
  const { x, y, from, to, plain, kernel, stride, dilation, pad, bias, slope } = conv;
  const { rows, stream } = weightsFor(site, conv);
  const ending = endingOf(conv.activation);
  const most = conv.encoding.format === 'dense' ? denseBlock : sparseBlock;
  const block = Math.min(most, conv.matrix.columns);
  const common = { ...stream, ...endingArguments(slope, ending), x, y, bias, block };
  const [images, height, width, inputs] = from;
  const [, out_height, out_width, outputs] = to;
  if (isPointwise(conv))
    return call(conv1x1(rows, ending), { ...common, images, pixels: height * width, inputs, outputs });
  const planes = planesFor(conv);
  if (planes) {
    const { sliding, taps, channel } = planes;
    const ofConv = {
      ...common,
      scratch: site.scratch('taps', 'f32', block * lanes),
      images,
      plain: plain ? 1 : 0,
      inputs,
      outputs,
    };
    return call(convPlanes(rows, ending), {
      ...nested('conv', ofConv),
      ...slidingArguments(site, { ...sliding, scratch: channel * inputs }),
      taps: site.pack('tap_offsets', taps).array,
      channel,
    });
  }
  return call(convAny(rows, ending), {
    ...common,
    scratch: site.scratch('taps', 'f32', block * lanes),
    images,
    plain: plain ? 1 : 0,
    height,
    width,
    inputs,
    out_height,
    out_width,
    outputs,
    kernel_height: kernel[0],
    kernel_width: kernel[1],
    stride_y: stride[0],
    stride_x: stride[1],
    dilation_y: dilation[0],
    dilation_x: dilation[1],
    top: pad[0],
    left: pad[1],
  });
}

/** Numbers of scratch that planes of all channels may take. */
const planesLimit = 1 << 17;

/** Masks are constants, as many as a row is long for each column of the kernel. */
const masksLimit = 1 << 15;

type Reading = Pick<Convolution, 'from' | 'to' | 'plain' | 'kernel' | 'stride' | 'dilation' | 'pad'>;

/** Which routine computes a convolution, by what it reads and by how the weights go with it: what it takes is known by that. */
export type Variant = `${'1x1' | 'planes' | 'taps'} ${'dense' | `sparse-${1 | 2 | 4}`}`;

export function variantOf(conv: Reading & Pick<Convolution, 'encoding'>): Variant {
  const height = togetherOf(conv.encoding, conv.to[3]);
  const rows = conv.encoding.format === 'dense' ? 'dense' : (`sparse-${height}` as const);
  return `${isPointwise(conv) ? '1x1' : planesFor(conv) ? 'planes' : 'taps'} ${rows}`;
}

/** Whether every pixel of the result sees that pixel alone. */
const isPointwise = ({ from, to, plain, kernel, stride, pad }: Reading): boolean =>
  [...kernel, ...stride].every((s) => s === 1) &&
  pad.every((p) => p === 0) &&
  from[1] === to[1] &&
  from[2] === to[2] &&
  !plain;

/** How many rows of sparse weights share their columns in the routine. */
function togetherOf({ format, params }: Encoding, rows: number): 1 | 2 | 4 {
  const together = format === 'block' ? params.r : 1;
  return ([4, 2, 1] as const).find((r) => together % r === 0 && rows % r === 0) ?? 1;
}

/** How channels are laid out in planes, where gathering one number at a time would be slower. */
function planesFor({ from, to, plain, kernel, stride, dilation, pad }: Reading) {
  if (kernel.every((k) => k === 1) || (!plain && stride.every((s) => s === 1))) return undefined;
  const sliding = slide({ kernel, stride, dilation, pad }, tensor('f32', from), tensor('f32', to));
  if (typeof sliding === 'string' || (sliding.pitch !== to[2] && to[1] > 1)) return undefined;
  if (sliding.scratch * from[3] > planesLimit || sliding.masks.length > masksLimit) return undefined;
  const [down, across] = kernel;
  const { runs, rowStep, offsets, order } = sliding;
  const taps = new Int32Array(down * across);
  for (let i = 0; i < across; i++) {
    const seen = Array<number>(runs).fill(0);
    for (const j of order) {
      const run = j % runs;
      taps[j * across + i] = offsets[i * runs + run] + seen[run]++ * rowStep;
    }
  }
  return { sliding, taps, channel: sliding.scratch };
}

/** Members of a struct within a struct. */
const nested = <P extends string, K extends string>(member: P, values: Readonly<Record<K, Argument>>) =>
  Object.fromEntries(Object.entries(values).map(([name, v]) => [`${member}.${name}`, v])) as Readonly<
    Record<`${P}.${K}`, Argument>
  >;

/** The weights packed for their format, and the routine that multiplies by them. */
function weightsFor({ pack }: KernelSite, { matrix, encoding }: Convolution) {
  if (encoding.format === 'dense') {
    const packed = pack('weights', denseStream(matrix)).array;
    return { rows: rowsDense, stream: { weights: packed, groups: 0, rows: 0, counts: 0, columns: 0 } };
  }
  const height = togetherOf(encoding, matrix.rows);
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

const helper = (name: string, needs: readonly Routine[]): Routine => ({
  name,
  template: `cpu/kernels/${name}.c.hbs`,
  view: {},
  needs,
});

const stream = helper('stream', []);
const gatherTaps = helper('gather-taps', [vector]);
const planesStruct = helper('conv-planes-struct', [helper('conv-struct', []), slidingRoutine]);
const layChannels = helper('lay-channels', [vector, slidingRoutine, planesStruct]);
const rowsDense = helper('rows-dense', [vector, stream]);

const rowsSparse = (rows: number): Routine => ({
  name: `rows-sparse-${rows}`,
  template: 'cpu/kernels/rows-sparse.c.hbs',
  view: { rows, name: `rows_sparse_${rows}` },
  needs: [vector, stream],
});

const shared = 'x y bias slope slopes groups rows counts columns weights images inputs outputs block low high';
const members1x1 = `${shared} pixels` as const;
const sizes = 'height width out_height out_width kernel_height kernel_width';
const sliding = 'stride_y stride_x dilation_y dilation_x top left';
const membersAny = `${shared} scratch plain ${sizes} ${sliding}` as const;

const conv1x1 = (rows: Routine, ending: Ending): CpuRoutine<typeof members1x1> => ({
  ...convolution('conv-1x1', rows, ending),
  needs: [vector, rows, ...ending.needs, helper('conv-1x1-struct', [])],
  struct: 'conv_1x1',
  members: members1x1,
});

const convAny = (rows: Routine, ending: Ending): CpuRoutine<typeof membersAny> => ({
  ...convolution('conv', rows, ending),
  needs: [vector, gatherTaps, rows, ...ending.needs, helper('conv-struct', [])],
  struct: 'conv',
  members: membersAny,
});

const ofConv =
  'conv.x conv.y conv.bias conv.slope conv.slopes conv.groups conv.rows conv.counts conv.columns conv.weights conv.images conv.inputs conv.outputs conv.block conv.low conv.high conv.scratch conv.plain';
const membersPlanes = `${ofConv} ${slidingMembers} taps channel` as const;

const convPlanes = (rows: Routine, ending: Ending): CpuRoutine<typeof membersPlanes> => ({
  ...convolution('conv-planes', rows, ending),
  needs: [vector, layChannels, rows, ...ending.needs],
  struct: 'conv_planes',
  members: membersPlanes,
});

function convolution(stem: 'conv' | 'conv-1x1' | 'conv-planes', rows: Routine, ending: Ending) {
  const name = `${stem}${rows.name.replace('rows', '')}${ending.suffix}`;
  const finish = ending.finish('y', 'p->outputs');
  const indent = ' '.repeat(stem === 'conv-planes' ? 8 : 6);
  const second = stem === 'conv-1x1' ? [`if (both) ${ending.finish('y + y_step', 'p->outputs')}`] : [];
  return {
    name,
    template: `cpu/kernels/${stem}.c.hbs`,
    view: {
      name: name.replaceAll('-', '_'),
      rows: identifierOf(rows),
      finish: finish === '' ? '' : [finish, ...second].map((line) => `\n${indent}${line}`).join(''),
    },
  };
}
