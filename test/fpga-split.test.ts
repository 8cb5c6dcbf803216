/** Graphs that a CPU and an accelerator share: laws of the cut, and that it is the best one. */
import { expect, test } from 'vitest';
import type { Diagnostic } from '../src/diagnostic.ts';
import { evaluate } from '../src/graph/evaluate.ts';
import type { Graph } from '../src/graph/graph.ts';
import { inputsOf } from '../src/graph/graph.ts';
import { randomInputs } from '../src/graph/samples.ts';
import type { Split } from '../src/graph/split.ts';
import { verify } from '../src/graph/verify.ts';
import { collect } from '../targets/fpga/pipeline/collect.ts';
import type { RegionNode } from '../targets/fpga/split/region.ts';
import { heaviestRegion } from '../targets/fpga/split/region.ts';
import { split } from '../targets/fpga/split/split.ts';
import { makeGraph } from './fpga-quantised.ts';
import { attentive, inTurn, randomGraph } from './fpga-split-graphs.ts';
import { random } from './models.ts';

function shared(graph: Graph): { readonly made: Split | undefined; readonly said: readonly Diagnostic[] } {
  const said: Diagnostic[] = [];
  return { made: split(graph, (d) => void said.push(d)), said };
}

function holds(made: Split): void {
  const graph = made.whole;
  const parts = [made.before, made.accelerator, made.after].flatMap((part) => part ?? []);
  const faults: Diagnostic[] = [];
  for (const part of parts) verify(part, (d) => faults.push(d));
  expect(faults).toEqual([]);
  // Everything once: the calls of the parts are those of the graph, but for casts of what comes in narrow.
  const ids = graph.nodes.flatMap((n) => (n.kind === 'call' ? [n.id] : []));
  const own = parts.flatMap((part) =>
    part.nodes.flatMap((n) => (n.kind === 'call' && n.op.kind !== 'cast' ? [n.id] : [])),
  );
  expect([...own].sort()).toEqual([...ids].sort());
  // Convex: no call is in an earlier part than what it uses.
  const rank = { before: 0, accelerator: 1, after: 2 };
  const place = new Map(made.operators.map(({ id, part }) => [id, rank[part]]));
  for (const node of graph.nodes)
    for (const id of inputsOf(node)) expect(place.get(id) ?? 0).toBeLessThanOrEqual(place.get(node.id) ?? 0);
  // Everything on the accelerator has a stage there, and the others say why they are not.
  expect(collect(made.accelerator).problems).toEqual([]);
  for (const { part, why } of made.operators) expect(why === undefined).toBe(part === 'accelerator');
  for (const { bus, dtype, from, to } of made.crossings) {
    if (from === 'accelerator' || to.includes('accelerator')) expect([dtype, typeof bus]).toEqual(['i32', 'string']);
  }
  for (const seed of [1, 2]) {
    const inputs = randomInputs(graph, seed);
    expect(inTurn(made, inputs)).toEqual(evaluate(graph, inputs));
  }
}

test('random graphs: the parts are the graph, in an order that can be run, and mean the same', () => {
  let cut = 0;
  for (let seed = 1; seed <= 24; seed++) {
    const graph = randomGraph(seed);
    const { made, said } = shared(graph);
    if (!made) {
      expect(said.map((d) => d.code)).toEqual(['fpga/nothing-left']);
      continue;
    }
    cut++;
    holds(made);
  }
  expect(cut).toBeGreaterThan(12);
});

test('an attention block between convolutions: what is behind the softmax has the most multiply-adds', () => {
  const { made } = shared(attentive());
  if (!made) throw new Error('not cut');
  holds(made);
  const at = (op: string): readonly string[] => made.operators.filter((o) => o.op === op).map(({ part }) => part);
  expect(at('conv2d')).toEqual(['before', 'before', 'accelerator', 'accelerator']);
  expect(at('softmax')).toEqual(['before']);
  expect(at('resize')).toEqual(['after']);
  expect(made.operators.find(({ op }) => op === 'softmax')?.why).toBe('computes with real numbers');
  expect(made.operators.find(({ op }) => op === 'conv2d')?.why).toMatch(
    /^has an engine, but "softmax" of "layer \d+ \/softmax\*\/", which has none, stands between it and the accelerator$/,
  );
  const narrow = made.crossings.map(({ from, to, bus, outputs }) => [from, to.join(), bus, outputs.join()]);
  expect(narrow).toEqual([
    ['before', 'accelerator,after', 'i8', ''],
    ['before', 'accelerator', 'i8', ''],
    ['accelerator', 'after', 'i8', 'codes'],
  ]);
});

