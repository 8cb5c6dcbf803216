/** Weights of which whole tiles are left out: how rows and segments are arranged, what is packed, and what layers compute on this machine's processor. */
import { describe, expect, test } from 'vitest';
import { evaluate } from '../src/graph/evaluate.ts';
import { lower } from '../src/plan/lower.ts';
import type { Matrix } from '../src/tensor/matrix.ts';
import { matrix } from '../src/tensor/matrix.ts';
import { arrange } from '../targets/cuda/tensor/blocks-arrange.ts';
import { countsOfBands, countsPromised } from '../targets/cuda/tensor/blocks-counts.ts';
import { countBits, has, liveTiles } from '../targets/cuda/tensor/blocks-live.ts';
import type { BlocksPacking } from '../targets/cuda/tensor/blocks-packing.ts';
import { packBlocks } from '../targets/cuda/tensor/blocks-packing.ts';
import { depthOf, pitchOf, spread } from '../targets/cuda/tensor/depth.ts';
import type { Element } from '../targets/cuda/tensor/elements.ts';
import { elements } from '../targets/cuda/tensor/elements.ts';
import { wordAt } from '../targets/cuda/tensor/fragments.ts';
import type { Tile } from '../targets/cuda/tensor/tiles.ts';
import { blockTiles } from '../targets/cuda/tensor/tiles.ts';
import { offersFor } from '../targets/cuda/tensor/ways.ts';
import { wideBlocksOffers, wideBlocksPromised } from '../targets/cuda/warpgroup/blocks-estimate.ts';
import { clustersOf, packWideBlocks } from '../targets/cuda/warpgroup/blocks-packing.ts';
import { wideBlocksTiles } from '../targets/cuda/warpgroup/blocks-tiles.ts';
import { wideOffers } from '../targets/cuda/warpgroup/offers.ts';
import { installed } from './cpu-build.ts';
import { anywhere, blocksCases, blocksGraph, blocksKernels } from './cuda-blocks.ts';
import { wideBlocksCases, wideBlocksFaults, wideBlocksGraph, wideBlocksKernels } from './cuda-blocks-wide.ts';
import { programOf, runProgram } from './cuda-kit.ts';
import type { Live } from './cuda-tensor.ts';
import { everything } from './cuda-tensor.ts';
import { maskOf, random, stored } from './cuda-weights.ts';
import { distance } from './ops/law.ts';

const taps = { across: 3, dilation: [1, 1], width: 10 };

const weightsOf = (rows: number, perTap: number, element: Element, live: Live): Matrix => {
  const value = (row: number, column: number): number =>
    live(row, Math.floor(column / perTap), column % perTap) ? random(row * 1000 + column, 2) || 1 : 0;
  return matrix(rows, 9 * perTap, perTap, stored(maskOf(rows, 9 * perTap, value), element));
};

const patterns: readonly (readonly [string, Live])[] = [
  ['anywhere', anywhere(0.2)],
  ['of 64 rows', anywhere(0.3, 64, 32)],
  ['almost everywhere', anywhere(0.9)],
  ['in some rows', (row, _, channel) => row % 96 < 32 && channel < 40],
  ['nowhere', () => false],
  ['in one place', (row, tap, channel) => row === 77 && tap === 4 && channel === 33],
];

describe.each(patterns)('weights %s', (_, live) => {
  const m = weightsOf(330, 72, elements.f16, live);
  const tiles = liveTiles(m, elements.f16);

  test.each(blockTiles.map((tile) => [`${tile.rows}x${tile.pixels}`, tile] as const))(
    'are arranged in %s',
    (_, tile) => {
      const bands = arrange(tiles, tile);
      expect(bands.length).toBe(Math.ceil(330 / tile.rows));
      const lines = bands.flatMap((band) => band.lines).filter((line) => line >= 0);
      expect(lines.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 21 }, (_, i) => i));
      for (const band of bands) {
        const needed = (segment: number) =>
          band.lines.filter((line) => line >= 0 && has(tiles.lines[line], segment)).length;
        const all = Array.from({ length: tiles.segments }, (_, s) => s).filter((s) => needed(s) > 0);
        expect(band.steps.flat().toSorted((a, b) => a - b)).toEqual(all);
        for (const step of band.steps) {
          expect(step.length).toBeLessThanOrEqual(4);
          expect(step.reduce((sum, s) => sum + needed(s), 0)).toBeLessThanOrEqual(tile.most ?? 0);
        }
      }
    },
  );
});

