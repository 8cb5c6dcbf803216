/** Arrays in numpy's own file format, through npyjs. */
import { dump, parse } from 'npyjs';
import type { Numbers } from '../tensor/numbers.ts';
import { zeros } from '../tensor/numbers.ts';
import type { DType, Shape } from '../tensor/type.ts';
import { elements, sameShape } from '../tensor/type.ts';

/** The file's contents for plain numbers of a shape. */
export const writeNpy = (data: Float32Array | Int32Array, shape: Shape): Uint8Array<ArrayBuffer> =>
  new Uint8Array(dump(data, [...shape]));

export interface Wanted {
  readonly dtype: DType;
  readonly shape: Shape;
}

/** The numbers of a file as an input takes them, or why it cannot: the rest of a sentence. Leading sizes of 1 may be left out. */
export function readNpy(bytes: Uint8Array, { dtype, shape }: Wanted): Numbers | string {
  const file = parsed(bytes);
  if (!file) return 'is not an .npy file that can be read';
  const { data, fortranOrder } = file;
  if (fortranOrder && file.shape.length > 1) return 'is in Fortran order: save it with numpy.ascontiguousarray';
  if (!sameShape(trimmed(file.shape), trimmed(shape)))
    return `has shape [${file.shape.join(', ')}], and the input takes [${shape.join(', ')}]`;
  if (data.length !== elements(file.shape))
    return `holds ${data.length} numbers, and its shape says ${elements(file.shape)}`;
  if (file.dtype.startsWith('U') || file.dtype.startsWith('c'))
    return `holds ${file.dtype}, and the input takes ${dtype}`;
  if (dtype === 'i32' && file.dtype.startsWith('f'))
    return `holds floats, and the input takes i32: save it with astype("int32")`;
  const numbers = zeros(dtype, data.length);
  for (let i = 0; i < numbers.length; i++) numbers[i] = Number(data[i]);
  return numbers;
}

/** What a file holds, as numbers of any type, or why it cannot be taken: the rest of a sentence. */
export function readAnyNpy(bytes: Uint8Array): { readonly data: readonly number[]; readonly shape: Shape } | string {
  const file = parsed(bytes);
  if (!file) return 'is not an .npy file that can be read';
  const { data, shape, dtype, fortranOrder } = file;
  if (fortranOrder && shape.length > 1) return 'is in Fortran order: save it with numpy.ascontiguousarray';
  if (data.length !== elements(shape)) return `holds ${data.length} numbers, and its shape says ${elements(shape)}`;
  if (dtype.startsWith('U') || dtype.startsWith('c')) return `holds ${dtype}, and no numbers`;
  return { data: Array.from(data, Number), shape };
}

/** What a file holds as it is typed there. */
export interface NpyFile {
  readonly data: ArrayLike<number | bigint | boolean>;
  readonly shape: Shape;
  readonly dtype: string;
  readonly fortranOrder: boolean;
}

/** npyjs throws on files that are cut off or of unknown types, and types its data as mere views. */
export function parsed(bytes: Uint8Array): NpyFile | undefined {
  try {
    const { buffer } = Uint8Array.from(bytes);
    return parse(buffer as ArrayBuffer) as unknown as NpyFile;
  } catch {
    return undefined;
  }
}

const trimmed = (shape: Shape): Shape => {
  const first = shape.findIndex((d) => d !== 1);
  return first < 0 ? [] : shape.slice(first);
};
