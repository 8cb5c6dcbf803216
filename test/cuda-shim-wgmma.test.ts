/** Products of warpgroups in the shim that runs CUDA on this machine: where their numbers lie, and what would be wrong on a GPU. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { installed } from './cpu-build.ts';
import type { Program } from './cuda-shim.ts';
import { shimFolder, shimProgram } from './cuda-shim.ts';

describe.skipIf(!installed('g++'))('products of warpgroups', () => {
  let layout: Program;
  let pipeline: Program;
  const removals: (() => void)[] = [];
  beforeAll(() => {
    const built = (name: string, flags: readonly string[]): Program =>
      shimProgram(`${shimFolder}wgmma-${name}.cu`, ['-O0', ...flags], (remove) => removals.push(remove));
    layout = built('layout', []);
    pipeline = built('pipeline', ['-fsanitize=address']);
  });
  afterAll(() => {
    for (const remove of removals) remove();
  });

  const wrongSums = (broken: readonly string[]): readonly number[] => {
    const { code, out, said } = layout(broken);
    expect([code, said]).toEqual([0, '']);
    return Array.from(out.toString().matchAll(/: (\d+) of \d+$/gm), ([, n]) => Number(n));
  };

  test('find numbers where the PTX ISA has them, and nowhere else', () => {
    expect(wrongSums([])).toEqual([0, 0, 0, 0, 0]);
    // Without swizzle, with rows and columns of sums exchanged, with places in other lanes, with places in other halves.
    const [unswizzled, turned, lanes, halves] = ['1', '2', '3', '4'].map((broken) => wrongSums([broken]));
    const share = [512, 4096, 12288, 4096, 16384].map((sums) => sums / 4);
    for (const wrong of [unswizzled, turned]) expect(wrong.filter((n, i) => n < share[i])).toEqual([]);
    for (const wrong of [lanes, halves]) {
      expect(wrong.slice(0, 3)).toEqual([0, 0, 0]);
      expect(wrong.slice(3).filter((n, i) => n < share[3 + i])).toEqual([]);
    }
  });

  test.each(['forward', 'backward', 'random'])('follow copies through stages, %s', (order) => {
    for (const copies of ['early', 'late']) {
      const environment = { CUDA_SHIM_ORDER: order, CUDA_SHIM_COPIES: copies };
      const { code, out, said } = pipeline(['nothing'], { environment });
      expect([code, out.toString(), said]).toEqual([0, '0 of 8192\n', '']);
    }
  });

  const here = (instruction: string, of: string): string =>
    `\\n {2}thread \\(\\d+, 0, 0\\) in ${instruction} of ${of} at .*:\\d+\\n`;
  const arrives = here('mbarrier.arrive.expect_tx', 'produce');
  const copies = here('cp.async.bulk', 'produce');
  const products = here('wgmma.mma_async', 'multiply');
  const waits = here('wgmma.wait_group', 'consume');
  const stuck = 'threads wait for each other for ever\n';
  test.each([
    ['registers', `ask for more registers than there are, 65536${here('setmaxnreg.inc', 'pipeline')}`],
    ['uninitialised', `no barrier was initialised there${here('mbarrier.try_wait.parity', 'produce')}`],
    ['initialisedTwice', `a barrier is initialised twice${here('mbarrier.init', 'pipeline')}`],
    ['unaligned', 'a barrier is not 8 aligned bytes'],
    ['unfenced', `copies tell a barrier that was not fenced after it was initialised${copies}`],
    ['overwritten', `a barrier was written over${arrives}`],
    ['overtaking', `more threads arrive at a barrier than it counts${arrives}`],
    ['noBytes', `shared memory was written while a product read it${waits}`],
    ['fewBytes', stuck],
    [
      'manyBytes',
      `${stuck}[^]*in phase 0 of the barrier at byte 49152 of shared memory 0 of 1 have yet to arrive, and 16 bytes to come`,
    ],
    ['oddSource', `a bulk copy is not aligned to 16 bytes${copies}`],
    ['oddSize', `a bulk copy is not of 16 bytes or a multiple${copies}`],
    ['outside', `a bulk copy ends outside dynamic shared memory${copies}`],
    ['unfencedSums', `no wgmma.fence between its own use of sums and a product's${products}`],
    ['unproxied', `reads what threads wrote with no fence.proxy.async behind it${products}`],
    ['writtenBefore', `goes to where threads wrote with no fence.proxy.async behind it${copies}`],
    ['unalignedMatrix', `a matrix of products is not aligned to 1024 bytes${here('wgmma_descriptor', 'multiply')}`],
    ['beyondRows', `a product reads beyond rows of 128 bytes${products}`],
    ['absentWarp', `threads of a warpgroup do different things${waits.slice(0, -2)}${products}`],
    ['otherWarp', `threads of a warpgroup do different things${products.slice(0, -2)}${products}`],
    ['otherMatrix', `threads of a warpgroup have different descriptors${products}`],
    ['writtenOperand', `shared memory was written while a product read it${waits}`],
    ['releasedEarly', `a copy goes to where a product reads that was not waited for${copies}`],
    [
      'arrivedTwice',
      `a thread arrives, and nobody has waited for the phase before${here('mbarrier.arrive', 'consume')}`,
    ],
    ['uncommitted', `a copy goes to where a product reads that was not waited for${copies}`],
    ['readSums', 'use-after-poison[^]*READ of size 4[^]* in consume'],
    ['writtenSums', 'use-after-poison[^]*WRITE of size 4[^]* in consume'],
    ['unwaited', 'the block ends with products that nobody waited for'],
    ['otherShape', `products of different shapes add to the same sums with no wgmma.fence between them${products}`],
    ['badPlaces', 'places of sparse weights are none'],
    ['copiedOn', 'a phase ends with copies on their way: fewer bytes are expected than are copied'],
  ])('a program with something wrong says so: %s', (wrong, said) => {
    const ran = pipeline([wrong]);
    expect(ran.code).not.toBe(0);
    expect(ran.said).toMatch(new RegExp(said));
  });

  test('barriers that are used before they are initialised are found where their threads come first', () => {
    const { code, said } = pipeline(['unsynchronised'], { environment: { CUDA_SHIM_ORDER: 'backward' } });
    expect([code, said]).toEqual([86, expect.stringContaining('no barrier was initialised there')]);
  });
});
