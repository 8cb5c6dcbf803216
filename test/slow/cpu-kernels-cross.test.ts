/** The kernels of the cpu target on other CPUs, emulated, against the meaning of the operators. */
import { expect, test } from 'vitest';
import { kernels } from '../../targets/cpu/kernels/index.ts';
import { cases } from '../cpu-kernels/cases.ts';
import { programOf, runProgram } from '../cpu-kernels/kit.ts';
import { distance, meaning } from '../ops/law.ts';

const all = Object.entries(cases).flatMap(([kernel, list]) => list.map((c) => ({ ...c, kernel })));

const builds = [
  {
    cpu: 'Arm with NEON',
    compiler: 'aarch64-linux-gnu-gcc',
    flags: ['-O3', '-static', '-ffp-contract=fast'],
    emulator: ['qemu-aarch64'],
  },
  {
    cpu: 'RISC-V without vectors',
    compiler: 'riscv64-linux-gnu-gcc',
    flags: ['-O2', '-static', '-march=rv64gc', '-ffp-contract=fast'],
    emulator: ['qemu-riscv64'],
  },
];

const program = programOf(all, kernels);

test.each(builds)('kernels compute what operators mean: $cpu', (build) => {
  const got = runProgram(program, { ...build, routinesAlone: true });
  const faults = all.flatMap((c, i) => {
    const apart = distance(got[i], meaning(c));
    return apart < 2e-6 ? [] : [`${c.kernel}, ${c.title}: ${apart}`];
  });
  expect(faults).toEqual([]);
});