test('the region is the heaviest: against all regions of small graphs', () => {
  const next = random(5);
  for (let round = 0; round < 60; round++) {
    const count = 3 + Math.floor(next() * 6);
    const nodes = Array.from({ length: count }, (_, i): RegionNode => {
      const uses = Array.from({ length: i }, (_, u) => u).filter(() => next() < 1.6 / count);
      return { uses, weight: next() < 0.65 ? 1 + Math.floor(next() * 9) : undefined };
    });
    const weigh = (inside: (i: number) => boolean): number =>
      nodes.reduce((sum, { weight }, i) => sum + (inside(i) ? (weight ?? -Infinity) : 0), 0);
    let best = 0;
    for (let set = 0; set < 2 ** count; set++) {
      const inside = (i: number): boolean => ((set >> i) & 1) === 1;
      if (isConvex(nodes, inside)) best = Math.max(best, weigh(inside));
    }
    const places = heaviestRegion(nodes);
    const inside = (i: number): boolean => places[i] === 'in';
    expect(isConvex(nodes, inside)).toBe(true);
    expect(weigh(inside)).toBe(best);
  }
});

/** Whether no path leaves the set and comes back. */
function isConvex(nodes: readonly RegionNode[], inside: (i: number) => boolean): boolean {
  const left: boolean[] = [];
  for (const [i, { uses }] of nodes.entries()) {
    const away = uses.some((u) => left[u] || (inside(u) && !inside(i)));
    if (inside(i) && uses.some((u) => left[u])) return false;
    left.push(away);
  }
  return true;
}

test('a graph whose layers have no engine is refused with numbers, and so is one of real numbers', () => {
  const m = makeGraph('real');
  const x = m.quantize(m.input('x', [1, 4]), 1 / 64);
  const wide = m.call({ kind: 'binary', fn: 'add' }, { a: x, b: m.wholes([1], [70000]) });
  const { made, said } = shared(m.graph({ y: m.dequantize(m.linear(wide, 5), 1 / 8) }));
  expect(made).toBeUndefined();
  expect(said.map(({ code, message }) => [code, message])).toEqual([
    [
      'fpga/nothing-left',
      'none of 1 layers with multiply-adds has an engine: 20 of them and 4 of 4 operators would be left to the CPU; "linear" takes 8 bits and is given 32',
    ],
  ]);
  const r = makeGraph('plain');
  expect(shared(r.graph({ y: r.call({ kind: 'softmax', axis: 1 }, { x: r.input('x', [1, 4]) }) })).said[0].code).toBe(
    'fpga/not-quantised',
  );
});

test('without --split all operators that have no engine are told, and that there is --split', () => {
  const { problems } = collect(attentive());
  expect(problems.map(({ message }) => message)).toEqual([
    '"softmax" computes with real numbers',
    '"quantize" makes whole numbers of real ones that are computed before',
    '"resize" computes with real numbers',
  ]);
  for (const { hint } of problems) expect(hint).toMatch(/--split/);
});

test('what makes less cross leaves the region at its borders', () => {
  const m = makeGraph('borders');
  const x = m.quantize(m.input('x', [1, 6, 6, 2]), 1 / 64);
  // 32 bits come from the CPU, and 8 are enough.
  const wide = m.call({ kind: 'binary', fn: 'mul' }, { a: x, b: m.wholes([1], [300]) });
  const narrow = m.requantize(wide, { shift: 23 });
  const y = m.requantize(m.conv(narrow, { filters: 3, pad: [1, 1, 1, 1] }));
  const larger = {
    kind: 'resize',
    method: 'nearest',
    size: [12, 12],
    coordinates: 'asymmetric',
    rounding: 'floor',
  } as const;
  const { made } = shared(m.graph({ y: m.dequantize(m.call(larger, { x: y }), 1 / 8) }));
  if (!made) throw new Error('not cut');
  holds(made);
  expect(made.operators.map(({ op, part }) => [op, part])).toEqual([
    ['quantize', 'before'],
    ['binary', 'before'],
    ['requantize', 'before'],
    ['conv2d', 'accelerator'],
    ['requantize', 'accelerator'],
    ['resize', 'after'],
    ['dequantize', 'after'],
  ]);
  expect(made.crossings.map(({ bus, shape }) => [bus, shape.join('x')])).toEqual([
    ['i8', '1x6x6x2'],
    ['i8', '1x6x6x3'],
  ]);
});
