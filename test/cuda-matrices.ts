/** Products of what is computed, and attention, on tensor cores: as one program for this machine, against their meaning. */
import type { Named } from '../src/graph/evaluate.ts';
import { evaluate } from '../src/graph/evaluate.ts';
import type { Graph } from '../src/graph/graph.ts';
import { randomInputs } from '../src/graph/samples.ts';
import type { Kernel } from '../src/plan/kernel.ts';
import { errorOf, isArithmetic } from '../targets/cuda/arithmetic.ts';
import { tensorAttention } from '../targets/cuda/kernels/tensor-attention.ts';
import { tensorMatmul } from '../targets/cuda/kernels/tensor-matmul.ts';
import type { AttentionTile } from '../targets/cuda/tensor/attention-tiles.ts';
import { attentionTiles } from '../targets/cuda/tensor/attention-tiles.ts';
import type { Element } from '../targets/cuda/tensor/elements.ts';
import { elements } from '../targets/cuda/tensor/elements.ts';
import { matrixTiles } from '../targets/cuda/tensor/matrices.ts';
import type { Program } from './cuda-kit.ts';
import { programOf, runProgram } from './cuda-kit.ts';
import { together } from './cuda-layers.ts';
import { stored } from './cuda-weights.ts';
import { distance } from './ops/law.ts';
import type { Case } from './webgpu-cases-lines.ts';
import { attending, lineCases, product } from './webgpu-cases-lines.ts';

interface MatrixCase extends Case {
  readonly element: Element;
  readonly kernel: Kernel;
  /** What of max |a - b| / max |b| is allowed. */
  readonly bound: number;
}

/** Of numbers that elements hold, so that only the order of sums differs. */
const matmul = (element: Element, { title, graph }: Case, tile?: number): MatrixCase => ({
  ...{ title, graph, element, bound: 2e-6 },
  kernel: tensorMatmul(element, tile === undefined ? undefined : () => matrixTiles[tile]),
});

/** Shares are rounded as well. */
const attention = (element: Element, { title, graph }: Case, shape?: number): MatrixCase => ({
  ...{ title, graph, element, bound: isArithmetic(element.name) ? errorOf[element.name] : 0 },
  kernel: tensorAttention(
    element,
    shape === undefined ? undefined : (sides, own): AttentionTile | undefined => attentionTiles(sides, own)[shape],
  ),
});

const { f16, bf16, tf32 } = elements;

export const matrixCases: readonly MatrixCase[] = [
  ...lineCases.matmul.map((one) => matmul(f16, one)),
  matmul(f16, product([130, 45], [45, 140]), 0),
  matmul(f16, product([36, 132], [36, 136], true), 0),
  matmul(f16, product([2, 70, 68], [2, 72, 68], false, true), 1),
  matmul(bf16, product([2, 3, 35, 21], [2, 3, 21, 40])),
  matmul(bf16, product([40, 36], [44, 40], true, true), 1),
  matmul(tf32, product([33, 17], [9, 33], true, true)),
  matmul(tf32, product([2, 3, 35, 21], [21, 40])),
  matmul(tf32, product([36, 132], [36, 130], true), 0),
  matmul(tf32, product([70, 40], [80, 40], false, true), 1),
  ...lineCases.attention.map((one) => attention(f16, one)),
  attention(f16, attending('a fixed head of 64', [1, 140, 128], [1, 70, 128], 2), 0),
  attention(f16, attending('a head of 128', [1, 70, 128], [1, 65, 128], 1), 1),
  attention(f16, attending('one query', [2, 1, 64], [2, 200, 64], 2)),
  attention(f16, attending('one key', [1, 20, 20], [1, 1, 34], 2)),
  attention(f16, attending('deep keys and narrow values', [1, 18, 192], [1, 35, 14], 2)),
  attention(f16, attending('values that are wider than a warp holds', [1, 9, 8], [1, 10, 264], 2)),
  attention(bf16, attending('bf16, a mask', [1, 70, 96], [1, 67, 144], 2, [70, 67])),
  attention(tf32, attending('tf32, a mask', [1, 70, 8], [1, 67, 144], 2, [70, 67])),
  attention(tf32, attending('tf32, a head of 64', [1, 140, 64], [1, 33, 64], 1), 0),
];

const caseOf = (cases: readonly MatrixCase[], id: string): MatrixCase | undefined =>
  cases[Number(/^c(\d+)_/.exec(id)?.[1])];

/** Each case by its own. */
export const matrixProgram = (cases: readonly MatrixCase[]): Program =>
  programOf(together(cases), [
    {
      ...{ name: 'tensor', doc: 'what each case wants' },
      match: (site) => caseOf(cases, site.call.id)?.kernel.match(site) ?? 'takes cases alone',
    },
  ]);

function numbersFor(cases: readonly MatrixCase[], graph: Graph): Named {
  return Object.fromEntries(
    Object.entries(randomInputs(graph, 7)).map(([name, data]) => {
      const one = caseOf(cases, name);
      return [name, one && data instanceof Float32Array ? stored(data, one.element) : data];
    }),
  );
}

/** What is wrong with what is computed. */
export function matrixFaults(cases: readonly MatrixCase[], flags: readonly string[]): readonly string[] {
  const graph = together(cases);
  const program = matrixProgram(cases);
  const inputs = numbersFor(cases, graph);
  const got = runProgram(program, inputs, flags);
  const want = evaluate(graph, inputs);
  const refused = program.plan.steps.flatMap(({ call, work, refused: why }) =>
    work.kind === 'loops' && call.id.endsWith('_out') ? [`${call.id}: ${why.map((r) => r.reason).join('; ')}`] : [],
  );
  return [
    ...refused,
    ...cases.flatMap(({ title, element, bound }, i) => {
      const apart = distance(got[`c${i}_out`], want[`c${i}_out`]);
      return apart <= bound ? [] : [`${element.name}, ${title}: ${apart}`];
    }),
  ];
}

/** Small layers for every way to cut products, and heads of some widths. bf16 is cut as f16 is. */
export const everyCut = (): readonly MatrixCase[] =>
  [f16, tf32].flatMap((element) => [
    ...matrixTiles.flatMap((_, tile) =>
      [product([16, 16], [16, 16]), product([17, 17], [17, 17], true, true)].map((one) => matmul(element, one, tile)),
    ),
    ...[64, 128].flatMap((wide) =>
      attentionTiles({ deep: wide, wide }, element).flatMap((_, shape) => [
        attention(element, attending('', [1, 8, wide], [1, 8, wide], 1, [8, 8]), shape),
        attention(element, attending('', [1, 8, wide - 1], [1, 8, wide - 1], 1), shape),
      ]),
    ),
  ]);
