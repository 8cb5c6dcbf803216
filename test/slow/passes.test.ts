/** Passes keep what the real models mean, on every target, and leave little between their layers. */
import { describe, expect, test } from 'vitest';
import { pipeline } from '../../passes/index.ts';
import { evaluate } from '../../src/graph/evaluate.ts';
import type { Graph } from '../../src/graph/graph.ts';
import { randomInputs } from '../../src/graph/samples.ts';
import { runPasses } from '../../src/pass.ts';
import { targets } from '../../targets/index.ts';
import { importReal } from '../import/model.ts';
import { modelNames } from '../models.ts';
import { largestError } from '../passes/compare.ts';

const count = ({ nodes }: Graph, kind: string, fn?: string): number =>
  nodes.filter((n) => n.kind === 'call' && n.op.kind === kind && (fn === undefined || ('fn' in n.op && n.op.fn === fn)))
    .length;

describe.each(modelNames)('%s', (name) => {
  const graph = importReal(name);
  const inputs = randomInputs(graph, 3);
  const want = evaluate(graph, inputs);

  test.each(targets.map((family) => family.target({})))('$name', (target) => {
    const after = runPasses(graph, pipeline(target), () => {});
    const { error, output } = largestError(want, evaluate(after, inputs));
    expect(error, `output "${output}"`).toBeLessThan(1e-5);
    expect(count(after, 'batch-norm')).toBe(0);
    expect(count(after, 'unary', 'relu6')).toBe(0);
    expect(count(after, 'matmul')).toBe(0);
  });
});
