/** Every operator of TensorFlow graphs that is read means what TensorFlow.js takes it to mean. */
import { describe, expect, test } from 'vitest';
import { evaluate } from '../src/graph/evaluate.ts';
import { verify } from '../src/graph/verify.ts';
import { operators } from '../src/import/tfjs/ops.ts';
import { modelOf } from './import/case.ts';
import { images } from './import/images.ts';
import { errorOf, filesOf, importFiles, runReference } from './import/kit.ts';
import { layers } from './import/layers.ts';
import { math } from './import/math.ts';
import { shapes } from './import/shapes.ts';

const cases = [...math, ...layers, ...images, ...shapes];

describe('an operator gives what TensorFlow.js gives', () => {
  for (const c of cases)
    test(`${c.op}${c.what === undefined ? '' : `: ${c.what}`}`, async () => {
      const model = modelOf(c);
      const { graph, diagnostics } = importFiles(filesOf(model));
      expect(diagnostics).toEqual([]);
      if (!graph) throw new Error('no graph');
      verify(graph, (d) => expect(d).toBeUndefined());
      const got = evaluate(graph, Object.fromEntries(Object.entries(model.inputs).map(([k, t]) => [k, t.data])));
      const wanted = c.expected ?? (await runReference(model));
      for (const [i, { shape: size, data }] of wanted.entries()) {
        const { name, id } = graph.outputs[i];
        expect(graph.nodes.find((n) => n.id === id)?.type.shape).toEqual([...size]);
        expect(got[name].length).toBe(data.length);
        expect(errorOf(got[name], data)).toBeLessThanOrEqual(c.within ?? 1e-5);
      }
    });
});

test('every operator that is read has a case', () => {
  expect(operators.filter((op) => !cases.some((c) => c.op === op))).toEqual([]);
});
