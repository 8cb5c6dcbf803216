/** Values for inputs: numpy files, pictures, seeds; and what is said when they do not fit. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encode } from 'fast-png';
import { dump } from 'npyjs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readInputs } from '../src/cli/inputs.ts';
import type { Diagnostic } from '../src/diagnostic.ts';
import type { Named } from '../src/graph/evaluate.ts';
import type { ManifestPort } from '../src/make/manifest.ts';
import { readNpy, writeNpy } from '../src/make/npy.ts';
import { readPng } from '../src/make/png.ts';
import { parseRange } from '../src/make/range.ts';

const npy = (data: Parameters<typeof dump>[0], shape: number[], dtype?: 'f8' | 'i8'): Uint8Array =>
  new Uint8Array(dump(data, shape, dtype && { dtype }));

describe('numpy files', () => {
  const f32 = { dtype: 'f32', shape: [1, 2, 3] } as const;
  const six = Float32Array.of(1, 2.5, -3, NaN, Infinity, -0);

  test('what is written is read back, bit for bit', () => {
    expect(readNpy(writeNpy(six, [1, 2, 3]), f32)).toEqual(six);
    expect(readNpy(writeNpy(Int32Array.of(-1, 7), [2]), { dtype: 'i32', shape: [2] })).toEqual(Int32Array.of(-1, 7));
    expect(readNpy(writeNpy(Float32Array.of(4), []), { dtype: 'f32', shape: [] })).toEqual(Float32Array.of(4));
  });

  test('leading sizes of 1 may be left out, and other number types are converted', () => {
    expect(readNpy(npy(six, [2, 3]), f32)).toEqual(six);
    expect(readNpy(npy(Float64Array.from([1, 2, 3, 4, 5, 0.1]), [2, 3]), f32)).toEqual(
      Float32Array.of(1, 2, 3, 4, 5, 0.1),
    );
    expect(readNpy(npy(BigInt64Array.of(1n, 2n), [2]), { dtype: 'i32', shape: [2] })).toEqual(Int32Array.of(1, 2));
    expect(readNpy(npy(Uint8Array.of(255, 0), [2]), { dtype: 'f32', shape: [1, 2] })).toEqual(Float32Array.of(255, 0));
  });

  test.each<[string, Uint8Array, string]>([
    ['another shape', npy(six, [3, 2]), 'has shape [3, 2], and the input takes [1, 2, 3]'],
    ['no numpy file', Uint8Array.of(1, 2, 3), 'is not an .npy file that can be read'],
    ['an empty file', new Uint8Array(), 'is not an .npy file that can be read'],
    ['a file that is cut off', npy(six, [2, 3]).slice(0, -8), 'holds 4 numbers, and its shape says 6'],
    ['a file with more than it says', npy(new Float32Array(8), [2, 3]), 'holds 8 numbers, and its shape says 6'],
  ])('%s', (_, bytes, why) => {
    expect(readNpy(bytes, f32)).toBe(why);
  });

  test('floats are not cut down to integers in silence', () => {
    expect(readNpy(npy(Float32Array.of(1.5), [1]), { dtype: 'i32', shape: [1] })).toBe(
      'holds floats, and the input takes i32: save it with astype("int32")',
    );
  });

  test('Fortran order is named, with what to do', () => {
    const text = Buffer.from(npy(six, [2, 3]))
      .toString('latin1')
      .replace("'fortran_order':False", "'fortran_order':True ");
    expect(readNpy(Buffer.from(text, 'latin1'), f32)).toBe('is in Fortran order: save it with numpy.ascontiguousarray');
  });
});

describe('pictures', () => {
  const unit = { low: 0, high: 1 };
  const picture = (channels: number, data: readonly number[]): Uint8Array =>
    encode({ width: 2, height: 1, channels, data: Uint8Array.from(data) });

  test('red, green and blue as they stand, black and white at the ends of the range', () => {
    const png = picture(3, [0, 255, 51, 255, 0, 0]);
    expect(readPng(png, [1, 1, 2, 3], unit)).toEqual(Float32Array.of(0, 1, 0.2, 1, 0, 0));
    expect(readPng(png, [1, 1, 2, 3], { low: -1, high: 1 })).toEqual(Float32Array.of(-1, 1, 51 / 127.5 - 1, 1, -1, -1));
    expect(readPng(png, [1, 1, 2, 3], { low: 0, high: 255 })).toEqual(Float32Array.of(0, 255, 51, 255, 0, 0));
  });

  test('grey becomes colour, opaque alpha goes, alpha comes where it is wanted', () => {
    expect(readPng(picture(1, [0, 255]), [1, 1, 2, 3], unit)).toEqual(Float32Array.of(0, 0, 0, 1, 1, 1));
    expect(readPng(picture(4, [255, 0, 0, 255, 0, 0, 255, 255]), [1, 1, 2, 3], unit)).toEqual(
      Float32Array.of(1, 0, 0, 0, 0, 1),
    );
    expect(readPng(picture(3, [255, 0, 0, 0, 0, 255]), [1, 1, 2, 4], unit)).toEqual(
      Float32Array.of(1, 0, 0, 1, 0, 0, 1, 1),
    );
  });

  test('sixteen bits a channel', () => {
    const png = encode({ width: 1, height: 1, channels: 1, depth: 16, data: Uint16Array.of(65535) });
    expect(readPng(png, [1, 1, 1, 1], unit)).toEqual(Float32Array.of(1));
  });

  test.each<[string, Uint8Array, number[], string]>([
    [
      'another size',
      picture(3, [0, 0, 0, 0, 0, 0]),
      [1, 224, 224, 3],
      'is 2 x 1 pixels, and the input takes 224 x 224: scale it first',
    ],
    [
      'colour for grey',
      picture(3, [0, 0, 0, 0, 0, 0]),
      [1, 1, 2, 1],
      'is in colour, and the input takes one channel: make it grey first',
    ],
    ['an input that is no picture', picture(1, [0, 0]), [1, 2], 'is a picture, and the input takes [1, 2]'],
    [
      'glass',
      picture(4, [0, 0, 0, 255, 0, 0, 0, 7]),
      [1, 1, 2, 3],
      'is transparent in places: lay it on a background first',
    ],
    ['no picture', new Uint8Array(100), [1, 1, 2, 3], 'is not a PNG file'],
    [
      'half a picture',
      picture(3, [9, 8, 7, 6, 5, 4]).slice(0, 45),
      [1, 1, 2, 3],
      'is damaged, or a kind of PNG that cannot be read',
    ],
  ])('%s', (_, bytes, shape, why) => {
    expect(readPng(bytes, shape, unit)).toBe(why);
  });

  test('ranges', () => {
    expect(parseRange('-1..1')).toEqual({ low: -1, high: 1 });
    expect(parseRange('0..0.5')).toEqual({ low: 0, high: 0.5 });
    for (const text of ['1..0', '0-1', '', '..', '1..1', 'a..b']) expect(parseRange(text), text).toBeUndefined();
  });
});

describe('--input', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'espalier-inputs-'));
    writeFileSync(join(folder, 'two.npy'), npy(Float32Array.of(1, 2), [2]));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const port = (name: string): ManifestPort => ({ name, dtype: 'f32', shape: [2] });
  const read = (
    specs: readonly string[],
    ports: readonly ManifestPort[],
  ): { values: Named | undefined; said: readonly string[] } => {
    const said: Diagnostic[] = [];
    const values = readInputs(specs, ports, { low: 0, high: 1 }, (d) => void said.push(d));
    return { values, said: said.map(({ message, hint }) => `${message} (${hint})`) };
  };

  test('by name, by seed, and without a name where there is one input', () => {
    const { values, said } = read([`x=${folder}/two.npy`, 'y=random:7'], [port('x'), port('y')]);
    expect(said).toEqual([]);
    expect(values?.x).toEqual(Float32Array.of(1, 2));
    expect(values?.y).toHaveLength(2);
    expect(read([`${folder}/two.npy`], [port('x')]).values).toEqual({ x: Float32Array.of(1, 2) });
    expect(read(['random:3'], [port('x')]).values).toEqual(read(['x=random:3'], [port('x')]).values);
  });

  test('names may hold anything, an equals sign too', () => {
    const ports = [port('a'), port('a=b'), port('__proto__'), port('tower_0/images')];
    const specs = ['a=random:1', 'a=b=random:2', '__proto__=random:3', 'tower_0/images=random:4'];
    const { values, said } = read(specs, ports);
    expect(said).toEqual([]);
    expect(Object.keys(values ?? {})).toEqual(ports.map((p) => p.name));
  });

  test('every problem is named at once', () => {
    expect(
      read(['imput=random:1', 'y=random:1', 'y=random:1', 'z=photo.jpg'], [port('input'), port('y'), port('z')]).said,
    ).toEqual([
      'the model has no input "imput" (did you mean "input"? its inputs are "input", "y", "z")',
      'the input "y" is given twice (give it once)',
      'the input "z": "photo.jpg" is no .npy or .png file, and no random:SEED (give NAME=FILE.npy, NAME=FILE.png or NAME=random:SEED)',
    ]);
    expect(read(['x=random:1'], [port('x'), port('y')]).said).toEqual([
      'the input "y" is missing: f32 [2] (--input y=FILE.npy, FILE.png or random:SEED)',
    ]);
    expect(read(['x=nowhere.npy'], [port('x')]).said).toEqual([
      'the input "x": "nowhere.npy" cannot be read: there is no such file or folder (check the path)',
    ]);
  });
});
