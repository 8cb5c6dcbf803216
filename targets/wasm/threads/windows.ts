/** Calls that slide windows over pictures, and dense layers: parts are some channels, some rows of pixels, or some rows of weights. */
import type { Routine } from '../../../src/plan/kernel.ts';
import { lanes, rowBytes, rowsOfVectors } from '../panels.ts';
import type { Divide, NamedCall, Part } from './divide.ts';
import { rowsOfPanels } from './panels.ts';
import type { Ends, Limits } from './pieces.ts';
import { crossed, cut, pieces, stretch, worthwhile } from './pieces.ts';
import { startsOf, streamOf, templateOf, weightsIn } from './streams.ts';

const isPool = ({ needs }: Routine): boolean => needs.some((tile) => templateOf(tile) === 'pool-tile');

/** Of blocks of channels, which have rows of their own, some. */
function blockParts(call: NamedCall, work: number, limits: Limits): readonly Part[] {
  const { routine, number, further } = call;
  const [channels, count, rows, xpanel] = ['channels', 'count', 'rows', 'xpanel'].map(number);
  const blocks = Math.ceil(channels / count);
  const pools = isPool(routine);
  const starts = pools ? undefined : streamOf(call)?.starts;
  // The channels of rows of pixels lie between those of others.
  if (blocks === 1 || xpanel === 0 || !(pools || starts)) return [{ channels }];
  return pieces(blocks, { work, limits }).map(([begin, end]) => ({
    ...further({
      x: begin * count * rowBytes,
      y: begin * rows * rowBytes,
      residual: begin * rows * rowBytes,
      ...(starts && { w: starts[begin * rows] }),
    }),
    channels: Math.min(channels, end * count) - begin * count,
  }));
}

/** Of rows of pixels, some: as many as make panels, and as tiles have. */
function bandParts({ routine, number, further }: NamedCall, most: number): readonly Part[] {
  const [oh, ow, top, down, reach] = ['oh', 'ow', 'top', 'down', 'reach'].map(number);
  const { pixelRows } = routine.view as { readonly pixelRows: number };
  const [strip, ypanel] = [number('strip'), number('ypanel')];
  // Rows that two bands read are laid out for each.
  const least = pixelRows * Math.max(1, Math.ceil((reach - down) / down / pixelRows));
  const unit = rowsOfPanels(ow) * Math.ceil(least / rowsOfPanels(ow));
  const bands = fitting(oh, unit, most, pixelRows);
  return bands.map(([begin, end]) => {
    const bytes = ((begin * ow * 4) / rowBytes) * ypanel;
    return {
      ...further({ y: bytes, residual: bytes }),
      oh: end - begin,
      top: top - begin * down,
      strip: Math.min(strip, end - begin),
    };
  });
}

/** Bands of no fewer than `least` rows, the last one too. */
function fitting(rows: number, unit: number, most: number, least: number): readonly Ends[] {
  for (let n = most; ; n--) {
    const bands = cut(rows, unit, n);
    if (n <= 1 || bands.every(([begin, end]) => end - begin >= least)) return bands;
  }
}

const slide: Divide = (call, limits) => {
  const { number } = call;
  if (number('pictures') > 1)
    return stretch('pictures', 1, (n) => ({ x: n('xpicture'), y: n('ypicture'), residual: n('ypicture') }))(
      call,
      limits,
    );
  const work = number('oh') * number('ow') * weightsIn(call) * (isPool(call.routine) ? number('channels') : 1);
  const wanted = worthwhile(work, limits);
  // A thread goes on with the rows that it wrote.
  const bands =
    blockParts(call, work, limits).length === 1
      ? bandParts(call, wanted)
      : bandParts(call, Math.min(wanted, limits.lots));
  const blocks = blockParts(call, work, { ...limits, most: Math.ceil(wanted / bands.length) });
  return crossed(bands, blocks).map(([band, block]) => joined(block, band));
};

