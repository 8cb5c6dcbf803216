/** Weights made of units in graphs: as text, through the passes, decomposed in place, and refused. */
import { describe, expect, test } from 'vitest';
import { decomposeSmartdeal } from '../passes/decompose-smartdeal.ts';
import { portable } from '../passes/index.ts';
import type { Diagnostic } from '../src/diagnostic.ts';
import { evaluate } from '../src/graph/evaluate.ts';
import type { Constant, Graph, Node } from '../src/graph/graph.ts';
import { parse } from '../src/graph/parse.ts';
import { print } from '../src/graph/print.ts';
import { randomInputs } from '../src/graph/samples.ts';
import { verify } from '../src/graph/verify.ts';
import type { Pass } from '../src/pass.ts';
import { runPasses } from '../src/pass.ts';
import { relativeError } from '../src/smartdeal/decompose.ts';
import { outputErrors } from '../src/smartdeal/errors.ts';
import { usualFit } from '../src/smartdeal/fit.ts';
import type { DecomposeOptions } from '../src/smartdeal/graph.ts';
import { decomposeGraph } from '../src/smartdeal/graph.ts';
import type { SavedFilter } from '../src/smartdeal/saved.ts';
import { withoutUnits } from '../src/tensor/quantity.ts';
import { ramp } from './smartdeal-graphs.ts';

const all: DecomposeOptions = { ...usualFit, kinds: ['conv', 'linear'], spared: () => undefined };

const madeIn = ({ nodes }: Graph): readonly Constant[] =>
  nodes.filter((n): n is Constant => n.kind === 'constant' && n.type.quantity?.decomposition !== undefined);

const faultsOf = (graph: Graph): readonly string[] => {
  const faults: string[] = [];
  verify(graph, (d) => faults.push(d.message));
  return faults;
};

const decomposed = decomposeGraph(ramp, all);

test('layers that pay are made of units, and the others left with the reason', () => {
  expect(decomposed.layers.map(({ name, bits, reason }) => [name, bits !== null, reason])).toEqual([
    ['stem', false, 'would take 189 bits a filter, and 216 in 8-bit integers: too little is saved'],
    ['wide', true, null],
    ['depthwise', false, 'would take 111 bits a filter, and 72 in 8-bit integers'],
    ['point', true, null],
    ['head', true, null],
  ]);
  expect(faultsOf(decomposed.graph)).toEqual([]);
  expect(madeIn(decomposed.graph).length).toBe(3);
  for (const { weightError } of decomposed.layers) if (weightError !== null) expect(weightError).toBeLessThan(0.3);
});

