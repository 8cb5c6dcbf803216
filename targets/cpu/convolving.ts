/** Calls of the routines that convolve: what the taps read for 64 pixels, times the weights row by row. */
import type { Arr } from '../../src/loop/loop.ts';
import type { Activation } from '../../src/ops/scalar.ts';
import type { Argument, KernelSite, Panels, Range, Routine, RoutineCall } from '../../src/plan/kernel.ts';
import type { Matrix } from '../../src/tensor/matrix.ts';
import type { Encoding, Shape } from '../../src/tensor/type.ts';
import { panelsOf } from '../../src/tensor/type.ts';
import type { Ending } from './ending.ts';
import { endingArguments, endingOf } from './ending.ts';
import { helper, lanes, vector } from './panels.ts';
import { planesFor } from './planes.ts';
import { allPanels, inPart, panelsAround, ranged, samePanels } from './ranges.ts';
import type { Beside, CpuRoutine } from './routine.ts';
import { beside, call, identifierOf } from './routine.ts';
import { callInParts, rowPartsFor } from './row-parts.ts';
import type { RowsName } from './rows.ts';
import { blockFor, rowsFor, rowsNameFor, rowsNameOf } from './rows.ts';
import { leastOf, slidingArguments, slidingMembers, slidingRoutine } from './sliding.ts';
import { allColumns, liveColumns } from './stream.ts';
import type { Reading, Taps } from './taps.ts';
import { channelsTogether, farthest, numbersOfShift, pictureRow, runsOf, tapsOf, together } from './taps.ts';
import { isMade } from './units.ts';

/** A convolution with one group, of images in panels or, for x, plain ones. */
export interface Convolution extends Reading {
  readonly x: Arr;
  readonly y: Arr;
  readonly matrix: Matrix;
  readonly encoding: Encoding;
  readonly bias: Arr;
  readonly slope: Arr | undefined;
  /** Added to the sums, as y lies. */
  readonly residual?: Arr | undefined;
  readonly activation: Activation;
}

/** Copies of an image may take as many numbers. */
const mostCopied = 2 ** 26;

/** Why the routines do not take such weights or sizes, if they do not. */
export function convolutionFault(conv: Reading & Pick<Convolution, 'matrix'>) {
  const { matrix, from, to, stride } = conv;
  if (matrix.rows > 65535 || from[3] > 65535) return 'there are more than 65535 channels';
  if (!matrix.data.every(Number.isFinite)) return 'some weights are not finite';
  // Places are counted in 32 bits, those outside the image too.
  const [height, width] = farthest(conv).map(
    (far, axis) => from[axis + 1] + (to[axis + 1] + lanes) * stride[axis] + far,
  );
  if (height * width * from[3] > 2 ** 30) return 'the padded input is too large';
  const { starts, image } = tapsOf(conv);
  return image * from[0] > (starts ? mostCopied : 2 ** 30) ? 'its taps read too much' : undefined;
}

/** Which routine computes a convolution of which such a share of weights is kept. What it takes is known by that. */
export type Variant = `${'1x1' | 'planes' | 'taps'} ${RowsName}`;

export function variantOf(conv: Reading & Pick<Convolution, 'encoding'>, share: number): Variant {
  const rows = rowsNameOf(conv.encoding, conv.to[3], share);
  return `${isPointwise(conv) ? '1x1' : planesFor(conv) ? 'planes' : 'taps'} ${rows}`;
}

const hasOneTap = ({ kernel }: Reading): boolean => kernel.every((k) => k === 1);

/** Whether every pixel of the result sees that pixel alone. */
const isPointwise = (conv: Reading): boolean =>
  hasOneTap(conv) &&
  !conv.plain &&
  conv.stride.every((s) => s === 1) &&
  conv.pad.every((p) => p === 0) &&
  [1, 2].every((axis) => conv.from[axis] === conv.to[axis]);