/** All weights that a packing has, by rows and by columns of `depth`. */
function unpacked(p: BlocksPacking, rows: number, tile: Tile, element: Element): Uint32Array {
  const perRow = (p.depth.columns * element.bytes) / 4;
  const all = new Uint32Array(rows * perRow);
  const { padded, taps: tapCount } = p.depth;
  const inPiece = 16 / element.bytes;
  // Which segment pieces are of: by what they say of their place.
  const pitch = pitchOf(p.depth, element);
  const segmentOf = (offset: number, tap: number): number => {
    const number = (tap & 0xffff) * taps.across + (tap >> 16);
    if (number >= tapCount) throw new Error(`there is no tap ${number}`);
    const first = offset - ((tap & 0xffff) * taps.width + (tap >> 16)) * pitch;
    return (number * (padded / inPiece) + first) / 2;
  };
  for (let band = 0; band + 1 < p.begins.length; band++)
    for (let step = p.begins[band]; step < p.begins[band + 1]; step++) {
      const at = 4 * p.starts[step];
      let next = at + 8;
      const inWarp = tile.rowsPerWarp / 16;
      for (let down = 0; down < tile.rows / tile.rowsPerWarp; down++) {
        if (p.weights[at + 4 + down] !== (next - at - 8) / 128) throw new Error(`warps ${down} begin elsewhere`);
        for (let s = 0; s < 4; s++)
          for (let i = down * inWarp; i < (down + 1) * inWarp; i++) {
            if (((p.weights[at + s] >>> i) & 1) === 0) continue;
            const [offset, tap] = p.list.subarray(16 * step + 4 * s);
            const line = p.rowTiles[(band * tile.rows) / 16 + i];
            for (let row = 0; row < 16; row++)
              for (let w = 0; w < 8; w++) {
                const to = (16 * line + row) * perRow + 8 * segmentOf(offset, tap) + w;
                all[to] = p.weights[next + wordAt({ rows: 16, segments: 1, extra: 0 }, row, w)];
              }
            next += 128;
          }
      }
      if (next !== 4 * p.starts[step + 1]) throw new Error(`step ${step} ends elsewhere`);
    }
  return all;
}

test.each(Object.values(elements))('weights of $name come back, and are packed alike again', (element) => {
  const m = weightsOf(150, 40, element, anywhere(0.4, 16, 8));
  const depth = depthOf(m, element, 32 / element.bytes);
  const { rows, values } = spread(m, depth, 16);
  const expected = new Uint32Array(element.store(values).buffer);
  for (const tile of [blockTiles[1], blockTiles[5]]) {
    const packing = packBlocks(m, tile, element, taps);
    expect(Buffer.from(unpacked(packing, rows, tile, element).buffer).equals(Buffer.from(expected.buffer))).toBe(true);
    expect(packBlocks(m, tile, element, taps)).toEqual(packing);
  }
});

test('rows that need the same go together, and the heaviest come first', () => {
  const element = elements.f16;
  // Every fourth 16 rows need the same channels, and some need twice as many. A warp has two.
  const m = weightsOf(256, 128, element, (row, _, channel) => {
    const kind = (row >> 4) % 4;
    return kind === 1 ? channel < 64 : channel >> 5 === kind;
  });
  const [, , , , , tile] = blockTiles;
  const bands = arrange(liveTiles(m, element), tile);
  const kinds = bands.map(({ lines }) => lines.map((line) => line % 4).join(''));
  expect(kinds).toEqual(['11110000', '22332233']);
});

test('what is promised of blocks that are anywhere is near what is counted', () => {
  const m = matrix(
    1024,
    1024,
    1024,
    maskOf(1024, 1024, (row, column) => (anywhere(0.2)(row, 0, column) ? 1 : 0)),
  );
  const live = liveTiles(m, elements.f16);
  const kept = live.lines.reduce(
    (sum, line) => sum + Array.from({ length: 64 }, (_, s) => s).filter((s) => has(line, s)).length,
    0,
  );
  for (const tile of blockTiles) {
    const counted = countsOfBands(arrange(live, tile), live, tile);
    const promised = countsPromised(tile, 64, 64, kept / 64 / 64, 16);
    for (const key of ['steps', 'loaded', 'weightBytes'] as const)
      expect(
        Math.abs((promised[key] ?? 0) / (counted[key] ?? 1) - 1),
        `${key} of ${tile.rows}x${tile.pixels}`,
      ).toBeLessThan(0.2);
    expect(promised.live / counted.live).toBeGreaterThan(0.75);
    expect(promised.live / counted.live).toBeLessThan(1.25);
  }
});

test('each case has the cut that it asks for', () => {
  const { steps } = lower(blocksGraph(), blocksKernels());
  const names = steps.flatMap(({ work }) =>
    work.kind === 'routines' ? work.calls.map((c) => c.routine.name).filter((name) => name.startsWith('product')) : [],
  );
  expect(names.map((name) => name.split('-').slice(1, 4).join('-'))).toEqual(
    blocksCases().map(({ cut, element }) => `blocks-${element}-${cut}`),
  );
});