test('print and parse are inverses', () => {
  const { text, sidecar } = print(decomposed.graph);
  const back = parse(text, sidecar);
  expect(back).toEqual(decomposed.graph);
  expect(print(back).text).toBe(text);
  expect(() => parse(text.replace(/codes #\w+/, 'codes [1 2]'), sidecar)).not.toThrow();
  expect(faultsOf(parse(text.replace(/codes #\w+/, 'codes [1 2]'), sidecar)).join()).toMatch(/has 2 codes/);
  expect(() => parse(text.replace(/ units along=kernels/, ' units along=sideways'), sidecar)).toThrow(SyntaxError);
});

test('passes keep the units of every layer, and what the graph computes', () => {
  const pass: Pass = { name: 'all', doc: '', run: (g) => runPasses(g, portable, () => {}) };
  const after = runPasses(decomposed.graph, [pass], () => {});
  expect(madeIn(after).length).toBe(3);
  // The scales of a normalisation, negative ones and a 0 among them, are in the units now.
  expect(after.nodes.some((n) => n.kind === 'call' && n.op.kind === 'batch-norm')).toBe(false);
  const inputs = randomInputs(ramp, 3);
  const [before, now] = [evaluate(decomposed.graph, inputs), evaluate(after, inputs)];
  expect(relativeError(before.y, now.y)).toBeLessThan(1e-5);
});

describe('what is no longer made of its units is a fault', () => {
  const change = (to: (c: Constant) => Constant): Graph => ({
    ...decomposed.graph,
    nodes: decomposed.graph.nodes.map((n: Node) =>
      n.kind === 'constant' && n.type.quantity?.decomposition ? to(n) : n,
    ),
  });
  test('another number', () => {
    const faults = faultsOf(change((c) => ({ ...c, data: (c.data as Float32Array<ArrayBuffer>).map((v) => v + 1) })));
    expect(faults[0]).toMatch(/has the weight .* where its units make/);
  });
  test('a mask', () => {
    expect(faultsOf(change((c) => ({ ...c, mask: new Uint8Array(c.data.length) })))[0]).toMatch(/has a mask/);
  });
  test('wrong sizes, codes and bases', () => {
    const units =
      (of: object) =>
      (c: Constant): Constant => {
        const { quantity } = c.type;
        const decomposition = quantity?.decomposition && { ...quantity.decomposition, ...of };
        return {
          ...c,
          type: { ...c.type, ...(quantity && decomposition && { quantity: { ...quantity, decomposition } }) },
        };
      };
    expect(faultsOf(change(units({ units: 0 })))[0]).toMatch(/0 units/);
    expect(faultsOf(change(units({ rows: 1 })))[0]).toMatch(/units of 1 rows/);
    expect(faultsOf(change((c) => units({ codes: c.type.quantity?.decomposition?.codes.map(() => 8) })(c)))[0]).toMatch(
      /code 8/,
    );
    expect(
      faultsOf(change((c) => units({ basis: c.type.quantity?.decomposition?.basis.map(() => -128) })(c)))[0],
    ).toMatch(/-128/);
    expect(
      faultsOf(change((c) => units({ shift: c.type.quantity?.decomposition?.shift.map(() => 15) })(c)))[0],
    ).toMatch(/32767 is the most/);
  });
  test('numbers without their units are weights like others', () => {
    expect(
      faultsOf(change((c) => ({ ...c, type: withoutUnits(c.type), data: c.data.slice() as typeof c.data }))),
    ).toEqual([]);
  });
});

test('the pass tells what it leaves, once for layers alike, and leaves what it has made', () => {
  const heard: Diagnostic[] = [];
  const pass = decomposeSmartdeal(all);
  const once = pass.run(ramp, (d) => heard.push(d));
  expect(heard.map(({ severity, code }) => `${severity} ${code}`)).toEqual([
    'note smartdeal/left',
    'note smartdeal/left',
  ]);
  expect(pass.run(once, () => {})).toBe(once);
});

test('errors of outputs are those of the layer alone, and of the graph', () => {
  const inputs = randomInputs(ramp, 1);
  const { calls, outputs } = outputErrors(ramp, decomposed.graph, decomposed.calls.keys(), inputs);
  expect([...calls.keys()]).toEqual(['wide', 'point', 'head']);
  for (const error of calls.values()) expect(error).toBeGreaterThan(0.001);
  const [before, after] = [evaluate(ramp, inputs), evaluate(decomposed.graph, inputs)];
  expect(outputs).toEqual({ y: relativeError(before.y, after.y) });
  expect(outputErrors(ramp, ramp, ['wide'], inputs)).toEqual({ calls: new Map([['wide', 0]]), outputs: { y: 0 } });
});

describe('decompositions made elsewhere', () => {
  const unit = (rows: number): Float64Array => Float64Array.from({ length: 3 * rows }, (_, i) => [1, -0.5, 0][i % 3]);
  const eye = Float64Array.of(1, 0, 0, 0, 1, 0, 0, 0, 0.5);
  const filters = (rows: number, c = unit(rows), b = eye): readonly SavedFilter[] =>
    Array.from({ length: 24 }, (_, i) => ({ name: `l1/k${i}`, ces: [c], bs: [b] }));
  const taken = (layer: readonly SavedFilter[]) =>
    decomposeGraph(ramp, { ...all, saved: new Map([[1, layer]]) }).layers[1];

  test('make the weights that they say', () => {
    const { graph, layers } = decomposeGraph(ramp, { ...all, saved: new Map([[1, filters(48)]]) });
    expect(layers.map(({ reason }) => reason === null)).toEqual([false, true, false, false, false]);
    const [weights] = madeIn(graph);
    // Each row is 1 · b0 − 0.5 · b1.
    expect(weights.data[0]).toBe(1);
    expect(weights.data[16]).toBe(-0.5);
    expect(weights.data[32]).toBe(0);
  });

  test('are refused where they do not go with the layer', () => {
    expect(taken(filters(47)).reason).toMatch(/"l1\/k0".* 141 coefficients .* 48 rows/);
    expect(taken(filters(48).slice(1)).reason).toBe('has 24 filters, and the decomposition 23');
    expect(taken(filters(48, unit(48).fill(0.3, 4, 5))).reason).toMatch(/0.3, which is no power of 2/);
    expect(taken(filters(48, unit(48), eye.subarray(3))).reason).toMatch(/basis of 6 numbers/);
    expect(
      taken(
        filters(
          48,
          unit(48),
          eye.map(() => Number.NaN),
        ),
      ).reason,
    ).toMatch(/the number NaN/);
    expect(taken(filters(48, unit(48).fill(2 ** -8, 0, 1))).dropped).toBe(24);
  });
});
