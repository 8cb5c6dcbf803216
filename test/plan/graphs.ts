/** Small graphs for tests of plans: built by hand, or at random from numbers that fast-check picks and shrinks. */
import fc from 'fast-check';
import { formats } from '../../src/formats/index.ts';
import type { Call, Constant, Graph, Id, Input, Node, Output } from '../../src/graph/graph.ts';
import { nodesById } from '../../src/graph/graph.ts';
import { randomNumbers } from '../../src/graph/samples.ts';
import { weightsOfCall } from '../../src/graph/weights.ts';
import type { Op } from '../../src/ops/index.ts';
import { rulesOf } from '../../src/ops/index.ts';
import type { DType, Encoding, Layout, Shape } from '../../src/tensor/type.ts';
import { elements, panel, plain, tensor } from '../../src/tensor/type.ts';
import { random } from '../models.ts';

export const input = (id: Id, shape: Shape, dtype: DType = 'f32'): Input => ({
  kind: 'input',
  id,
  name: `the "${id}"`,
  type: tensor(dtype, shape),
});

export const constant = (id: Id, shape: Shape, seed = 1, encoding?: Encoding): Constant => ({
  kind: 'constant',
  id,
  type: tensor('f32', shape, plain, encoding),
  data: randomNumbers(tensor('f32', shape), seed),
});

export interface Making {
  readonly nodes: Node[];
  /** Adds a call, typed by its operator's rules; false where these do not allow it. */
  call(id: Id, op: Op, inputs: readonly Id[], layout?: Layout): boolean;
}

export function making(...first: readonly Node[]): Making {
  const nodes = [...first];
  return {
    nodes,
    call(id, op, inputs, layout = plain) {
      const { operands, infer } = rulesOf(op);
      const names = operands(op);
      const byId = new Map(nodes.map((n) => [n.id, n]));
      const types = Object.fromEntries(inputs.map((i, at) => [names[at], (byId.get(i) as Node).type]));
      const type = infer(op, types);
      if (typeof type === 'string') return false;
      nodes.push({ kind: 'call', id, op, inputs, type: { ...type, layout: type.shape.length === 4 ? layout : plain } });
      return true;
    },
  };
}

export const graphOf = (nodes: readonly Node[], ...outputs: readonly Id[]): Graph => ({
  name: 'test',
  file: 'test.json',
  nodes,
  outputs: outputs.map((id, i): Output => ({ name: `result ${i}`, id })),
});

const factorings: readonly ((n: number) => Shape)[] = [
  (n) => [n],
  (n) => [1, n],
  (n) => (n % 2 === 0 ? [2, n / 2] : [n, 1]),
  (n) => (n % 4 === 0 ? [1, 2, 2, n / 4] : [1, 1, 1, n]),
  (n) => (n % 6 === 0 ? [1, 3, 2, n / 6] : [1, n, 1, 1]),
];

const activations = ['none', 'relu', 'relu6', 'prelu', 'hard-swish'] as const;

/** One picked step: `what` picks the operator, the others what it needs. */
interface Pick {
  readonly what: number;
  readonly a: number;
  readonly b: number;
  readonly c: number;
}

const picks: fc.Arbitrary<readonly Pick[]> = fc.array(
  fc.record({ what: fc.nat(13), a: fc.nat(30), b: fc.nat(30), c: fc.nat(1000) }),
  { minLength: 1, maxLength: 14 },
);

/** Graphs of a few operators, layouts and formats, whose outputs may be any values, some of them twice. */
export const anyGraph: fc.Arbitrary<Graph> = fc
  .record({ picks, outputs: fc.array(fc.nat(60), { minLength: 1, maxLength: 5 }) })
  .map(({ picks: steps, outputs }) => {
    const made = making(input('x', [1, 3, 4, 6]), input('y', [2, 6]), constant('k', [1, 3, 4, 6], 9));
    for (const [i, step] of steps.entries()) addStep(made, step, `n${i}`);
    const { nodes } = made;
    const live = nodes.map((n) => n.id);
    // Late values are picked more often, so that graphs are deep.
    return graphOf(nodes, ...outputs.map((pick) => live[Math.max(0, live.length - 1 - (pick % live.length))]));
  });

