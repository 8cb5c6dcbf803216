/** Threads of blocks that use a place at once, as the thread sanitizer sees them. */
import { expect, test } from 'vitest';
import { installed } from '../cpu-build.ts';
import { races, shimFolder, shimProgram } from '../cuda-shim.ts';

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
