/** Quantised graphs with operators that no engine takes, and what it means to run a graph in parts. */
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { Named } from '../src/graph/evaluate.ts';
import { evaluate } from '../src/graph/evaluate.ts';
import type { Graph, Node } from '../src/graph/graph.ts';
import type { Split } from '../src/graph/split.ts';
import type { Numbers } from '../src/tensor/numbers.ts';
import { makeGraph } from './fpga-quantised.ts';

/** Layers in the order of a random walk over what is there: sums, softmax and whole numbers without an engine among them. */
export function randomGraph(seed: number): Graph {
  const generator = xoroshiro128plus(seed);
  const draw = (low: number, high: number): number => uniformInt(generator, low, high);
  const m = makeGraph(`random${seed}`, seed);
  const values: Node[] = [m.quantize(m.input('picture', [1, 3, 4, 2]), 1 / 64)];
  if (draw(0, 2) === 0) values.push(m.quantize(m.input('other', [1, 3, 4, 2]), 1 / 32));
  const any = (): Node => values[draw(0, values.length - 1)];
  const steps: readonly ((x: Node) => Node)[] = [
    (x) => m.requantize(m.conv(x, { filters: 2, pad: [1, 1, 1, 1], kept: 0.6 }), { shift: 19 }),
    (x) => m.requantize(m.conv(x, { filters: 2, kernel: [1, 1], kept: 1 }), { shift: 18 }),
    (x) => m.requantize(m.call({ kind: 'binary', fn: 'add' }, { a: x, b: any() }), { shift: 15 }),
    (x) => m.quantize(m.call({ kind: 'softmax', axis: 3 }, { x: m.dequantize(x, 1 / 16) }), 1 / 128),
    // Whole numbers, and a constant: there is no engine for that.
    (x) => m.requantize(m.call({ kind: 'binary', fn: 'max' }, { a: x, b: m.wholes([1], [-7]) }), { shift: 15 }),
    (x) =>
      m.call(
        { kind: 'transpose', perm: [0, 2, 1, 3] },
        { x: m.call({ kind: 'transpose', perm: [0, 2, 1, 3] }, { x }) },
      ),
  ];
  const count = draw(4, 12);
  for (let i = 0; i < count; i++) values.push(steps[draw(0, steps.length - 1)](any()));
  const outputs: Record<string, Node> = { last: m.dequantize(values[values.length - 1], 1 / 8) };
  if (draw(0, 1) === 0) outputs.whole = any();
  if (draw(0, 3) === 0) outputs['a real one'] = m.dequantize(any(), 1 / 4);
  return m.graph(outputs);
}

/** A convolution, weights from a softmax over its channels that the picture is multiplied by, and convolutions behind that. */
export function attentive(): Graph {
  const m = makeGraph('attentive', 3);
  const x = m.quantize(m.input('picture', [1, 8, 8, 3]), 1 / 64);
  const first = m.requantize(m.conv(x, { filters: 8, pad: [1, 1, 1, 1] }));
  const scores = m.dequantize(m.requantize(m.conv(first, { filters: 8, kernel: [1, 1] })), 1 / 32);
  const weights = m.quantize(m.call({ kind: 'softmax', axis: 3 }, { x: scores }), 1 / 127);
  const weighed = m.requantize(m.call({ kind: 'binary', fn: 'mul' }, { a: weights, b: first }), { shift: 21 });
  const second = m.requantize(m.conv(weighed, { filters: 12, pad: [1, 1, 1, 1] }));
  const third = m.requantize(
    m.call({ kind: 'binary', fn: 'add' }, { a: m.conv(second, { filters: 8, pad: [1, 1, 1, 1] }), b: first }),
    { shift: 22 },
  );
  const large = {
    kind: 'resize',
    method: 'bilinear',
    size: [16, 16],
    coordinates: 'half-pixel',
    rounding: 'floor',
  } as const;
  const picture = m.call(large, { x: m.dequantize(third, 1 / 16) });
  return m.graph({ picture, codes: third, early: m.dequantize(first, 1 / 8) });
}

/** Evaluates part after part, each from its own inputs and what came before. */
export function inTurn({ before, accelerator, after, crossings, whole }: Split, inputs: Named): Named {
  const known = new Map<string, Numbers>(Object.entries(inputs));
  const out: Record<string, Numbers> = {};
  for (const part of [before, accelerator, after]) {
    if (!part) continue;
    const given = part.nodes.flatMap((n) => {
      if (n.kind !== 'input') return [];
      const data = known.get(n.name);
      if (!data) throw new Error(`nothing gives "${n.name}"`);
      const narrow =
        n.type.dtype === 'i8' ? Int8Array.from(data) : n.type.dtype === 'i16' ? Int16Array.from(data) : data;
      return [[n.name, narrow] as const];
    });
    for (const [name, data] of Object.entries(evaluate(part, Object.fromEntries(given)))) {
      if (crossings.some((c) => c.name === name)) known.set(name, data);
      else out[name] = data;
    }
  }
  for (const { name, outputs } of crossings) for (const output of outputs) out[output] = known.get(name) as Numbers;
  return Object.fromEntries(whole.outputs.map(({ name }) => [name, out[name]]));
}
