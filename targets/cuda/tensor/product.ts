/** The kernels of products on tensor cores: one routine for each way, tile and element type, and what it is told. */
import type { Argument, Routine } from '../../../src/plan/kernel.ts';
import { functionName } from '../kernel.ts';
import type { Element } from './elements.ts';
import { placeWords, tilesPerPlace } from './sparse.ts';
import type { Storing } from './storing.ts';
import type { Along, Tile, Way } from './tiles.ts';
import {
  crossingOf,
  isHalved,
  leastBlocks,
  placeBytes,
  segmentsOf,
  sharedBytes,
  threadsOf,
  weightBytesOf,
} from './tiles.ts';

export interface Shape {
  readonly way: Way;
  readonly tile: Tile;
  readonly element: Element;
  readonly along: Along;
  /** Whether several blocks may share the steps of the same sums. */
  readonly parted: boolean;
}

export interface ProductRoutine {
  readonly name: string;
  /** Path below templates/cuda/kernels/. */
  readonly template: string;
  readonly view: object;
  readonly needs: readonly Routine[];
  readonly threads: number;
  /** Bytes. */
  readonly shared: number;
}

const docs: Readonly<Record<Way, string>> = {
  dense: 'Products with all weights, on tensor cores',
  sparse: 'Products with weights of which half are kept in every few columns, on sparse tensor cores',
  extra:
    'Products with weights of which up to three quarters are kept, half of the columns a second time, on sparse tensor cores',
  blocks: 'Products with weights of which whole tiles are left out, on tensor cores',
  gathered: 'Products with weights that keep two of four shared columns, which are gathered, on sparse tensor cores',
};

export function productRoutine({ way, tile, element, along, parted }: Shape, storing: Storing): ProductRoutine {
  const { rows, pixels, pixelsPerWarp, stages } = tile;
  const weightBytes = weightBytesOf(way, tile, element);
  const crossing = crossingOf(tile, along, stages * (weightBytes + 128 * pixels));
  const one = tilesPerPlace(element);
  const staged = (pixels / pixelsPerWarp) * crossing.slice * 8;
  return {
    name: `product-${way}-${element.name}-${rows}x${pixels}-${along}-${storing.kind}${parted ? '-parted' : ''}`,
    template: `tensor/product-${way}`,
    view: {
      ...{ ...tile, weightBytes, doc: docs[way], type: element.name, sum: element.sum, ...crossing },
      least: leastBlocks(way, tile),
      placesOfPixels: sharedBytes(way, tile, element, along) - placeBytes(tile),
      ...{ placeWords: placeWords(rows, element), tilesPerPlace: one, otherHalf: one - 1 },
      ...{ placesAt: 32 * segmentsOf(way), again: functionName(again(element).name) },
      rowAt: way === 'blocks' ? rowOfTile : '(int)blockIdx.y * rows + in_block',
      rowOf: along === 'rows' ? rowOf(storing.each) : 'i / staged',
      pixelOf: along === 'rows' ? pixelOf(storing.each) : 'i % staged',
      ...{ rowsEach: storing.each, store: storing.text, staged },
      parted: parted ? [{ sum: element.sum, add: addedOf(element) }] : [],
    },
    needs: [
      copies,
      way === 'gathered' ? loadMatricesTurned : loadMatrices,
      isHalved(way) ? multiplySparse(element) : multiplyDense(element),
      ...(way === 'extra' ? [again(element)] : []),
      ...storing.needs,
    ],
    threads: threadsOf(tile),
    shared: sharedBytes(way, tile, element, along),
  };
}

/** Blocks of rows have tiles of 16 rows from anywhere. */
const rowOfTile = 'row_tiles[(int)blockIdx.y * (rows / 16) + in_block / 16] * 16 + in_block % 16';

const rowOf = (each: number): string => (each === 1 ? 'i % rows' : 'i % (rows / each) * each');
const pixelOf = (each: number): string => (each === 1 ? 'i / rows' : 'i / (rows / each)');

const addedOf = ({ sum }: Element): string =>
  sum === 'int' ? 'wrap_add(sums[i][j][e], others[e])' : 'sums[i][j][e] + others[e]';

const routine = (name: string, template: string, view: object = {}): Routine => ({
  name,
  template: `cuda/kernels/tensor/${template}.cu.hbs`,
  view,
  needs: [],
});

export const copies = routine('copy-16', 'copy');
export const loadMatrices = routine('load-matrices', 'load');
export const loadMatricesTurned = routine('load-matrices-turned', 'load-turned');

