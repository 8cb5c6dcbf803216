/** The standard's tests of operators, every one as native code. */
import { expect, test } from 'vitest';
import { nodeTests } from '../onnx/node-test.ts';
import { rowsOf, storedRows } from '../onnx/table.ts';

test('every test has the outcome that the table gives it', async () => {
  expect(await rowsOf(nodeTests())).toEqual(storedRows());
});
