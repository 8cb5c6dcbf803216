/** A layer by its sizes, as shaders will compute it: its pixels, its groups, and the calls that have some of the pixels each. */
import { bitsOf, codeIn } from '../../src/formats/codes.ts';
import type { Work } from '../../src/target.ts';
import type { Shape } from '../../src/tensor/type.ts';
import { elements, pictureOf } from '../../src/tensor/type.ts';
import { mostPhases, phaseCount, phasesIn } from '../gpu/phases.ts';

/** What ways of computing it count from. */
export interface Layer extends Work {
  /** Whether kernels take it: a convolution or dense layer of f32, its weights in a format of theirs. */
  readonly isReal: boolean;
  /** Rows of a group, and how many groups there are. */
  readonly rowsEach: number;
  readonly groups: number;
  readonly images: number;
  /** Of the result, in each image. */
  readonly pixels: number;
  readonly rows: number;
  readonly columns: number;
  readonly taps: number;
  /** Columns of a tap. */
  readonly run: number;
  /** Words of places of a row, or of rows that share them. */
  readonly words: number;
  /** Bytes of a weight. */
  readonly bytes: number;
  /** What is counted once, whatever computes the layer. */
  readonly moved: { readonly call: number; readonly memory: number };
  /** What each of its calls computes, where these are several. */
  readonly phases?: readonly Pick<Layer, 'pixels' | 'taps'>[];
}

export function isDepthwise({ isReal, groups, types }: Pick<Layer, 'isReal' | 'groups' | 'types'>): boolean {
  return isReal && groups === types.x.shape[3] && groups > 1 && types.weights.shape[3] === 1;
}

export function layerOf(work: Work): Layer {
  const { call, types, encoding } = work;
  const { op, type } = call;
  const { x, weights } = types;
  const rows = weights.shape[0];
  const columns = elements(weights.shape) / rows;
  const isConv = op.kind === 'conv2d' || op.kind === 'conv-transpose2d';
  const run = weights.shape[weights.shape.length - 1];
  const groups = op.kind === 'conv2d' ? op.groups : 1;
  const layer = {
    ...work,
    isReal: isConv || op.kind === 'linear' ? weights.dtype === 'f32' && encoding.format !== 'smartdeal' : false,
    ...{ rowsEach: rows / groups, groups, rows, columns, taps: columns / run, run },
    ...(isConv ? pictureOf(type.shape) : { images: 1, pixels: elements(type.shape) / rows }),
    words: (columns / run) * Math.ceil(run / 32),
    bytes: bytesOf(encoding.params),
  };
  const moved = (border: readonly number[], phases: Layer['phases'] = []): Layer => {
    const copied = bordered(x.shape, border);
    const memory = 4 * (elements(x.shape) + elements(type.shape) + 2 * copied);
    return { ...layer, phases, moved: { call: copied > 0 ? 1 : 0, memory } };
  };
  if (op.kind !== 'conv-transpose2d') return moved(op.kind === 'conv2d' && !isDepthwise(layer) ? op.pad : []);
  if (phaseCount(op) > mostPhases) return { ...moved([]), isReal: false };
  const { rows: down, columns: across, border } = phasesIn(op, x.shape, weights.shape);
  const phases = down.flatMap((row) =>
    across.map((column) => ({
      pixels: row.count * column.count,
      taps: row.taps.length * column.taps.length,
    })),
  );
  return moved(
    border,
    phases.sort((a, b) => b.taps - a.taps || b.pixels - a.pixels),
  );
}

/** Numbers of a copy of all pictures with so many rows and columns around them; 0 where there are none. */
function bordered([n, h, w, c]: Shape, [top = 0, left = 0, bottom = 0, right = 0]: readonly number[]): number {
  return top + left + bottom + right > 0 ? n * c * (h + top + bottom) * (w + left + right) : 0;
}

/** Weights are stored as f16 where that holds them, which is not known here, or in codes, whose bits are a power of two. */
function bytesOf(params: Work['encoding']['params']): number {
  const code = codeIn(params);
  return code ? 2 ** Math.ceil(Math.log2(bitsOf(code))) / 8 : 2;
}

/** What one of several calls computes, with the weights of its taps. */
export function partOf(layer: Layer, { pixels, taps }: Pick<Layer, 'pixels' | 'taps'>): Layer {
  const { cost, run, words } = layer;
  const share = taps / layer.taps;
  return {
    ...layer,
    ...{ pixels, taps, columns: taps * run, words: words * share },
    cost: { ...cost, multiplies: cost.multiplies * share },
  };
}
