/** Threads of blocks that use a place at once, as the thread sanitizer sees them; blocks of clusters; what is seen without sanitizers. */
import { describe, expect, test } from 'vitest';
import { installed } from '../cpu-build.ts';
import { addresses, races, shimFolder, shimProgram } from '../cuda-shim.ts';

test.skipIf(!installed('g++'))('a missing barrier is told of, and none that is there', () => {
  const program = shimProgram(`${shimFolder}program.cu`, ['-O1', ...races]);
  const first = { environment: { TSAN_OPTIONS: 'halt_on_error=1' } };
  const race = program(['race'], first);
  expect(race.code).not.toBe(0);
  expect(race.said).toMatch(/data race[\s\S]*reverse\(float4 const\*, float4\*, bool\)/);
  const shuffled = program(['shuffled'], first);
  expect(shuffled.code).not.toBe(0);
  expect(shuffled.said).toMatch(/data race[\s\S]*neighbours\(float\*, bool\)/);
  for (const part of ['reverse', 'sums', 'shuffles', 'neighbours', 'graph', 'count']) {
    const { code, said } = program([part]);
    expect([part, code, said]).toEqual([part, 0, '']);
  }
});

test.skipIf(!installed('g++'))('copies and products of warpgroups are in the order that barriers make', () => {
  const program = shimProgram(`${shimFolder}wgmma-pipeline.cu`, ['-O1', ...races]);
  for (const order of ['forward', 'backward', 'random'])
    for (const copies of ['early', 'late']) {
      const environment = { CUDA_SHIM_ORDER: order, CUDA_SHIM_COPIES: copies };
      const { code, out, said } = program(['nothing'], { environment });
      expect([order, copies, code, out.toString(), said]).toEqual([order, copies, 0, '0 of 8192\n', '']);
    }
  const halting = { environment: { TSAN_OPTIONS: 'halt_on_error=1' } };
  for (const part of ['unsynchronised', 'peeking', 'readLate']) {
    const { code, said } = program([part], halting);
    expect([part, code === 0, said]).toEqual([part, false, expect.stringMatching(/data race/)]);
  }
});

test.skipIf(!installed('g++'))(
  'numbers of products lie where the PTX ISA has them, and nothing else is touched',
  () => {
    const { code, out, said } = shimProgram(`${shimFolder}wgmma-layout.cu`, ['-O0', ...addresses])([]);
    expect([code, said]).toEqual([0, '']);
    expect(out.toString().match(/: 0 of \d+\n/g)).toHaveLength(5);
  },
);

test.skipIf(!installed('g++'))('without sanitizers, sums of products are no numbers until they are waited for', () => {
  const program = shimProgram(`${shimFolder}wgmma-pipeline.cu`, ['-O2']);
  expect(program(['nothing']).out.toString()).toBe('0 of 8192\n');
  expect(program(['readSums']).out.toString()).toBe('8192 of 8192\n');
  expect(program(['writtenSums']).said).toContain('sums of a product were written before it was waited for');
});

describe.skipIf(!installed('g++'))('blocks of a cluster', () => {
  const odd = 'cudaErrorInvalidConfiguration: invalid configuration argument\n';
  test.each([
    ['addresses', addresses],
    ['races', races],
  ])('run at once, each with its shared memory, and tell each other: %s', (_, flags) => {
    const program = shimProgram(`${shimFolder}wgmma-cluster.cu`, ['-O1', ...flags]);
    for (const order of ['forward', 'backward', 'random'])
      for (const copies of ['early', 'late']) {
        const environment = { CUDA_SHIM_ORDER: order, CUDA_SHIM_COPIES: copies };
        const { code, out, said } = program(['nothing'], { environment });
        expect([order, copies, code, out.toString(), said]).toEqual([order, copies, 0, `${odd}0 of 16384\n`, '']);
      }
    for (const [wrong, told] of [
      ['unmet', 'no barrier was initialised there'],
      ['leaving', 'a block is told that has ended'],
      ['freeingOwn', 'a copy goes to where a product reads that was not waited for'],
      ['elsewhere', 'threads wait for each other for ever'],
      ['third', 'the cluster has no such block'],
      ['wholeColumns', 'a phase ends with copies on their way: fewer bytes are expected than are copied'],
    ]) {
      const { code, said } = program([wrong]);
      expect([wrong, code, said]).toEqual([wrong, 86, expect.stringContaining(told)]);
    }
    const racing = program(['racing'], { environment: { TSAN_OPTIONS: 'halt_on_error=1' } });
    expect(racing.said.includes('data race')).toBe(flags === races);
  });
});