const unused = { unused: new Float32Array(1) };

test.skipIf(!installed('g++'))('layers compute what they mean', () => {
  const graph = blocksGraph();
  const want = evaluate(graph, unused);
  const got = runProgram(programOf(graph, blocksKernels()), unused, ['-O0']);
  const worse = blocksCases().flatMap(({ case: { title } }, i) => {
    const apart = distance(got[`case_${i}`], want[`case_${i}`]);
    return apart <= (got[`case_${i}`] instanceof Int32Array ? 0 : 2e-6) ? [] : [`${title}: ${apart}`];
  });
  expect(worse).toEqual([]);
});

describe('where copies in bulk bring steps', () => {
  const element = elements.f16;
  const m = matrix(
    700,
    200,
    200,
    maskOf(700, 200, (row, column) => (anywhere(0.4)(row, 0, column) ? row + 1 : 0)),
  );
  const live = liveTiles(m, element);

  test.each(wideBlocksTiles.map((tile) => [`${tile.rows}x${tile.pixels}x${tile.blocks}`, tile] as const))(
    'all tiles have a place in %s',
    (_, tile) => {
      const packing = packWideBlocks(m, tile, element);
      const clusters = clustersOf(live, tile);
      expect(packing.begins.length - 1).toBe(Math.ceil(700 / tile.rows / tile.blocks));
      const found = clusters.flatMap(({ bands, steps }) =>
        bands.flatMap((band) =>
          steps.flatMap((step) => {
            const own = step
              .filter((s) => s >= 0)
              .flatMap((s) => band.filter((l) => l >= 0 && has(live.lines[l], s)).map((l) => [l, s]));
            expect(own.length).toBeLessThanOrEqual(tile.most);
            return own.map(([l, s]) => l * live.segments + s);
          }),
        ),
      );
      const all = live.lines.flatMap((line, l) =>
        Array.from({ length: live.segments }, (_, s) => s)
          .filter((s) => has(line, s))
          .map((s) => l * live.segments + s),
      );
      expect(found.toSorted((a, b) => a - b)).toEqual(all);
      expect(packing.channels.length).toBe(packing.begins[packing.begins.length - 1]);
      expect(packing.starts.length).toBe(tile.blocks * packing.channels.length + 1);
    },
  );

  test('each case has the cut that it asks for', () => {
    const { steps } = lower(wideBlocksGraph(), wideBlocksKernels());
    const names = steps.flatMap(({ work }) =>
      work.kind === 'routines'
        ? work.calls.map((c) => c.routine.name).filter((name) => name.startsWith('product'))
        : [],
    );
    expect(names.map((name) => name.split('-').slice(3, 5).join('-'))).toEqual(
      wideBlocksCases().map(({ cut, element: name }) => `${name}-${cut}`),
    );
  });

  test.skipIf(!installed('g++'))('layers compute what they mean', () => expect(wideBlocksFaults(['-O0'])).toEqual([]));

  test('large layers are estimated to be faster, as is promised of their format, and small ones are not', () => {
    const size = 2048;
    const weights = matrix(
      size,
      size,
      size,
      maskOf(size, size, (row, column) => (anywhere(0.2)(row, 0, column) ? 1 : 0)),
    );
    const tiles = liveTiles(weights, element);
    const kept = tiles.lines.reduce((sum, line) => sum + countBits(line), 0);
    const promised = {
      lines: tiles.lines.length,
      segments: tiles.segments,
      r: 16,
      share: kept / tiles.lines.length / tiles.segments,
    };
    const ns = (pixels: number) => {
      const before = { launches: 0, bytes: 0 };
      const layer = { rows: size, pixels, bytes: 0, before };
      const own = { pixels, along: 'rows', plain: true, bytes: 0, before } as const;
      const { setting } = everything;
      const asked = { matrix: weights, element, size: own, sparse: true, room: 227 * 1024, setting };
      return {
        bulk: wideBlocksOffers(tiles, element, layer, setting)[0].estimate.ns,
        promise: wideBlocksPromised(promised, element, layer, setting)[0].estimate.ns,
        warps: offersFor(asked)[0].estimate.ns,
        dense: wideOffers('dense', 'tiles', { ...layer, columns: size }, setting)[0].estimate.ns,
      };
    };
    const [large, small] = [ns(8192), ns(16)];
    expect(large.bulk).toBeLessThan(Math.min(large.warps, large.dense));
    expect(Math.abs(large.promise / large.bulk - 1)).toBeLessThan(0.15);
    expect(small.bulk).toBeGreaterThan(small.warps);
  });
});
