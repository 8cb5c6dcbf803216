/** Products of what is computed, and attention, on tensor cores, as files are emitted, on this machine's processor: some; all with the slow tests. */
import { expect, test } from 'vitest';
import { lower } from '../src/plan/lower.ts';
import type { Arithmetic } from '../targets/cuda/arithmetic.ts';
import { cuda } from '../targets/cuda/target.ts';
import { installed } from './cpu-build.ts';
import { matrixCases, matrixFaults } from './cuda-matrices.ts';
import { attending, product } from './webgpu-cases-lines.ts';

/** Every element type, lines and turned ones, ragged and not, masks, several blocks of queries and of keys. */
const quick = /^2x3x35x21 by 21|^36x132 by 36x130|^two heads|^tf32, a mask|^bf16, a mask/;

test.skipIf(!installed('g++'))('products and attention in fewer bits mean what they do', () => {
  const some = matrixCases.filter(({ title }) => quick.test(title));
  expect(some.length).toBe(5);
  expect(matrixFaults(some, ['-O0'])).toEqual([]);
});

const both = [product([3, 12, 16], [16, 17]), attending('', [1, 9, 8], [1, 10, 264], 2)].map(({ graph }) => graph);

test.each<readonly [Arithmetic, string, string]>([
  ['f16', 'sm_80,sm_90', 'tensor-'],
  ['tf32', 'sm_120', 'tensor-'],
  ['f32', 'sm_80', ''],
  ['bf16', 'sm_75,sm_80', ''],
])('in %s on %s they go to "%s…"', (arithmetic, arch, first) => {
  const taken = both.map((graph) => lower(graph, cuda.target({ arch, arithmetic }).kernels).steps.at(-1)?.work);
  expect(taken).toMatchObject([{ kernel: `${first}matmul` }, { kernel: `${first}attention` }]);
});
