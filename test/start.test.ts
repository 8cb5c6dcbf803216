/** What `npm start` shows: the numbers of the detector read rightly, and the whole example, which is its own test. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { decode } from 'fast-png';
import { parse } from 'npyjs';
import { beforeAll, describe, expect, test } from 'vitest';
import { bestPerson, drawPerson } from '../examples/person.ts';
import { ensureBuilt } from './cli-kit.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const file = readFileSync(`${root}examples/blazepose-detector/expected.npy`);
const expected = parse(Uint8Array.from(file).buffer).data as Float32Array;

describe('the detector', () => {
  test('finds the person where README.md in examples/ says', () => {
    const { score, face } = bestPerson(expected);
    expect(score).toBeCloseTo(0.83, 2);
    expect(face.x).toBeCloseTo(91.9, 1);
    expect(face.y).toBeCloseTo(71.7, 1);
    expect(face.width).toBeCloseTo(44.9, 1);
  });

  test('draws on a copy, and within the picture', () => {
    const { data } = decode(readFileSync(`${root}examples/person.png`));
    const before = Uint8Array.from(data);
    const drawn = drawPerson(before, bestPerson(expected));
    expect(before).toEqual(Uint8Array.from(data));
    const changed = drawn.filter((v, i) => v !== before[i]).length;
    expect(changed).toBeGreaterThan(200);
    expect(changed).toBeLessThan(2000);
  });
});

describe('npm start', () => {
  let out: string;
  beforeAll(() => {
    ensureBuilt();
    const { status, stdout, stderr } = spawnSync(process.execPath, ['dist/examples/start.js'], {
      cwd: root,
      encoding: 'utf8',
    });
    expect([status, stderr]).toEqual([0, '']);
    out = stdout;
  });

  test('says how small the model became', () => {
    const [, percent, code] = /(\d+) % of the weights alone, ([\d.]+) kB of it code/.exec(out) ?? [];
    expect(Number(percent)).toBeLessThanOrEqual(37);
    // All kernels twice, in relaxed SIMD as well, and the taps of depthwise filters are code.
    expect(Number(code)).toBeLessThanOrEqual(66);
  });

  test('compares with the reference, with TensorFlow.js, and with what was recorded', () => {
    const errors = Array.from(out.matchAll(/against .* (\S+e-\d+) +at most (\S+)/g), (m) => [
      Number(m[1]),
      Number(m[2]),
    ]);
    expect(errors).toHaveLength(3);
    for (const [error, most] of errors) expect(error).toBeLessThanOrEqual(most);
  });

  test('says where things are and how long they take', () => {
    expect(out).toMatch(/tfjs-backend-wasm 4\.22\.0 +[\d.]+ m?s\n/);
    expect(out).toMatch(/espalier +[\d.]+ m?s +[\d.]+ times as fast\n/);
    expect(out).toContain(
      'a person, score 0.83: face at (91.9, 71.7), 44.9 pixels wide; drawn in examples/out/person.png',
    );
  });
});