export function convolve(site: KernelSite, conv: Convolution): readonly RoutineCall[] {
  const { x, plain, from, to } = conv;
  if (isPointwise(conv)) return [pointwise(site, conv, x)];
  // Blocks of planes would cut rows of kernels apart.
  const planes = isMade(conv.encoding, conv.matrix) ? undefined : planesFor(conv);
  if (planes) return [throughPlanes(site, conv, planes)];
  const taps = tapsOf(conv);
  if (!taps.starts) return [throughTaps(site, conv, taps, x)];
  const copies = site.scratch('pictures', 'f32', taps.image * from[0]);
  const panels = from[0] * panelsOf([1, taps.height, to[2], 1], lanes);
  const { given, ...shared } = beside(site, 'channels', from[3]);
  const copied = call(layPictures(shared), {
    ...given,
    begin: 0,
    end: panels,
    x,
    y: copies,
    scratch: site.scratch('flat', 'f32', together * pictureRow(conv)),
    starts: site.pack('starts', taps.starts).array,
    pictures: taps.starts.length / 2,
    plain: plain ? 1 : 0,
    height: from[1],
    width: from[2],
    channels: from[3],
    rows: taps.height,
    columns: to[2],
    stride_y: conv.stride[0],
    stride_x: conv.stride[1],
    row: pictureRow(conv),
  });
  const laid = ranged(copied, { writes: copies, panels, least: 1, reads: new Map() });
  return [laid, hasOneTap(conv) ? pointwise(site, conv, copies) : throughTaps(site, conv, taps, copies)];
}

/** Columns of one panel that an image has in all its panels: what is laid out takes no more room than it does. */
export const columnsHeld = (from: Shape): number => panelsOf(from, lanes) * from[3];

/** What all the routines take. */
function common(conv: Convolution, ending: Ending) {
  const { y, bias, residual = 0, slope, from, to } = conv;
  const range = { begin: 0, end: allPanels(to), y_begin: 0, add_begin: 0 };
  return { ...endingArguments(slope, ending), ...range, y, bias, residual, inputs: from[3], outputs: to[3] };
}

function pointwise(site: KernelSite, conv: Convolution, x: Arr): RoutineCall {
  const ending = endingOf(conv.activation);
  const block = Math.min(blockFor(conv.matrix, conv.encoding, Infinity), conv.matrix.columns);
  const members = { ...common(conv, ending), x, x_begin: 0, block, pixels: conv.to[1] * conv.to[2] };
  const rows =
    rowPartsFor(site, { ...conv, wholePanels: false }, block) ?? rowsFor(site, conv.matrix, conv.encoding, block);
  const routine = conv1x1(rows.routine, ending);
  if ('parts' in rows) return callInParts(routine, 'conv-1x1', rows, { ...conv, wholePanels: false, ending }, members);
  const made = call(routine, { ...rows.stream, ...members });
  return ranged(made, rangeOf(conv, x === conv.x ? samePanels : undefined));
}

function throughTaps(site: KernelSite, conv: Convolution, { taps, height, image }: Taps, x: Arr): RoutineCall {
  const { matrix, encoding, from, to } = conv;
  const ending = endingOf(conv.activation);
  const block = blockFor(matrix, encoding, columnsHeld(from));
  const whole = rowsNameFor(matrix, encoding) === 'dense';
  const live = whole ? allColumns(matrix) : liveColumns(matrix);
  const read = channelsTogether(live, from[3], Math.max(1, Math.floor(block / (taps.length / 3))));
  // With one vector a row waits for its sums as long as with four.
  const wholePanels = encoding.format !== 'dense';
  const rows = rowPartsFor(site, { ...conv, wholePanels }, block, read) ?? rowsFor(site, matrix, encoding, block, read);
  const { runs, channels, blocks } = runsOf(read, from[3], block);
  const members = {
    ...common(conv, ending),
    x,
    x_begin: 0,
    x_end: panelsOf([1, height, to[2], 1], lanes),
    scratch: site.scratch('taps', 'f32', Math.max(1, Math.min(block, read.length)) * lanes),
    shifts: site.scratch('shifts', 'i32', (taps.length / 3) * numbersOfShift),
    reads: site.pack('reads', taps).array,
    taps: taps.length / 3,
    runs: site.pack('runs', runs).array,
    channels: site.pack('channels', channels).array,
    blocks,
    image,
    height,
    width: to[2],
    out_height: to[1],
  };
  const routine = convTaps(rows.routine, ending);
  if ('parts' in rows) return callInParts(routine, 'conv-taps', rows, { ...conv, wholePanels, ending }, members);
  const made = call(routine, { ...rows.stream, ...members });
  return ranged(made, rangeOf(conv, x === conv.x ? panelsAround(conv) : undefined));
}

