/** Depthwise convolutions: a thread computes some pixels of one channel, or of two of a piece, that lie below each other, and reads what they share once. */
import { codeIn } from '../../../src/formats/codes.ts';
import type { Call } from '../../../src/graph/graph.ts';
import type { Weights } from '../../../src/graph/weights.ts';
import type { Types } from '../../../src/ops/rules.ts';
import type { Kernel, KernelSite, Routine } from '../../../src/plan/kernel.ts';
import type { Narrow, TensorType } from '../../../src/tensor/type.ts';
import { paddedTo, pictureOf, sameLayout } from '../../../src/tensor/type.ts';
import { isPlanes } from '../../gpu/planes.ts';
import type { Ending } from '../ending.ts';
import { endingOf } from '../ending.ts';
import { callOf, functionName, real, whole, words, result as written } from '../kernel.ts';
import type { Values } from '../sparse/values.ts';
import { valuesOf, writeNumbers } from '../sparse/values.ts';
import { elements, inPieces as inPiecesOf } from '../tensor/elements.ts';
import { pieceLines, piecesNeeds, take } from '../tensor/storing.ts';

/** Pixels of a thread. */
const each = 4;

/** Weights of a channel are held in registers. */
const mostTaps = 49;

const threads = 128;

/** Along the second and third dimension of a grid. */
const mostGroups = 65535;

export const depthwise: Kernel = {
  name: 'depthwise',
  doc: 'convolutions of each channel by itself, some pixels a thread',
  pieces: true,

  match(site) {
    const fault = faultOf(site);
    const { call, weights, types, arrays, result } = site;
    const { op } = call;
    if (fault !== undefined || !weights || op.kind !== 'conv2d') return fault ?? 'takes weights that are known';
    const { layout } = result.type;
    const [images, height, width, inputs] = types.x.shape;
    const [, down, across, outputs] = result.type.shape;
    const [, tapsDown, tapsAcross] = types.weights.shape;
    const values = valuesOf(site, weights, 8);
    const ending = endingOf(site);
    const [strideY, strideX] = op.stride;
    const [dilationY, dilationX] = op.dilation;
    const shape = [`${tapsDown}x${tapsAcross}`, `${strideY}x${strideX}`, `${dilationY}x${dilationX}`].join('-');
    const inPieces = layout.kind === 'pieces';
    const way = inPieces ? twoOfPiece(ending, values, layout.of) : oneOfPlane(ending, values);
    const turns = Math.ceil(down / each) * across;
    const own = callOf({
      name: `${way.template}-${shape}-${values.kind}-${ending.kind}${inPieces ? `-${layout.of}` : ''}`,
      template: way.template,
      view: {
        ...{ tapsDown, tapsAcross, strideY, strideX, dilationY, dilationX, pixels: each, type: values.type },
        lines: (each - 1) * strideY + (tapsDown - 1) * dilationY + 1,
        ...{ weight: values.one('weight') },
        prepare: values.prepare === '' ? '' : `${values.prepare}  __syncthreads();\n`,
        ...way.view,
      },
      needs: way.needs,
      parameters: [
        inPieces ? { declare: 'const void *__restrict__ x', argument: arrays.x } : real('x', arrays.x),
        words('weights', site.pack('filters', packed(weights, values, inPieces)).array),
        inPieces ? { declare: 'void *__restrict__ result', argument: result.array } : written('result', result.array),
        ...Object.entries({
          ...{ height, width, down, across, above: op.pad[0], left: op.pad[1] },
          ...(inPieces ? { own_rows: outputs } : { inputs, outputs }),
        }).map(([name, size]) => whole(name, size)),
        ...values.parameters,
        ...values.factors,
        ...ending.parameters,
      ],
      groups: inPieces
        ? [Math.ceil((turns * (outputs / 2)) / threads), 1, images]
        : [Math.ceil(turns / threads), outputs, images],
      threads,
    });
    return { calls: [own] };
  },
};

interface Way {
  readonly template: string;
  readonly view: object;
  readonly needs: readonly Routine[];
}

const oneOfPlane = (ending: Ending, values: Values): Way => ({
  template: 'depthwise',
  view: { finish: ending.result(values.scaled('sum', 'row'), 'row', 'at') },
  needs: ending.needs,
});

function twoOfPiece(ending: Ending, values: Values, of: Narrow): Way {
  const element = elements[inPiecesOf[of]];
  const scaled = values.scaled('taken[k]', 'row + k');
  return {
    template: 'depthwise-pieces',
    view: {
      take: functionName(take(of, 2).name),
      store: pieceLines(ending, element, 2, scaled)
        .map((line) => (line.startsWith('#') ? line : `    ${line}`))
        .join('\n')
        .trimStart(),
    },
    needs: [take(of, 2), ...piecesNeeds(ending, element, 2)],
  };
}

function faultOf({ call, types, weights, result, constant }: KernelSite): string | undefined {
  const fault = filterFault(call, types);
  if (fault !== undefined) return fault;
  if (!weights) return 'takes weights that are known';
  const moving = ['bias', 'slope'].find((name) => types[name] && !constant(name));
  if (moving !== undefined) return `takes a constant "${moving}"`;
  const all = [types.x, result.type, ...(types.residual ? [types.residual] : [])];
  if (all.some((t) => t.layout.kind === 'pieces')) return piecesFault(all);
  const lie = (t: TensorType): boolean => isPlanes(t) || pictureOf(t.shape).pixels === 1;
  return all.every(lie) ? undefined : 'takes pictures in planes';
}

/** Channels of pieces go two by two. */
function piecesFault(all: readonly TensorType[]): string | undefined {
  const [{ shape, layout }] = all;
  const channels = shape[3];
  if (!all.every((t) => sameLayout(t.layout, layout))) return 'takes pictures that lie alike';
  if (layout.kind !== 'pieces' || layout.of === 'i8') return 'takes pieces of real numbers';
  return all.every((t) => t.shape[3] === channels) && paddedTo(channels, layout.of) === channels
    ? undefined
    : 'takes a result for each channel, in whole pieces';
}

/** Why a call is none that the kernel takes, wherever its values lie. */
export function filterFault({ op }: Call, { x, weights }: Types): string | undefined {
  if (op.kind !== 'conv2d') return 'takes convolutions';
  const [images, , , channels] = x.shape;
  if (op.groups !== channels || weights.shape[3] !== 1) return 'takes a group for each channel';
  const { format, params } = weights.encoding;
  if (format !== 'dense' && codeIn(params)) return 'takes codes that all weights have';
  const [rows, down, across] = weights.shape;
  if (down * across > mostTaps) return `takes up to ${mostTaps} taps and is given ${down * across}`;
  return rows > mostGroups || images > mostGroups ? `takes no ${rows} channels of ${images} images` : undefined;
}

/** Taps of each channel, or channels of each tap. */
function packed({ matrix: { rows, columns } }: Weights, values: Values, byTap: boolean): Uint32Array<ArrayBuffer> {
  const to = new Uint32Array(Math.ceil((rows * columns * values.bits) / 32));
  for (let i = 0; i < rows * columns; i++) {
    const [row, column] = byTap ? [i % rows, Math.floor(i / rows)] : [Math.floor(i / columns), i % columns];
    writeNumbers(to, values.bits, i, values.numberOf(row, column));
  }
  return to;
}
