/** 1x1 convolutions: an output panel reads the input panel in the same place. */
import type { Weights } from '../../../src/graph/weights.ts';
import type { Arr } from '../../../src/loop/loop.ts';
import type { Kernel, KernelSite, Routine, RoutineCall } from '../../../src/plan/kernel.ts';
import type { Numbers } from '../../../src/tensor/numbers.ts';
import { panelsOf } from '../../../src/tensor/type.ts';
import { isPanels, lanes, panelBytes, rowBytes } from '../panels.ts';
import { identifierOf } from '../text.ts';
import { epilogueOf } from './epilogue.ts';
import { biasInPasses, blockOf, inPasses, passesFor, planesOf } from './passes.ts';
import { inPlace } from './ranges.ts';
import { multiplied, packRows, widthOf } from './rows.ts';
import type { Picture } from './slide.ts';
import type { Tiling } from './tile.ts';
import { tilesOf } from './tile.ts';
import { vectorCalls } from './vectors.ts';

export const convPanels: Kernel = {
  name: 'conv-panels',
  doc: '1x1 convolutions of panels, sparse or dense',

  match(site) {
    const { call, types, arrays, result, weights } = site;
    const { op } = call;
    if (op.kind !== 'conv2d') return 'not a convolution';
    const bias = site.constant('bias');
    if (!weights || !bias) return 'weights or bias are computed';
    if (!isPanels(types.x) || !isPanels(result.type)) return 'does not go from panels to panels';
    if (types.residual && !isPanels(types.residual)) return 'the residual is not in panels';
    const [, kh, kw] = types.weights.shape;
    if (kh !== 1 || kw !== 1 || op.groups !== 1) return 'not 1x1, or in groups';
    if ([...op.stride, 1].some((s) => s !== 1) || op.pad.some((p) => p !== 0)) return 'strided or padded';
    const epilogue = epilogueOf(site, op.activation);
    if (typeof epilogue === 'string') return epilogue;
    const { low, high, after } = epilogue;
    const x = { array: arrays.x, type: types.x };
    const calls = pointwise(site, weights, bias, { x, y: result, residual: arrays.residual, low, high });
    return { calls: [...calls, ...after] };
  },
};

interface Between {
  readonly x: Picture;
  readonly y: Picture;
  /** Lies as y does, and is added to it. */
  readonly residual?: Arr | undefined;
  readonly low: number;
  readonly high: number;
}

/** Each pixel of y is the weights times that of x, in panels both. */
export function pointwise(
  site: Pick<KernelSite, 'pack' | 'weights'>,
  weights: Weights,
  bias: Numbers,
  between: Between,
): readonly RoutineCall[] {
  const width = widthOf(weights);
  const matrix = multiplied(weights);
  const passes = passesFor(matrix, rowBytes);
  const stream = packRows(site, inPasses(matrix, passes), width, biasInPasses(bias, passes), {
    columns: rowBytes,
    ...planesOf(passes, matrix.rows / width, rowBytes),
  });
  const of = { ...between, stream, rows: matrix.rows, passes: passes.count };
  return width === 4
    ? vectorCalls({ ...of, block: blockOf(stream, matrix.rows, passes) })
    : panelCalls({ ...of, tilesFor: (vectors) => tilesOf({ pixelRows: 1, vectors, tail: 4 }, width) });
}

export interface Panelwise extends Between {
  readonly stream: Arr;
  /** Output channels. */
  readonly rows: number;
  readonly passes?: number;
  readonly tilesFor: (vectors: number) => Tiling;
}

/** Computes each panel of y from that of x in the same place. */
export function panelCalls(of: Panelwise): readonly RoutineCall[] {
  const argsFor = (first: number, last: number): RoutineCall['args'] => [
    ...[of.x.array, of.y.array, of.residual ?? 0, of.stream, of.rows, of.passes ?? 1, first, last],
    ...[panelBytes(of.x.type), panelBytes(of.y.type), { f32: of.low }, { f32: of.high }],
  ];
  const some = spans(of.y.type.shape);
  const from = [of.x.array, ...(of.residual ? [of.residual] : [])];
  return some.map(({ first, last, vectors }) => ({
    routine: convOf(of.tilesFor(vectors)),
    // Of panels of several kinds there is a call for each.
    ...(some.length === 1 ? inPlace(of.y, from, argsFor) : { args: argsFor(first, last) }),
  }));
}

interface Span {
  readonly first: number;
  readonly last: number;
  /** Vectors of each panel that hold pixels. */
  readonly vectors: number;
}

/** The panels of each picture: full ones, and the last where it is not. */
function spans(shape: readonly number[]): readonly Span[] {
  const [n, h, w] = shape;
  const count = panelsOf(shape, lanes);
  const rest = (h * w) % lanes;
  const full = rest === 0 ? n * count : count - 1;
  const whole = { first: 0, last: full, vectors: lanes / 4 };
  if (rest === 0) return [whole];
  return Array.from({ length: n }, (_, i) => [
    { ...whole, first: i * count, last: i * count + full },
    { first: i * count + full, last: (i + 1) * count, vectors: Math.ceil(rest / 4) },
  ])
    .flat()
    .filter(({ first, last }) => first < last);
}

function convOf({ name: tiling, tiles }: Tiling): Routine {
  const name = `conv-panels-${tiling}`;
  return {
    name,
    template: 'wasm/kernels/conv-panels.wat.hbs',
    view: {
      name: name.replaceAll('-', '_'),
      row: rowBytes,
      tiles: tiles.map(({ routine, bytes }) => ({ name: identifierOf(routine), bytes })),
    },
    needs: tiles.map((t) => t.routine),
  };
}
