/** Every operator with any operands and attributes is refused with a reason, or read; never both and never neither. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { verify } from '../../src/graph/verify.ts';
import { drawnRows } from './drawn-rows.ts';
import { importTest, node, port } from './kit.ts';

test('any node at all', () => {
  let [refused, read] = [0, 0];
  fc.assert(
    fc.property(drawnRows, (model) => {
      const { graph, diagnostics } = importTest(model);
      const errors = diagnostics.filter((d) => d.severity === 'error');
      expect(errors.length > 0).toBe(graph === null);
      for (const { hint, message } of errors) expect(hint, message).toBeTruthy();
      if (graph) verify(graph, (d) => expect(d).toBeUndefined());
      if (graph) read++;
      else refused++;
    }),
    { numRuns: 3000 },
  );
  expect(refused).toBeGreaterThan(300);
  expect(read).toBeGreaterThan(300);
});

test('an operand that is left out is nothing', () => {
  const identity = importTest({ outputs: ['y'], nodes: [node('Identity', [''], ['y'])] });
  expect(identity.messages).toEqual(['import/output : the output "y" is nothing, and only tensors can be outputs']);
  const used = importTest({
    inputs: [port('x', [2])],
    outputs: ['y'],
    nodes: [node('Identity', [], ['z']), node('Add', ['x', 'z'], ['y'])],
  });
  expect(used.messages).toEqual(['import/layer Add_y: "Add" takes a tensor as input 2 and is given nothing']);
});