/** Both move arrays further on. */
function joined(block: Part, band: Part): Part {
  const both = Object.keys(block).filter((name) => name in band);
  return { ...block, ...band, ...Object.fromEntries(both.map((name) => [name, block[name] + band[name]])) };
}

interface Rows {
  readonly work: number;
  /** What begins further on where a row does. */
  readonly from: (row: number) => Part;
}

/** Some of many vectors; of one vector, some rows of weights, four by four as they are computed. */
const dense =
  (rowsOf: (call: NamedCall) => Rows | undefined): Divide =>
  (call, limits) => {
    const { number, further } = call;
    const [vectors, rows, columns] = ['vectors', 'rows', 'columns'].map(number);
    const found = rowsOf(call);
    if (!found) return [{}];
    const { work, from } = found;
    return vectors > 1
      ? pieces(vectors, { work, limits }).map(([begin, end]) => ({
          ...further({ x: 4 * begin * columns, y: 4 * begin * rows }),
          vectors: end - begin,
        }))
      : pieces(rows, { unit: 4, work, limits }).map(([begin, end]) => ({ ...from(begin), rows: end - begin }));
  };

export const windows: Readonly<Record<string, Divide>> = {
  'depthwise-rows'({ routine, number, further }, limits) {
    const [channels, count, kh, oh, wide] = ['channels', 'count', 'kh', 'end', 'pieces'].map(number);
    const { bytesOfTaps } = routine.view as { readonly bytesOfTaps: number };
    const work = channels * oh * wide * lanes * kh * (bytesOfTaps / 4);
    const bands = cut(oh, 1, Math.min(limits.lots, worthwhile(work, limits)));
    const some = pieces(Math.ceil(channels / count), {
      work,
      limits: { ...limits, most: Math.ceil(limits.most / bands.length) },
    });
    return crossed(bands, some).map(([[above, below], [first, last]]) => {
      const [begin, end] = [first * count, Math.min(channels, last * count)];
      return {
        ...further({ x: begin * rowBytes, y: begin * rowBytes, w: begin * kh * bytesOfTaps, bias: 4 * begin }),
        channels: end - begin,
        begin: above,
        end: below,
      };
    });
  },

  'depthwise-quads'({ number, further }, limits) {
    const [channels, kh, kw, oh, ow] = ['channels', 'kh', 'kw', 'end', 'ow'].map(number);
    // The last four overlap with others where there are not as many: they stay together.
    const fours = Math.floor(channels / 4);
    const work = channels * oh * ow * kh * kw;
    const bands = cut(oh, rowsOfVectors(ow), Math.min(limits.lots, worthwhile(work, limits)));
    const some = pieces(fours, { work, limits: { ...limits, most: Math.ceil(limits.most / bands.length) } });
    return crossed(bands, some).map(([[above, below], [begin, end]]) => ({
      ...further({
        x: 4 * begin * rowBytes,
        y: 4 * begin * rowBytes,
        w: 16 * begin * kh * kw,
        bias: 16 * begin,
      }),
      channels: (end === fours ? channels : 4 * end) - 4 * begin,
      begin: above,
      end: below,
    }));
  },

  'window-direct': slide,
  'window-buffer': slide,

  'linear-csr': dense((call) => {
    const { number, constant, further } = call;
    const words = constant('w');
    const starts = words instanceof Int32Array ? startsOf(words, 1) : undefined;
    return (
      starts && {
        work: number('vectors') * weightsIn(call),
        from: (row) => further({ w: starts[row], y: 4 * row }),
      }
    );
  }),

  'linear-dense': dense(({ number, further }) => {
    const [vectors, rows, columns] = ['vectors', 'rows', 'columns'].map(number);
    return {
      work: vectors * rows * columns,
      from: (row) => further({ w: 4 * row * columns, bias: 4 * row, y: 4 * row }),
    };
  }),
};
