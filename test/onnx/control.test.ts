/** Graphs within graphs: branches, loops and scans, what their names mean, and what is too deep or too much. */
import { describe, expect, test } from 'vitest';
import { expectSame, results } from './against.ts';
import type { Message, TestModel } from './kit.ts';
import { floats, graphAttribute, graphOf, importTest, int64s, node, port } from './kit.ts';
import { numbersFor } from './rows.ts';

const truth = (name: string, value: number): Message => ({ name, dims: [], dataType: 9, int32Data: [value] });
const count = (name: string, value: number | bigint): Message => int64s(name, [], [value]);
const sum = { x: [1, 2] };

/** A body of `Loop` over `v`. */
const rounds = (
  nodes: readonly Message[],
  outputs: readonly (string | Message)[],
  initializers: readonly Message[] = [],
) =>
  graphAttribute(
    graphOf({
      inputs: [port('i', [], 7), port('go', [], 9), port('v', [2])],
      outputs: [port('go_on', [], 9), ...outputs],
      nodes: [node('Identity', ['go'], ['go_on']), ...nodes],
      initializers,
    }),
  );

const loop = (body: Message, trips: Message, rest: Partial<TestModel> = {}): TestModel => ({
  inputs: [port('x', [2])],
  outputs: ['y', 'all'],
  initializers: [trips, truth('yes', 1)],
  nodes: [node('Loop', [trips.name as string, 'yes', 'x'], ['y', 'all'], { body })],
  ...rest,
});

describe('Loop', () => {
  const body = rounds(
    [
      node('Cast', ['i'], ['real'], { to: 1 }),
      node('Mul', ['v', 'half'], ['less']),
      node('Add', ['less', 'real'], ['next']),
      node('Neg', ['next'], ['seen']),
    ],
    [port('next', [2]), port('seen', [2])],
    [floats('half', [], [0.5])],
  );

  test('as often as is known', () => expectSame(loop(body, count('n', 4)), sum));

  test('never', () =>
    expectSame(
      loop(body, count('n', 0), {
        outputs: ['y', port('sizes', undefined, 7)],
        nodes: [node('Loop', ['n', 'yes', 'x'], ['y', 'all'], { body }), node('Shape', ['all'], ['sizes'])],
      }),
      sum,
    ));

  test('shares what its rounds have in common', () => {
    const { graph } = importTest(loop(body, count('n', 4)));
    expect(graph?.nodes.filter((n) => n.kind === 'constant' && n.origin === 'half')).toHaveLength(1);
  });

  test('until a condition that is known no longer holds', async () => {
    const until = graphAttribute(
      graphOf({
        inputs: [port('i', [], 7), port('go', [], 9), port('v', [2])],
        outputs: [port('more', [], 9), port('next', [2])],
        nodes: [node('Less', ['i', 'five'], ['more']), node('Add', ['v', 'v'], ['next'])],
        initializers: [count('five', 5)],
      }),
    );
    const model: TestModel = {
      inputs: [port('x', [2])],
      outputs: ['y'],
      initializers: [truth('yes', 1)],
      nodes: [node('Loop', ['', 'yes', 'x'], ['y'], { body: until })],
    };
    await expectSame(model, sum);
    expect(results(model, sum).y.data).toEqual([64, 128]);
  });

  test('a bound beyond all numbers is none', async () => {
    const never = loop(rounds([node('Add', ['v', 'v'], ['next'])], [port('next', [2])]), count('n', 2n ** 63n - 1n), {
      outputs: ['y'],
    });
    const { messages } = importTest({
      ...never,
      nodes: [{ ...(never.nodes[0] as object), output: ['y'] }],
    });
    expect(messages).toEqual([
      'import/layer Loop_y: "Loop" comes to over 32768 nodes in loops, branches and functions',
    ]);
  });

  test('in a loop', () => {
    const inner = graphAttribute(
      graphOf({
        inputs: [port('j', [], 7), port('on', [], 9), port('w', [2])],
        outputs: ['on', 'u'],
        nodes: [node('Add', ['w', 'x'], ['u'])],
      }),
    );
    const outer = rounds([node('Loop', ['n', 'yes', 'v'], ['next'], { body: inner })], ['next']);
    const model = loop(outer, count('n', 3), { outputs: ['y'] });
    const nodes = [{ ...(model.nodes[0] as object), output: ['y'] }];
    expect(results({ ...model, nodes }, sum).y.data).toEqual([10, 20]);
  });

  const refused: readonly (readonly [string, TestModel])[] = [
    [
      'goes on while a condition holds that is computed from the input',
      {
        inputs: [port('x', [2]), port('start', [], 9)],
        outputs: ['y'],
        initializers: [count('n', 2)],
        nodes: [
          node('Loop', ['n', 'start', 'x'], ['y'], {
            body: rounds([node('Neg', ['v'], ['next'])], ['next']),
          }),
        ],
      },
    ],
    [
      'needs to know its number of rounds when the model is compiled, and is given one that is computed from the input "n"',
      {
        inputs: [port('x', [2]), port('n', [], 7)],
        outputs: ['y'],
        initializers: [truth('yes', 1)],
        nodes: [node('Loop', ['n', 'yes', 'x'], ['y'], { body: rounds([node('Neg', ['v'], ['next'])], ['next']) })],
      },
    ],
    ['hands 1 values on, and its graph has 1 outputs', loop(rounds([], []), count('n', 2), { outputs: ['y'] })],
    [
      'has a graph that takes 3 inputs and is given 2',
      {
        outputs: ['y'],
        initializers: [count('n', 2), truth('yes', 1)],
        nodes: [node('Loop', ['n', 'yes'], ['y'], { body: rounds([], ['v']) })],
      },
    ],
  ];
  test.each(refused)('refused: it %s', (message, model) => {
    const { messages } = importTest(model);
    expect(messages).toEqual([expect.stringContaining(`"Loop" ${message}`)]);
  });
});

