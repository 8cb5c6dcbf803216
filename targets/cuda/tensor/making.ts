/** What makes of x what products read, where it does not lie so. */
import type { Arr } from '../../../src/loop/loop.ts';
import type { KernelSite, RoutineCall } from '../../../src/plan/kernel.ts';
import { narrowWide, narrowWideTurned } from '../warpgroup/narrowing.ts';
import type { Element } from './elements.ts';
import { perPiece } from './elements.ts';
import type { Forms } from './forms.ts';
import { narrow, narrowTurned } from './narrowing.ts';

export interface Makes {
  readonly xPixels: number;
  /** Pixels of x as pieces, channels padded, and in an order where one is given. */
  pieces(to: Arr, padded: number, order?: Arr): RoutineCall;
  /** Pixels of x as warpgroups read them, in blocks of so many, where one of the result reads the one in its place. */
  wide?(to: Arr, padded: number, pixels: number): RoutineCall;
}

interface Pictures {
  readonly images: number;
  /** Pixels of an image. */
  readonly size: number;
  readonly channels: number;
}

export function makesOf(
  { arrays }: Pick<KernelSite, 'arrays'>,
  { images, size, channels }: Pictures,
  element: Element,
  { x }: Forms,
  inPlace: boolean,
): Makes {
  const from = arrays.x;
  const xPixels = images * size;
  if (x === 'planes') {
    const lines = { from, pictures: images, lines: channels, length: size };
    return {
      xPixels,
      pieces: (to, padded, order) => narrowTurned({ ...lines, to, padded, order }, element),
      ...(inPlace && {
        wide: (to: Arr, padded: number, block: number) => narrowWideTurned({ ...lines, to, padded }, block, element),
      }),
    };
  }
  const pitch = x === 'pieces' ? Math.ceil(channels / perPiece(element)) * perPiece(element) : channels;
  const lines = { from, pictures: 1, lines: xPixels, length: channels, pitch };
  return {
    xPixels,
    pieces: (to, padded, order) => narrow({ ...lines, to, padded, order }, element),
    ...(inPlace &&
      x === 'plain' && {
        wide: (to: Arr, padded: number, block: number) => narrowWide({ ...lines, to, padded }, block, element),
      }),
  };
}