function throughPlanes(site: KernelSite, conv: Convolution, planes: NonNullable<ReturnType<typeof planesFor>>) {
  const { x, matrix, encoding, to } = conv;
  const ending = endingOf(conv.activation);
  const block = Math.min(blockFor(matrix, encoding, columnsHeld(conv.from)), matrix.columns);
  const { routine, stream } = rowsFor(site, matrix, encoding, block);
  const scratch = site.scratch('taps', 'f32', block * lanes);
  const { sliding, taps, channel } = planes;
  const made = call(convPlanes(routine, ending), {
    ...nested('conv', { ...stream, ...common(conv, ending), x, block, scratch, plain: conv.plain ? 1 : 0 }),
    ...slidingArguments(site, { ...sliding, scratch: channel * conv.from[3] }),
    taps: site.pack('tap_offsets', taps).array,
    channel,
  });
  return ranged(made, { ...rangeOf(conv, undefined), least: leastOf(sliding, to) });
}

/** Ranges of a convolution's result, and what of x they read if x may be there in part. */
function rangeOf({ x, y, residual, from, to }: Convolution, reads: ((of: Panels) => Panels) | undefined): Range {
  const parts = [[reads && x, reads ?? samePanels] as const, [residual, samePanels] as const];
  return { writes: y, panels: allPanels(to), least: 1, reads: from[0] === 1 ? inPart(parts) : new Map() };
}

/** Members of a struct within a struct. */
const nested = <P extends string, K extends string>(member: P, values: Readonly<Record<K, Argument>>) =>
  Object.fromEntries(Object.entries(values).map(([name, v]) => [`${member}.${name}`, v])) as Readonly<
    Record<`${P}.${K}`, Argument>
  >;

const planesStruct = helper('conv-planes-struct', [helper('conv-struct', []), slidingRoutine]);
const layChannels = helper('lay-channels', [vector, slidingRoutine, planesStruct]);
const shiftTaps = helper('shift-taps', [vector, helper('conv-taps-struct', [])]);

const shared =
  'x y bias residual slope slopes groups rows counts columns wide weights begin end y_begin add_begin inputs outputs low high';
const members1x1 = `${shared} x_begin block pixels` as const;
const membersTaps =
  `${shared} x_begin x_end scratch shifts reads taps runs channels blocks image height width out_height` as const;
const ofConv =
  'conv.x conv.y conv.bias conv.residual conv.slope conv.slopes conv.groups conv.rows conv.counts conv.columns conv.wide conv.weights conv.begin conv.end conv.y_begin conv.add_begin conv.inputs conv.outputs conv.block conv.low conv.high conv.scratch conv.plain';
const membersPlanes = `${ofConv} ${slidingMembers} taps channel` as const;

const conv1x1 = (rows: Routine, ending: Ending): CpuRoutine<typeof members1x1> => ({
  ...convolution('conv-1x1', rows, ending),
  needs: [vector, rows, ...ending.needs, helper('conv-1x1-struct', [])],
  struct: 'conv_1x1',
  members: members1x1,
});

const convTaps = (rows: Routine, ending: Ending): CpuRoutine<typeof membersTaps> => ({
  ...convolution('conv-taps', rows, ending),
  needs: [vector, shiftTaps, rows, ...ending.needs],
  struct: 'conv_taps',
  members: membersTaps,
});

const convPlanes = (rows: Routine, ending: Ending): CpuRoutine<typeof membersPlanes> => ({
  ...convolution('conv-planes', rows, ending),
  needs: [vector, layChannels, rows, ...ending.needs],
  struct: 'conv_planes',
  members: membersPlanes,
});

const layPictures = ({ view, members }: Omit<Beside, 'given'>): CpuRoutine => ({
  ...helper('lay-pictures', [vector]),
  view,
  struct: 'pictures',
  members: `x y scratch starts pictures begin end plain height width channels rows columns stride_y stride_x row${members}`,
});

function convolution(stem: 'conv-taps' | 'conv-1x1' | 'conv-planes', rows: Routine, ending: Ending) {
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