describe('Scan', () => {
  const body = graphAttribute(
    graphOf({
      inputs: [port('s', [2]), port('a', [2]), port('b', [2])],
      outputs: [port('t', [2]), port('o', [2]), port('p', [2])],
      nodes: [node('Add', ['s', 'a'], ['t']), node('Mul', ['t', 'b'], ['o']), node('Sub', ['a', 'b'], ['p'])],
    }),
  );
  const inputs = [port('x', [2]), port('a', [3, 2]), port('b', [2, 3])];
  const given = { x: numbersFor([2]), a: numbersFor([3, 2], 2), b: numbersFor([2, 3], 3) };

  test('along any axes, in any direction', () =>
    expectSame(
      {
        inputs,
        outputs: ['last', 'o', 'p'],
        nodes: [
          node('Scan', ['x', 'a', 'b'], ['last', 'o', 'p'], {
            body,
            num_scan_inputs: 2,
            scan_input_axes: [0, -1],
            scan_input_directions: [0, 1],
            scan_output_axes: [1, 0],
            scan_output_directions: [0, 1],
          }),
        ],
      },
      given,
      1e-6,
    ));

  test('over sequences of one length', () =>
    expect(
      importTest({
        inputs,
        outputs: ['last', 'o', 'p'],
        nodes: [node('Scan', ['x', 'a', 'b'], ['last', 'o', 'p'], { body, num_scan_inputs: 2 })],
      }).messages,
    ).toEqual(['import/layer Scan_last: "Scan" goes over sequences of 3 and of 2']));

  test('of few bytes over very many elements is refused', () =>
    expect(
      importTest({
        inputs: [port('x', [2]), port('a', [2 ** 30])],
        outputs: ['last'],
        nodes: [node('Scan', ['x', 'a'], ['last'], { body, num_scan_inputs: 1 })],
      }).messages,
    ).toEqual(['import/layer Scan_last: "Scan" goes over 1073741824 elements one by one, and at most 16384 are read']));
});

describe('If', () => {
  const choice = (condition: Message, then: Message, other: Message): TestModel => ({
    inputs: [port('x', [2])],
    outputs: ['y'],
    initializers: [condition, floats('w', [2], [10, 20])],
    nodes: [node('If', ['c'], ['y'], { then_branch: graphAttribute(then), else_branch: graphAttribute(other) })],
  });
  const unknown = graphOf({ outputs: ['u'], nodes: [node('Nonsense', ['x'], ['u'], {}, 'nowhere')] });

  test('a branch that is not taken may hold anything', () =>
    expect(
      results(choice(truth('c', 0), unknown, graphOf({ outputs: ['e'], nodes: [node('Neg', ['x'], ['e'])] })), sum).y
        .data,
    ).toEqual([-1, -2]));

  test('what cannot be read in the branch that is taken is said once', () =>
    expect(importTest(choice(truth('c', 1), unknown, graphOf({ outputs: ['x'], nodes: [] }))).messages).toEqual([
      'import/unknown-op If_y/then_branch/Nonsense_u: there is no reader for the operator "nowhere.Nonsense" of the domain "nowhere"',
    ]));

  test('names within hide those around, and those around are seen', async () => {
    const inner = graphOf({
      outputs: ['r'],
      initializers: [floats('w', [2], [3, 4])],
      nodes: [node('Mul', ['x', 'w'], ['p']), node('Add', ['p', 'outer'], ['r'])],
    });
    const model = choice(truth('c', 1), inner, inner);
    const nodes = [node('Add', ['x', 'w'], ['outer']), ...model.nodes, node('Add', ['y', 'w'], ['z'])];
    const { z } = results({ ...model, outputs: ['z'], nodes }, sum);
    expect(z.data).toEqual([1 * 3 + 11 + 10, 2 * 4 + 22 + 20]);
  });

  test('by a value of the input', () =>
    expect(
      importTest({
        ...choice(truth('other', 1), unknown, unknown),
        inputs: [port('x', [2]), port('c', [], 9)],
      }).messages,
    ).toEqual(['import/layer If_y: "If" decides by a value that is computed from the input "c"']));

  test('a graph that needs its own result', () => {
    const own = graphOf({ outputs: ['r'], nodes: [node('Neg', ['y'], ['r'])] });
    expect(importTest(choice(truth('c', 1), own, own)).messages).toEqual([
      'import/cycle If_y: "If" needs its own result',
    ]);
  });

  test('a graph without outputs, whose result is used', () =>
    expect(importTest(choice(truth('c', 1), graphOf({ outputs: [], nodes: [] }), unknown)).messages).toEqual([
      'import/output : the output "y" is nothing, and only tensors can be outputs',
    ]));
});

test('graphs that wait for each other', () => {
  // Each branch takes the result of the one before from the graph around it, and nothing else needs it.
  const nodes = Array.from({ length: 1000 }, (_, i) => {
    const branch = graphAttribute(graphOf({ outputs: ['r'], nodes: [node('Neg', [`v${i}`], ['r'])] }));
    return node('If', ['c'], [`v${i + 1}`], { then_branch: branch, else_branch: branch });
  });
  const model: TestModel = {
    inputs: [port('v0', [2])],
    outputs: ['v1000'],
    initializers: [truth('c', 1)],
    nodes,
  };
  const { messages } = importTest(model);
  expect(messages).toHaveLength(1);
  expect(messages[0]).toMatch(/"If" has graphs or functions in each other over 128 deep$/);
});
