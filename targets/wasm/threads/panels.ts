/** Calls that go over panels, or over pixels of pictures in panels: parts are some of them, and of a few all, with some rows each. */
import { lanes, rowBytes } from '../panels.ts';
import type { Divide, NamedCall, Part } from './divide.ts';
import type { Ends } from './pieces.ts';
import { crossed, cut, pieces, stretch, worthwhile } from './pieces.ts';
import { streamOf, weightsIn } from './streams.ts';

/** Rows of y, and the weights that they are made of, where those of each are in one piece. */
function rowParts(call: NamedCall, most: number): readonly Part[] {
  const { number, further } = call;
  const stream = streamOf(call);
  const rows = number('rows');
  if (most < 2 || !stream || number('passes') > 1) return [{ rows }];
  const { width, starts } = stream;
  return cut(rows, width, most).map(([begin, end]) => ({
    ...further({ w: starts[begin / width], y: begin * rowBytes, residual: begin * rowBytes }),
    rows: end - begin,
  }));
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

export const panels: Readonly<Record<string, Divide>> = {
  'conv-panels'(call, limits) {
    const { number } = call;
    const [first, last] = [number('first'), number('last')];
    const work = weightsIn(call) * lanes * (last - first);
    const wanted = worthwhile(work, limits);
    const some = pieces(last - first, { work, limits });
    return crossed(rowParts(call, rowPartsFor(some, wanted)), some).map(([rows, [begin, end]]) => ({
      ...rows,
      first: first + begin,
      last: first + end,
    }));
  },

  'conv-vectors'(call, limits) {
    const { number } = call;
    const [first, vectors] = [number('first'), number('vectors')];
    const work = weightsIn(call) * 4 * vectors;
    const wanted = worthwhile(work, limits);
    const unit = lanes / 4;
    const some: readonly Ends[] = pieces(vectors, { unit, work, limits });
    return crossed(rowParts(call, rowPartsFor(some, wanted)), some).map(([rows, [begin, end]]) => ({
      ...rows,
      first: first + begin / unit,
      vectors: end - begin,
    }));
  },

  'pick-pixels': picked(8, ({ number }) => number('channels') * rowBytes),
  'blend-pixels': picked(12, ({ number }) => number('panel')),
  'to-panels': relaid,
  'to-plain': relaid,
};
