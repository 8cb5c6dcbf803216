/** Stages between engines, as C++: each is a loop over the numbers of a picture, one or one beat a cycle. */
import { bug } from '../../../src/diagnostic.ts';
import type { Combine, Lookup, Rearrange, Stage } from '../pipeline/pipeline.ts';
import { beatType, leastShift, literal, numberType } from './cpp.ts';
import { interpolateTables, interpolateView, softmaxTables, softmaxView } from './mixing.ts';
import { poolView } from './pool.ts';
import type { Desk, Printed } from './stage.ts';
import { beatsOf, elementsOf, functionOf, memoryFor, parametersOf, streamName, streamOf, titleOf } from './stage.ts';
import type { Table } from './tables.ts';
import { numberTable, rowsTable } from './tables.ts';

export type Glue = Exclude<Stage, { readonly kind: 'compute' }>;

export function printGlue(stage: Glue, desk: Desk): Printed {
  const { pipeline, header, render } = desk;
  const fn = functionOf(stage);
  const params = parametersOf(stage, pipeline).join(', ');
  const tables = tablesOf(stage, desk);
  const view = { ...viewOf(stage, desk), declared: tables.map(({ text }) => text) };
  const body = render(`fpga/hls/stages/${stage.kind}.hbs`, view).trimEnd();
  const source = render('fpga/hls/src/stage.cpp.hbs', { doc: [titleOf(stage)], header, fn, params, body });
  return {
    function: fn,
    head: `void ${fn}(${params})`,
    passed: [...stage.inputs, ...stage.outputs].map(streamName),
    artefacts: [
      { path: `src/${stage.name}.cpp`, contents: source, role: 'source' },
      ...tables.flatMap(({ artefacts }) => artefacts),
    ],
  };
}

function tablesOf(stage: Glue, { pipeline }: Desk): readonly Table[] {
  if (stage.kind === 'requantize') {
    const least = leastShift(stage.shift);
    return [
      numberTable(stage.name, 'multiplier', stage.multiplier, 'int16_t'),
      numberTable(
        stage.name,
        'shift',
        stage.shift.map((s) => s - least),
        'uint8_t',
      ),
    ];
  }
  if (stage.kind === 'interpolate') return interpolateTables(stage);
  if (stage.kind === 'softmax') return softmaxTables(stage);
  if (stage.kind !== 'lookup') return [];
  const { bits } = streamOf(pipeline, stage.outputs[0]);
  return [rowsTable(stage.name, 'table', stage.table, stage.size, numberType(bits))];
}

function viewOf(stage: Glue, { pipeline }: Desk): object {
  const [from, to] = [streamOf(pipeline, stage.inputs[0]), streamOf(pipeline, stage.outputs[0])];
  const types = {
    from: beatType(from.bits, from.beat),
    to: beatType(to.bits, to.beat),
    type: beatType(to.bits, to.beat),
    element: numberType(to.bits),
    fromElement: numberType(from.bits),
    beat: to.beat,
    beats: beatsOf(to),
  };
  const wide = [...stage.inputs, ...stage.outputs].some((index) => streamOf(pipeline, index).beat > 1);
  const one = (): typeof types => (wide ? bug(`stage "${stage.name}" takes one number a beat`) : types);
  switch (stage.kind) {
    case 'fork':
      return { ...types, outs: stage.outputs.map((_, i) => `out${i}`) };
    case 'beats':
      return { ...types, elements: elementsOf(to), fromBeat: from.beat, toBeat: to.beat };
    case 'combine': {
      const other = streamOf(pipeline, stage.inputs[1]);
      return {
        ...types,
        a: types.from,
        b: beatType(other.bits, other.beat),
        value: combined[stage.fn],
        bindings: stage.fn === 'mul' ? [product] : [],
      };
    }
    case 'requantize': {
      const { channels, pixels, zero, low, high } = stage;
      const least = leastShift(stage.shift);
      return { ...types, channels, pixels, least, zero, low, high, memory: memoryFor(channels) };
    }
    case 'lookup':
      return { ...one(), ...lookupView(stage) };
    case 'concat':
      return { ...one(), times: stage.times, parts: stage.counts.map((count, index) => ({ index, count })) };
    case 'rearrange':
      return { ...one(), ...rearrangeView(stage) };
    case 'pad': {
      const { channels, value } = stage;
      const [top, left, bottom, right] = stage.pad;
      const [height, width] = [stage.input[0] + top + bottom, stage.input[1] + left + right];
      const inside = [
        ...(top > 0 ? [`y >= ${top}`] : []),
        ...(bottom > 0 ? [`y < ${top + stage.input[0]}`] : []),
        ...(left > 0 ? [`x >= ${left}`] : []),
        ...(right > 0 ? [`x < ${left + stage.input[1]}`] : []),
      ];
      return { ...one(), height, width, channels, value, inside: inside.join(' && ') || 'true' };
    }
    case 'total':
      return { ...one(), channels: stage.channels, pixels: stage.pixels, memory: memoryFor(stage.channels) };
    case 'pool':
      return { ...one(), ...poolView(stage, types) };
    case 'interpolate':
      return { ...one(), ...interpolateView(stage) };
    case 'softmax':
      return { ...one(), ...softmaxView(stage) };
  }
}

/** Products of streams are made of lookup tables, as they are counted. */
const product = 'BIND_OP variable=value op=mul impl=fabric';

const combined: Readonly<Record<Combine['fn'], string>> = {
  add: 'left + right',
  sub: 'left - right',
  mul: 'left * right',
  max: 'left < right ? right : left',
  min: 'right < left ? right : left',
};

function lookupView({ channels, pixels, low, size, perChannel }: Lookup): object {
  const rows = perChannel ? channels : 1;
  return {
    channels,
    pixels,
    low: literal(low),
    size,
    row: perChannel ? 'c' : '0',
    memory: memoryFor(rows * size),
  };
}

function rearrangeView({ times, chunk, base, loops }: Rearrange): object {
  const indent = (level: number): string => '  '.repeat(level + 2);
  const terms = loops.flatMap(({ stride }, i) =>
    stride === 0 ? [] : [stride === 1 ? `i${i}` : `i${i} * ${literal(stride)}`],
  );
  return {
    times,
    chunk,
    loops: loops.map(({ count }, index) => ({ index, count, indent: indent(index) })),
    indent: indent(loops.length),
    place: [...(base === 0 ? [] : [String(base)]), ...terms].join(' + ') || '0',
    ends: loops.map((_, i) => `${indent(loops.length - 1 - i)}}`),
    memory: memoryFor(chunk),
  };
}
