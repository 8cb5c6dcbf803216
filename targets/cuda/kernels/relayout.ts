/** Values made to pieces, for tensor cores: from what is row-major as it lies, from planes by tiles. */
import type { Kernel } from '../../../src/plan/kernel.ts';
import { paddedTo, pictureOf } from '../../../src/tensor/type.ts';
import { elements, inPieces } from '../tensor/elements.ts';
import { formOf } from '../tensor/forms.ts';
import { narrow, narrowTurned } from '../tensor/narrowing.ts';

const mostPictures = 65535;

export const relayout: Kernel = {
  name: 'relayout',
  doc: 'values made to pieces, which tensor cores read',
  integers: true,
  pieces: true,

  match({ call: { op }, types: { x }, arrays, result: { type, array } }) {
    if (op.kind !== 'relayout' || type.layout.kind !== 'pieces') return 'takes what is to lie in pieces';
    const { of } = type.layout;
    const element = elements[inPieces[of]];
    const form = formOf(x, element);
    if (form !== 'plain' && form !== 'planes') return 'takes what is row-major, or in planes';
    const { images, pixels, channels } = pictureOf(type.shape);
    const both = { from: arrays.x, to: array, padded: paddedTo(channels, of) };
    if (form === 'plain')
      return { calls: [narrow({ ...both, pictures: 1, lines: images * pixels, length: channels }, element)] };
    if (images > mostPictures) return `takes at most ${mostPictures} pictures`;
    return { calls: [narrowTurned({ ...both, pictures: images, lines: channels, length: pixels }, element)] };
  },
};
