/** Pictures as inputs, through fast-png. */
import { convertIndexedToRgb, type DecodedPng, decode, hasPngSignature } from 'fast-png';
import type { Shape } from '../tensor/type.ts';
import type { Range } from './range.ts';

/** The picture as [1, h, w, c] numbers, or why it cannot be one: the rest of a sentence. Nothing is scaled or cut. */
export function readPng(bytes: Uint8Array, shape: Shape, { low, high }: Range): Float32Array<ArrayBuffer> | string {
  if (!hasPngSignature(bytes) || bytes.length < 33) return 'is not a PNG file';
  const [, h, w, c] = shape;
  if (shape.length !== 4 || shape[0] !== 1 || ![1, 3, 4].includes(c))
    return `is a picture, and the input takes [${shape.join(', ')}]`;
  // The size is looked at before anything of that size is made.
  const header = new DataView(bytes.buffer, bytes.byteOffset + 16, 8);
  const [width, height] = [header.getUint32(0), header.getUint32(4)];
  if (width !== w || height !== h)
    return `is ${width} x ${height} pixels, and the input takes ${w} x ${h}: scale it first`;
  const picture = decoded(bytes);
  if (!picture) return 'is damaged, or a kind of PNG that cannot be read';
  const { data, channels, most } = picture;
  const alpha = channels === 2 || channels === 4;
  if (c === 1 && channels > 2) return 'is in colour, and the input takes one channel: make it grey first';
  if (c !== 4 && alpha && !isOpaque(picture)) return 'is transparent in places: lay it on a background first';
  const out = new Float32Array(h * w * c);
  const unit = most / (high - low);
  for (let pixel = 0; pixel < h * w; pixel++)
    for (let k = 0; k < c; k++) out[pixel * c + k] = sample(data, pixel * channels, channels, k, most) / unit + low;
  return out;
}

interface Picture {
  readonly data: ArrayLike<number>;
  readonly channels: number;
  /** The value of white. */
  readonly most: number;
}

/** Channel `k` of red, green, blue, alpha, from grey or colour with or without alpha. */
function sample(data: ArrayLike<number>, at: number, channels: number, k: number, most: number): number {
  if (k === 3) return channels === 2 || channels === 4 ? data[at + channels - 1] : most;
  return data[at + (channels > 2 ? k : 0)];
}

const isOpaque = ({ data, channels, most }: Picture): boolean => {
  for (let at = channels - 1; at < data.length; at += channels) if (data[at] !== most) return false;
  return true;
};

/** fast-png throws on damaged files. */
function decoded(bytes: Uint8Array): Picture | undefined {
  try {
    const png = decode(bytes, { checkCrc: true });
    const picture = png.palette ? coloured(png) : { data: png.data, channels: png.channels, most: 2 ** png.depth - 1 };
    return picture.data.length === png.width * png.height * picture.channels ? picture : undefined;
  } catch {
    return undefined;
  }
}

function coloured(png: DecodedPng): Picture {
  const data = convertIndexedToRgb(png);
  return { data, channels: data.length / (png.width * png.height), most: 255 };
}
