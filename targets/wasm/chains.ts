/**
 * Steps that run band by band as WebAssembly text: a function that computes a band, and a call of it for each. What differs
 * between bands is passed to it. Windows begin with another panel in each band, and are passed as if their first were there.
 */
import { bug } from '../../src/diagnostic.ts';
import type { Arr } from '../../src/loop/loop.ts';
import type { Chain } from '../../src/plan/chains.ts';
import type { Argument, Panels, RoutineCall } from '../../src/plan/kernel.ts';
import type { Plan, Step } from '../../src/plan/plan.ts';
import { bytesPer } from '../../src/tensor/type.ts';
import type { Wat } from './text.ts';
import { identifierOf, literal, number } from './text.ts';

export interface PrintedChain {
  readonly definition: Wat;
  readonly calls: readonly Wat[];
}

export interface Names {
  readonly place: (array: Arr) => number;
  /** Of the parameters of what is called. */
  readonly parameters: (call: RoutineCall) => readonly string[];
}

export function printChain(chain: Chain, plan: Plan, names: Names): PrintedChain {
  const { first, last, windows, bands } = chain;
  const name = `$bands_${first}`;
  const parameters: (readonly number[])[] = [];
  /** One value for each band. */
  const value = (values: readonly number[]): Wat => {
    if (values.every((v) => v === values[0])) return number('i32', values[0]);
    const known = parameters.findIndex((p) => p.every((v, i) => v === values[i]));
    if (known < 0) parameters.push(values);
    return ['local.get', `$p${known < 0 ? parameters.length - 1 : known}`];
  };

  const moves = windows.map(({ array, size }, w): Wat => {
    const bytes = size * bytesPer[array.dtype];
    const [place, kept] = [names.place(array), bands.map((band) => band.kept[w])];
    const moved = kept.map(([begin], i) => (i === 0 ? 0 : begin - kept[i - 1][0]));
    return [
      'memory.copy',
      number('i32', place),
      value(moved.map((panels) => place + panels * bytes)),
      value(kept.map(([begin, end], i) => (moved[i] === 0 ? 0 : (end - begin) * bytes))),
    ];
  });
  /** Where an array would begin if it were there whole. */
  const addresses = (array: Arr): readonly number[] => {
    const w = windows.findIndex((window) => window.array === array);
    const bytes = w < 0 ? 0 : windows[w].size * bytesPer[array.dtype];
    return bands.map(({ kept }) => names.place(array) - (w < 0 ? 0 : kept[w][0] * bytes));
  };
  const calls = plan.steps.slice(first, last + 1).map((step, i): Wat => {
    const call = callOf(step);
    const ranges = bands.map((band) => band.ranges[i]);
    const given = ranges.map((of) => argumentsOf(call, of));
    const labels = names.parameters(call);
    const printed = given[0].map((a, at): Wat => {
      const label = `(; ${typeof a === 'object' && 'dtype' in a ? a.name : (labels[at] ?? '')} ;)`;
      if (typeof a === 'number') return [...value(given.map((args) => args[at] as number)), label];
      if ('f32' in a) return ['f32.const', literal('f32', a.f32), label];
      return [...value(addresses(a)), label];
    });
    const made: Wat = ['call', `$${identifierOf(call.routine)}`, ...printed];
    if (ranges.every(([begin, end]) => begin < end)) return made;
    return ['if', value(ranges.map(([begin, end]) => Number(begin < end))), ['then', made]];
  });
  return {
    definition: ['func', name, ...parameters.map((_, i) => ['param', `$p${i}`, 'i32']), ...moves, ...calls],
    calls: bands.map((_, band) => ['call', name, ...parameters.map((p) => number('i32', p[band]))]),
  };
}

/** Of the bands' calls one that a chain begins with: what windows hold is then written, and nothing beside them. */
export const firstOf = ({ bands, first }: Chain, steps: readonly Step[]): readonly RoutineCall[] =>
  bands[0].ranges.flatMap((of, i) => {
    const call = callOf(steps[first + i]);
    return of[0] < of[1] ? [{ ...call, args: argumentsOf(call, of) }] : [];
  });

const callOf = ({ work }: Step): RoutineCall => (work.kind === 'routines' ? work.calls[0] : bug('a chain has loops'));

const argumentsOf = ({ range }: RoutineCall, of: Panels): readonly Argument[] =>
  range?.args?.(of) ?? bug('a call in a chain has no bands');
