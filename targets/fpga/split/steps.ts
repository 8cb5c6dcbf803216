/** What a run of all parts does, as lines of C, and the arrays between them. */
import { bug } from '../../../src/diagnostic.ts';
import type { Crossing, Split } from '../../../src/graph/split.ts';
import type { HostContext, HostedPart } from '../../../src/target.ts';
import type { DType } from '../../../src/tensor/type.ts';
import { elements, printShape } from '../../../src/tensor/type.ts';
import { identifiers } from '../../identifiers.ts';

const ctype: Readonly<Partial<Record<DType, string>>> = { f32: 'float', i32: 'int32_t', i16: 'int16_t', i8: 'int8_t' };
export const cTypeOf = (dtype: DType): string => ctype[dtype] ?? bug(`no port is ${dtype}`);

/** Where the host has a value of the accelerator, below `memory`. */
export const placeOf = ({ from, bus, name }: Crossing): string => {
  if (from === 'accelerator') return `from_${name}`;
  return from === 'before' && bus === 'i32' ? `before_${name}` : `to_${name}`;
};

/** What things are called in C. */
export interface Names {
  readonly symbol: string;
  readonly upper: string;
  /** Members by the user's names. */
  readonly inputs: ReadonlyMap<string, string>;
  readonly outputs: ReadonlyMap<string, string>;
  /** What the accelerator takes and gives, with the members of its structs. */
  readonly taken: readonly Crossed[];
  readonly given: readonly Crossed[];
}

export interface Crossed {
  readonly crossing: Crossing;
  readonly member: string;
}

export interface Step {
  readonly doc: string;
  readonly lines: readonly string[];
}

/** Whether the part behind the accelerator reads what it gives in another width than it is given. */
const isWidened = ({ from, to, bus }: Crossing): boolean =>
  from === 'accelerator' && bus !== 'i32' && to.includes('after');

export const buffersOf = ({ crossings }: Split) =>
  crossings.flatMap((c) => {
    const { from, to, dtype, bus, shape, name } = c;
    const array = (member: string, type: string, doc: string) => ({
      member,
      type,
      numbers: elements(shape),
      doc: `${printShape(shape) || 'one number'}: ${doc}`,
    });
    const place = placeOf(c);
    return [
      ...(from === 'before'
        ? [array(`before_${name}`, cTypeOf(dtype), 'what the part before the accelerator gives')]
        : []),
      ...(to.includes('accelerator') && place === `to_${name}` && !(from === 'model' && bus === 'i32')
        ? [array(place, cTypeOf(bus ?? bug('nothing crosses')), 'what the accelerator takes')]
        : []),
      ...(from === 'accelerator'
        ? [array(place, cTypeOf(bus ?? bug('nothing crosses')), 'what the accelerator gives')]
        : []),
      ...(isWidened(c) ? [array(`wide_${name}`, 'int32_t', 'the same in 32 bits')] : []),
    ];
  });

export function stepsOf(split: Split, names: Names, { before, after }: HostContext): readonly Step[] {
  const byName = new Map(split.crossings.flatMap((c) => (c.from === 'model' ? [] : [[c.name, c] as const])));
  const input = (name: string): string => `inputs->${names.inputs.get(name) ?? bug(`no input "${name}"`)}`;
  const output = (name: string): string => `outputs->${names.outputs.get(name) ?? bug(`no output "${name}"`)}`;
  const read = (name: string): string => {
    const crossing = byName.get(name);
    if (!crossing) return input(name);
    if (crossing.from === 'before') return `memory->before_${name}`;
    return `memory->${isWidened(crossing) ? `wide_${name}` : placeOf(crossing)}`;
  };
  const written = (name: string): string => (byName.has(name) ? `memory->before_${name}` : output(name));

  const run = (part: HostedPart, word: 'before' | 'after', doc: string): Step => {
    const [inputs, outputs] = [identifiers(part.inputs), identifiers(part.outputs)];
    return {
      doc,
      lines: [
        `const ${part.symbol}_inputs ${word}_inputs = {`,
        ...part.inputs.map((name, i) => `  .${inputs[i]} = ${read(name)},`),
        '};',
        `${part.symbol}_outputs ${word}_outputs = {`,
        ...part.outputs.map((name, i) => `  .${outputs[i]} = ${written(name)},`),
        '};',
        `if (${part.symbol}_run(&${word}_inputs, &${word}_outputs, memory->${word}) != 0) return ${names.upper}_HOST_${word.toUpperCase()};`,
      ],
    };
  };

  const sourceOf = (c: Crossing): string => (c.from === 'model' ? input(c.name) : `memory->before_${c.name}`);
  const isCopied = (c: Crossing): boolean => c.bus !== 'i32';
  const passedOf = (c: Crossing): string => (isCopied(c) ? `memory->${placeOf(c)}` : sourceOf(c));
  const narrowed = names.taken.filter(({ crossing }) => isCopied(crossing));
  const { symbol } = names;
  const { crossings } = split;
  const accelerator: Step = {
    doc: 'The accelerator.',
    lines: [
      ...narrowed.map(({ crossing: c }) => copy(c, `memory->${placeOf(c)}`, sourceOf(c), cTypeOf(c.bus ?? 'i32'))),
      `const ${symbol}_accelerator_inputs to = {`,
      ...names.taken.map(({ crossing, member }) => `  .${member} = ${passedOf(crossing)},`),
      '};',
      `const ${symbol}_accelerator_outputs from = {`,
      ...names.given.map(({ crossing, member }) => `  .${member} = memory->${placeOf(crossing)},`),
      '};',
      `if (${symbol}_accelerate(&to, &from) != 0) return ${names.upper}_HOST_ACCELERATOR;`,
      ...crossings.filter(isWidened).map((c) => copy(c, `memory->wide_${c.name}`, `memory->${placeOf(c)}`, 'int32_t')),
      ...crossings.flatMap((c) => c.outputs.map((o) => copy(c, output(o), `memory->${placeOf(c)}`, 'int32_t'))),
    ],
  };
  return [
    ...(before ? [run(before, 'before', 'What comes before the accelerator.')] : []),
    accelerator,
    ...(after ? [run(after, 'after', 'The rest.')] : []),
  ];
}

const copy = ({ shape }: Crossing, to: string, from: string, type: string): string =>
  `for (size_t i = 0; i < ${elements(shape)}; ++i) ${to}[i] = (${type})${from}[i];`;
