/** Calls that go over panels, or over pixels of pictures in panels: parts are some of them, and of a few all, with some rows each. */
import { lanes, rowBytes } from '../panels.ts';
import type { Divide, NamedCall, Part } from './divide.ts';
import type { Ends, Limits } from './pieces.ts';
import { crossed, cut, pieces, stretch, worthwhile } from './pieces.ts';
import type { Stream } from './streams.ts';
import { streamOf, templateOf, weightsIn } from './streams.ts';

/** Rows of y, and the weights that they are made of, where those of each are in one piece. */
function rowParts(call: NamedCall, most: number): readonly Part[] {
  const { number } = call;
  const stream = streamOf(call);
  const rows = number('rows');
  return most < 2 || !stream || number('passes') > 1 ? [{ rows }] : rowsIn(call, stream, cut(rows, stream.width, most));
}

/** `from`: rows of the stream before the first. */
const rowsIn = ({ further }: NamedCall, { width, starts }: Stream, rows: readonly Ends[], from = 0): readonly Part[] =>
  rows.map(([begin, end]) => ({
    ...further({ w: starts[(from + begin) / width], y: begin * rowBytes, residual: begin * rowBytes }),
    rows: end - begin,
  }));

/** Of few panels, which come in fewer `parts` than there may be, the passes one after the other: each has rows to divide. */
export function passesOf(call: NamedCall, limits: Limits, parts: number): readonly (readonly Part[])[] {
  const { routine, number } = call;
  if (templateOf(routine) !== 'conv-panels' && templateOf(routine) !== 'conv-vectors') return [];
  const [passes, rows] = [number('passes'), number('rows')];
  const stream = passes > 1 ? streamOf(call) : undefined;
  const wanted = worthwhile(workOf(call) / passes, limits);
  if (!stream || 2 * parts > wanted) return [];
  const some = cut(rows, stream.width, Math.ceil(wanted / parts / 2));
  const { divided } = overPixels(call, limits);
  return Array.from({ length: passes }, (_, pass) =>
    crossed(divided, rowsIn(call, stream, some, pass * rows)).map(([pixels, part]) => ({
      ...part,
      ...pixels,
      passes: 1,
    })),
  );
}

/** Fewer pieces than wanted leave threads with nothing to do. */
const rowPartsFor = (some: readonly unknown[], wanted: number): number =>
  2 * some.length > wanted ? 1 : Math.ceil(wanted / some.length);

/** Of rows of so many pixels, every how many begin where a panel does. */
export const rowsOfPanels = (width: number): number => lanes / divisor(lanes, width);

function divisor(a: number, b: number): number {
  return b === 0 ? a : divisor(b, a % b);
}

/** Rows of a picture that is made pixel by pixel; `entry` bytes of a table say where those of a row are. */
const picked =
  (entry: number, panel: (call: NamedCall) => number): Divide =>
  (call, limits) => {
    const { number, further } = call;
    if (number('pictures') > 1)
      return stretch('pictures', 1, (n) => ({ x: n('xpicture'), y: n('ypicture') }))(call, limits);
    const [oh, ow] = [number('oh'), number('ow')];
    const work = oh * ow * (panel(call) / rowBytes);
    return pieces(oh, { unit: rowsOfPanels(ow), work, limits }).map(([begin, end]) => ({
      ...further({ rows: begin * entry, y: ((begin * ow) / lanes) * panel(call) }),
      oh: end - begin,
    }));
  };

const relaid: Divide = (call, limits) => {
  const { number } = call;
  if (number('pictures') > 1)
    return stretch('pictures', 1, (n) => ({ x: n('xpicture'), y: n('ypicture') }))(call, limits);
  const bytes = 4 * number('channels');
  return stretch('pixels', lanes, () => ({ x: bytes, y: bytes }))(call, limits);
};

interface OverPixels {
  readonly divided: readonly Part[];
  readonly work: number;
}

const workOf = (call: NamedCall): number => overPixels(call, { most: 1, lots: 1, least: 1 }).work;

/** Panels, or vectors of pixels, seven to a panel. */
function overPixels(call: NamedCall, limits: Limits): OverPixels {
  const { routine, number } = call;
  const first = number('first');
  if (templateOf(routine) === 'conv-panels') {
    const count = number('last') - first;
    const work = weightsIn(call) * lanes * count;
    const divided = pieces(count, { work, limits }).map(([begin, end]) => ({
      first: first + begin,
      last: first + end,
    }));
    return { work, divided };
  }
  const [count, unit] = [number('vectors'), lanes / 4];
  const work = weightsIn(call) * 4 * count;
  const divided = pieces(count, { unit, work, limits }).map(([begin, end]) => ({
    first: first + begin / unit,
    vectors: end - begin,
  }));
  return { work, divided };
}

function overRows(call: NamedCall, limits: Limits): readonly Part[] {
  const { work, divided } = overPixels(call, limits);
  const rows = rowParts(call, rowPartsFor(divided, worthwhile(work, limits)));
  return crossed(divided, rows).map(([pixels, part]) => ({ ...part, ...pixels }));
}

export const panels: Readonly<Record<string, Divide>> = {
  'conv-panels': overRows,
  'conv-vectors': overRows,
  'pick-pixels': picked(8, ({ number }) => number('channels') * rowBytes),
  'blend-pixels': picked(12, ({ number }) => number('panel')),
  'to-panels': relaid,
  'to-plain': relaid,
};
