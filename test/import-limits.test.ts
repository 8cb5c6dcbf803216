/** What importers make of a file has an end, however little the file needs to ask for more. */
import { expect, test } from 'vitest';
import type { Diagnostic } from '../src/diagnostic.ts';
import { graphBuilder } from '../src/import/builder.ts';
import { scopeOf } from '../src/import/scope.ts';
import { tensor } from '../src/tensor/type.ts';

const large = 2 ** 16;
const shape = [2 ** 8, 2 ** 8];
const turn = { kind: 'transpose', perm: [1, 0] } as const;

test('calls on known values are computed until they are too much in all, and left as calls then', () => {
  const builder = graphBuilder({ mostMade: 2 * large });
  const known = () => builder.known(tensor('f32', shape), new Float32Array(large).fill(1));
  const results = [1, 2, 3].map(() => builder.call(turn, [known()], 'turned'));
  expect(results.map((r) => typeof r === 'object' && r.data !== undefined)).toEqual([true, true, false]);
  const tiny = builder.known(tensor('i32', [2, 1]), Int32Array.of(1, 2));
  expect(builder.call(turn, [tiny], 'turned')).toMatchObject({ data: Int32Array.of(1, 2) });
});

test('what layers imply is refused then', () => {
  const diagnostics: Diagnostic[] = [];
  const builder = graphBuilder({ mostMade: 2 * large });
  const scope = scopeOf({
    name: 'eye',
    operator: 'EyeLike',
    file: 'f',
    builder,
    report: (d) => void diagnostics.push(d),
    shapeHint: '',
  });
  for (let i = 0; i < 3; i++) scope.known(new Float32Array(large), shape);
  expect(diagnostics.map(({ code, message }) => `${code}: ${message}`)).toEqual([
    'import/layer: "EyeLike" makes 65536 elements, and the model has made too many before',
  ]);
});
