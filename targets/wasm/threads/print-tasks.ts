/** Tasks as WebAssembly text: for each turn, a thread takes one after the other until there are none, and waits until all are done. */

import type { Render } from '../../../src/target.ts';
import type { Wat } from '../text.ts';
import { lines, number } from '../text.ts';
import type { Control } from './control.ts';
import { counterAt, tableIn } from './control.ts';
import type { Counted, Differing, SharedCall, Turn } from './tasks.ts';
import { eachOf } from './tasks.ts';

/**
 * Prints a call of a step. `said` gives what stands for an argument that is not the same for all tasks: `from` is the
 * address of an array, and 0 for a number.
 */
export type PrintShared = (call: SharedCall, step: number, said: (at: number, from: number) => Wat | undefined) => Wat;

export interface SharedText {
  readonly imports: string;
  readonly routines: string;
  /** Lines that open the function. */
  readonly head: readonly string[];
  /** For each step its lines. */
  readonly steps: readonly (readonly string[])[];
}

/** Looks at a counter before a thread goes to sleep: some ten microseconds. */
const looks = 32768;

export function sharedText(control: Control, render: Render, print: PrintShared): SharedText {
  const { tasks } = control;
  const at = (counter: Parameters<typeof counterAt>[1]): number => counterAt(control, counter);
  const view = { taken: at('taken'), done: at('done'), sleepers: at('sleepers'), threads: tasks.threads, looks };
  return {
    imports: '(func $wait (import "espalier" "wait") (param i32))',
    routines: render('wasm/threads/tasks.wat.hbs', view).trimEnd(),
    head: [
      ';; One inference, by all threads that call this: so many runs were begun, this one among them.',
      '(func (export "share") (param $run i32) (param $thread i32) (local $task i32) (local $end i32) (local $part i32)',
      `  (local.set $task (i32.mul (local.get $run) (i32.const ${tasks.count})))`,
    ],
    steps: tasks.steps.map((turns, step) =>
      turns.flatMap((turn) => printTurn(turn, control, (call, said) => print(call, step, said))),
    ),
  };
}

function printTurn(
  turn: Turn,
  control: Control,
  print: (call: SharedCall, said: Parameters<PrintShared>[2]) => Wat,
): readonly string[] {
  const { threads } = control.tasks;
  const each = eachOf(turn, threads);
  const one = (call: SharedCall): Wat =>
    print(call, (at, from) => {
      const differing = call.differing.get(at);
      return differing && valueOf(differing, from, tableIn(control));
    });
  const end: Wat = ['i32.add', get('task'), number('i32', each)];
  const claim: Wat = ['local.tee', '$part', ['call', '$claim', get('task'), get('end'), get('thread')]];
  const work = chosen(turn.calls, one);
  const is = ['i32.lt_u', get('part'), number('i32', turn.count)];
  const loop: Wat = [
    'loop',
    '$more',
    [
      'if',
      ['i32.ge_s', claim, number('i32', 0)],
      [
        'then',
        ...(each * threads > turn.count ? [['if', is, ['then', ...work]]] : work),
        ['call', '$finish', get('end')],
        ['br', '$more'],
      ],
    ],
  ];
  return [
    ...lines(['local.set', '$end', end]),
    ...lines(loop),
    ...lines(['call', '$meet', ['local.tee', '$task', get('end')]]),
  ];
}

/** The first call has the first tasks, and so on. */
function chosen([call, ...others]: readonly SharedCall[], one: (call: SharedCall) => Wat, before = 0): readonly Wat[] {
  if (others.length === 0) return [one(call)];
  const below: Wat = ['i32.lt_u', get('part'), number('i32', before + call.count)];
  return [['if', below, ['then', one(call)], ['else', ...chosen(others, one, before + call.count)]]];
}

const get = (name: string): Wat => ['local.get', `$${name}`];

function valueOf(differing: Differing, from: number, table: number): Wat {
  switch (differing.kind) {
    case 'own':
      return added(from, ['i32.mul', get('thread'), number('i32', differing.step)]);
    case 'even': {
      const { first, step, but } = differing;
      const i = counted(differing);
      const even: Wat =
        step === 0 ? number('i32', from + first) : added(from + first, ['i32.mul', i, number('i32', step)]);
      if (!but) return even;
      return ['select', number('i32', from + but.value), even, ['i32.eq', i, number('i32', but.i)]];
    }
    case 'table': {
      const at: Wat = ['i32.shl', counted(differing), number('i32', 2)];
      const found: Wat = ['i32.load', `offset=${table + 4 * differing.at}`, at];
      return from === 0 ? found : added(from, found);
    }
  }
}

function counted({ begun, every, round }: Counted): Wat {
  const from: Wat = begun === 0 ? get('part') : ['i32.sub', get('part'), number('i32', begun)];
  const rows: Wat = every === 1 ? from : ['i32.div_u', from, number('i32', every)];
  return round > 0 ? ['i32.rem_u', rows, number('i32', round)] : rows;
}

const added = (from: number, more: Wat): Wat => ['i32.add', number('i32', from), more];