function addStep(made: Making, { what, a, b, c }: Pick, id: Id): void {
  const values = made.nodes.filter((n) => n.kind !== 'constant' || n.id === 'k');
  const x = values[Math.max(0, values.length - 1 - (a % values.length))];
  const y = values[b % values.length];
  const { shape } = x.type;
  const layout = [plain, panel(4), panel(5)][c % 3];
  if (what < 4) {
    made.call(
      id,
      { kind: 'reshape', shape: factorings[b % factorings.length](elements(shape)) },
      [x.id],
      c % 5 === 0 ? layout : plain,
    );
  } else if (what < 6) made.call(id, { kind: 'unary', fn: (['relu', 'neg', 'abs'] as const)[b % 3] }, [x.id], layout);
  else if (what < 8) made.call(id, { kind: 'binary', fn: (['add', 'max'] as const)[c % 2] }, [x.id, y.id]);
  else if (what === 8) made.call(id, { kind: 'relayout' }, [x.id], layout);
  else if (what === 9) made.call(id, { kind: 'concat', axis: shape.length - 1, count: 2 }, [x.id, y.id], layout);
  else if (what === 10) made.call(id, { kind: 'softmax', axis: shape.length - 1 }, [x.id]);
  else if (what === 11)
    addLayer(
      made,
      x,
      id,
      c,
      (o) => ({ shape: [o, shape.at(-1) ?? 1], op: { kind: 'linear', activation: activations[b % 5] } }),
      plain,
    );
  else if (shape.length === 4) addLayer(made, x, id, c, (o) => convolution(shape, o, b), layout);
}

function convolution(shape: Shape, o: number, b: number): { readonly shape: Shape; readonly op: Op } {
  const groups = b % 4 === 0 ? shape[3] : 1;
  const k = Math.min(1 + (b % 3), shape[1], shape[2]);
  return {
    shape: [groups > 1 ? groups : o, k, k, shape[3] / groups],
    op: {
      kind: 'conv2d',
      stride: [1 + (b % 2), 1],
      dilation: [1, 1],
      pad: [b % 2, 0, 0, b % 2],
      groups,
      activation: activations[b % 5],
    },
  };
}

/** A layer with weights of its own, pruned and stored in one of the formats that fit; now and then weights come of a call. */
function addLayer(
  made: Making,
  x: Node,
  id: Id,
  c: number,
  of: (o: number) => { readonly shape: Shape; readonly op: Op },
  layout: Layout,
): void {
  const { shape, op } = of(1 + (c % 7));
  const next = random(c);
  const weights = constant(`${id}_w`, shape, c);
  const kept = weights.data.map((v) => (next() < 0.4 ? v : 0)) as Float32Array<ArrayBuffer>;
  made.nodes.push(
    { ...weights, data: kept },
    constant(`${id}_b`, [shape[0]], c + 1),
    constant(`${id}_s`, [c % 2 ? 1 : shape[0]], c + 2),
  );
  const computed = c % 11 === 0 && made.call(`${id}_v`, { kind: 'unary', fn: 'neg' }, [`${id}_w`]);
  const names = rulesOf(op).operands(op).length === 4 ? ['b', 's'] : ['b'];
  if (!made.call(id, op, [x.id, computed ? `${id}_v` : `${id}_w`, ...names.map((n) => `${id}_${n}`)], layout)) return;
  const at = made.nodes.findIndex((n) => n.id === `${id}_w`);
  const found = weightsOfCall(made.nodes.at(-1) as Call, nodesById(graphOf(made.nodes)));
  if (!found) return;
  const fits = formats.flatMap((f) => f.detect(found.matrix).fits.map((params) => ({ format: f.name, params })));
  const stored = made.nodes[at];
  made.nodes[at] = { ...stored, type: { ...stored.type, encoding: fits[c % fits.length] } } as Node;
}
