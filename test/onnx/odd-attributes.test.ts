/** Layers whose attributes and sizes are anything at all: read or refused, and never more than that. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { attentions, rotations } from './drawn-attention.ts';
import { gemms, products, resized, sampled, scaledBefore, sums } from './drawn-layers.ts';
import { recurrences } from './drawn-recurrent.ts';
import { convolutions, pools, transposedConvolutions } from './drawn-windows.ts';
import type { Message, TestModel } from './kit.ts';
import { importTest, port } from './kit.ts';

const runs = 1500;

const models = fc.oneof(
  ...[convolutions, transposedConvolutions, pools, gemms, products, sums],
  ...[resized, scaledBefore, sampled, recurrences, attentions, rotations],
);

const odd = fc.constantFrom(0, -1, 1, 7, 64, 65537, 2 ** 24, 2 ** 24 + 1, 2 ** 31 - 1, 2 ** 31, -(2 ** 31), 2 ** 53);
const oddReal = fc.constantFrom(0, -1, NaN, Infinity, 1e38, 1e-38, 1e9);
const oddText = fc.constantFrom('', 'x', 'SAME', '...', 'aa->a', ',,->', '....', 'ab,bc->ac->', '->', 'a...b,...->...');
const size = fc.constantFrom(0, 1, 2, 65536, 2 ** 20, 2 ** 31 - 1);

type Change = (model: TestModel) => TestModel;

/** Another value of the kind that the attribute has. */
const attribute = fc
  .record({ which: fc.nat(), at: fc.nat(9), whole: odd, float: oddReal, text: oddText, length: fc.nat(3) })
  .map(({ which, at, whole, float, text, length }): Change => {
    const change = (a: Message): Message => {
      if (Array.isArray(a.ints)) return { ...a, ints: length === 0 ? [] : a.ints.toSpliced(at, length - 1, whole) };
      if (Array.isArray(a.floats)) return { ...a, floats: a.floats.toSpliced(at, length, float) };
      if (a.f !== undefined) return { ...a, f: float };
      return a.s === undefined ? { ...a, ...(a.i !== undefined && { i: whole }) } : { ...a, s: Buffer.from(text) };
    };
    return (model) => {
      const [first] = model.nodes;
      const attributes = first.attribute as readonly Message[];
      const chosen = which % Math.max(1, attributes.length);
      return { ...model, nodes: [{ ...first, attribute: attributes.map((a, i) => (i === chosen ? change(a) : a)) }] };
    };
  });

/** Another shape or element type of an input, or another number of operands. */
const operands = fc
  .record({ at: fc.nat(4), size, kind: fc.constantFrom('size', 'rank', 'type', 'fewer'), type: fc.nat(11) })
  .map(
    ({ at, size: value, kind, type }): Change =>
      (model) => {
        const [first] = model.nodes;
        if (kind === 'fewer')
          return { ...model, nodes: [{ ...first, input: (first.input as readonly string[]).slice(0, at) }] };
        const inputs = model.inputs?.map((input) => {
          const { tensorType } = input.type as { tensorType: { shape: { dim: { dimValue: number }[] } } };
          const shape = tensorType.shape.dim.map(({ dimValue }) => dimValue);
          const other = kind === 'size' ? shape.map((d, axis) => (axis === at ? value : d)) : shape.slice(0, at);
          return port(String(input.name), kind === 'type' ? shape : other, kind === 'type' ? type : 1);
        });
        return { ...model, ...(inputs && { inputs }) };
      },
  );

it(`reads or refuses ${runs} layers with odd attributes and sizes, and throws for none`, () => {
  let read = 0;
  fc.assert(
    fc.property(models, fc.oneof(attribute, operands), (model, change) => {
      const { graph, messages } = importTest(change(model));
      if (graph) read++;
      else expect(messages).not.toEqual([]);
    }),
    { numRuns: runs },
  );
  // Neither is rare.
  expect(read).toBeGreaterThan(runs / 10);
  expect(read).toBeLessThan(runs);
});