/** Of tf32 a lane has one number of a piece, and of others several. */
const again = ({ bytes }: Element): Routine => {
  const name = bytes === 4 ? 'again-numbers' : 'again-halves';
  return routine(name, name);
};

export const multiplyDense = ({ name, sum, letter, dense }: Element): Routine =>
  routine(`multiply-${name}`, 'multiply-dense', { type: name, sum, letter, instruction: dense });

const multiplySparse = (element: Element): Routine =>
  routine(`multiply-sparse-${element.name}`, 'multiply-sparse', {
    ...{ type: element.name, sum: element.sum, letter: element.letter, instruction: element.sparse },
    selected: tilesPerPlace(element) === 2 ? ': those of two lanes of every four, which `selected` names' : '',
  });

export interface Told {
  readonly declare: string;
  readonly argument: Argument;
}

const words = (name: string, argument: Argument): Told => ({
  declare: `const uint32_t *__restrict__ ${name}`,
  argument,
});
export const list = (name: string, argument: Argument): Told => ({
  declare: `const int *__restrict__ ${name}`,
  argument,
});
const whole = (name: string, argument: Argument): Told => ({ declare: `int ${name}`, argument });

/** Where the pixels of a result read: pictures of pieces of 16 bytes, `pitch` a pixel. */
export interface Reach {
  readonly width: number;
  readonly height: number;
  readonly stride: readonly number[];
  readonly above: number;
  readonly left: number;
}

/** Where results go: pixels of all images, of one, and of a row; where the first is, and elements from one image, row of pixels, pixel and row of weights to the next. */
export interface Goes {
  readonly rows: number;
  /** With those that fill the last piece of a pixel, which are zeros. */
  readonly stored: number;
  readonly pixels: number;
  readonly imagePixels: number;
  readonly rowPixels: number;
  /** Of `rowPixels`: others are computed and thrown away. */
  readonly rowKept: number;
  readonly first: number;
  readonly toImage: number;
  readonly toDown: number;
  readonly toPixel: number;
  readonly toRow: number;
}

export interface Operands {
  readonly x: Argument;
  readonly weights: Argument;
  readonly begins: Argument;
  readonly list: Argument;
  readonly ownList: boolean;
  /** Pieces from one pixel to the next, or from one image of planes to the next. */
  readonly pitch: number;
  readonly result: Argument;
  /** Of weights in whole tiles where those of each step begin, and which tiles of rows blocks have. */
  readonly starts?: Argument | undefined;
  readonly rowTiles?: Argument | undefined;
  /** Where several blocks share steps: what each has of the sums, and how many have come, a number for each block. */
  readonly parts?: { readonly sums: Argument; readonly arrived: Argument } | undefined;
}

/** What kernels are told, in order. `reach` is that of those that read pixels. */
export function productTold(
  o: Operands,
  reach: Reach | undefined,
  g: Goes,
  storing: Pick<Storing, 'result' | 'pads'>,
): readonly Told[] {
  const where: readonly Told[] = reach
    ? [
        ...[whole('height', reach.height), whole('width', reach.width)],
        ...[whole('stride_y', reach.stride[0]), whole('stride_x', reach.stride[1])],
        ...[whole('above', reach.above), whole('left', reach.left)],
      ]
    : [];
  return [
    { declare: 'const void *__restrict__ x', argument: o.x },
    words('weights', o.weights),
    list('begins', o.begins),
    list(reach ? 'taps' : 'column_list', o.list),
    ...(o.starts === undefined ? [] : [list('starts', o.starts)]),
    ...(o.rowTiles === undefined ? [] : [list('row_tiles', o.rowTiles)]),
    whole('own_list', o.ownList ? 1 : 0),
    whole(reach ? 'pitch' : 'x_image', o.pitch),
    ...where,
    ...(storing.pads ? [whole('own_rows', g.rows)] : []),
    ...[whole('row_count', g.stored), whole('pixel_count', g.pixels), whole('image_pixels', g.imagePixels)],
    ...[whole('row_pixels', g.rowPixels), whole('row_kept', g.rowKept), whole('first', g.first)],
    ...[whole('to_image', g.toImage), whole('to_down', g.toDown), whole('to_pixel', g.toPixel)],
    whole('to_row', g.toRow),
    ...(o.parts
      ? [
          { declare: 'void *__restrict__ parts', argument: o.parts.sums },
          { declare: 'int *__restrict__ arrived', argument: o.parts.arrived },
        ]
      : []),
    { declare: `${storing.result} *__restrict__ result`, argument: o.result },
  ];
}
