/** The standard's own tests of operators: those that `evaluate` passes, onnxruntime-node passes with what we export of them. */
import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { evaluate } from '../../src/graph/evaluate.ts';
import type { Graph } from '../../src/graph/graph.ts';
import type { PassChoice } from '../../src/make/export.ts';
import { exportWith } from '../../src/make/export.ts';
import { runOnnx, runtime } from '../export/runtime.ts';
import { nodeTests, runNodeTest, testFolder } from '../onnx/node-test.ts';

function bytesOf(graph: Graph, passes: PassChoice): Uint8Array {
  const said: string[] = [];
  const files = exportWith(graph, { out: 'node.onnx', passes }, (d) => void said.push(d.message))?.files;
  if (!files) throw new Error(said.join('; '));
  return files[0].contents;
}

test.skipIf(!runtime || !existsSync(testFolder)).each(['none', 'all'] as const)(
  'are passed once more after export, passes: %s',
  async (passes) => {
    const failed: string[] = [];
    let passed = 0;
    for (const node of nodeTests()) {
      if ((await runNodeTest(node, evaluate)).result !== 'passed') continue;
      const { result, reason } = await runNodeTest(node, (graph, inputs) =>
        runOnnx(bytesOf(graph, passes), graph, inputs),
      );
      if (result === 'passed') passed++;
      else failed.push(`${node.name}: ${reason}`);
    }
    expect(failed).toEqual([]);
    expect(passed).toBeGreaterThanOrEqual(420);
  },
);
