/** The program that runs a network's parts one after the other, with what checks it and says how it is built. */
import { bug } from '../../../src/diagnostic.ts';
import type { Id } from '../../../src/graph/graph.ts';
import { quoted } from '../../../src/graph/print.ts';
import type { Split } from '../../../src/graph/split.ts';
import { givenOf, takenOf } from '../../../src/graph/split.ts';
import type { Artefact, HostContext, HostedPart } from '../../../src/target.ts';
import { bytesOf } from '../../../src/tensor/numbers.ts';
import type { TensorType } from '../../../src/tensor/type.ts';
import { elements, printShape } from '../../../src/tensor/type.ts';
import { identifiers } from '../../identifiers.ts';
import { symbols } from '../hls/ports.ts';
import { readmeView } from './readme.ts';
import type { Names } from './steps.ts';
import { buffersOf, cTypeOf, placeOf, stepsOf } from './steps.ts';

interface Port {
  readonly id: Id;
  readonly member: string;
  readonly type: string;
  readonly length: string;
  readonly numbers: number;
  readonly shape: string;
  readonly quoted: string;
}

export function printHost(split: Split, context: HostContext): readonly Artefact[] {
  const { whole } = split;
  const { render, symbol, before, after } = context;
  const { name } = whole;
  const upper = symbol.toUpperCase();
  const byId = new Map(whole.nodes.map((node) => [node.id, node]));
  const inputs = portsOf(
    whole.nodes.flatMap((n) => (n.kind === 'input' ? [{ id: n.id, name: n.name, type: n.type }] : [])),
    `${upper}_HOST_INPUT`,
  );
  const outputs = portsOf(
    whole.outputs.map((o) => ({ ...o, type: byId.get(o.id)?.type ?? bug(`%${o.id} is not there`) })),
    `${upper}_HOST_OUTPUT`,
  );
  const [taken, given] = [takenOf(split), givenOf(split)];
  const [entering, leaving] = [
    symbols(
      taken.map((c) => c.name),
      'in',
    ),
    symbols(
      given.map((c) => c.name),
      'out',
    ),
  ];
  const names: Names = {
    symbol,
    upper,
    inputs: new Map(
      split.whole.nodes
        .flatMap((n) => (n.kind === 'input' ? [[n.name, n.id]] : []))
        .map(([n, id]) => [n, memberOf(inputs, id)]),
    ),
    outputs: new Map(whole.outputs.map(({ name: output }, i) => [output, outputs[i].member])),
    taken: taken.map((crossing, i) => ({ crossing, member: entering[i] })),
    given: given.map((crossing, i) => ({ crossing, member: leaving[i] })),
  };
  const parts = [before, after].flatMap((part) => part ?? []);
  const common = { name, symbol, upper, inputs, outputs, ports: [...inputs, ...outputs] };
  const usage = [...inputs.map((p) => `${p.member}.bin`), ...outputs.map((p) => `${p.member}_out.bin`)].join(' ');
  const recorded = recordedOf(inputs, outputs, names, context.values);
  const accelerated = [...names.taken, ...names.given].map(({ crossing }) => placeOf(crossing));
  const text = (path: string, template: string, view: object, role: Artefact['role']): Artefact => ({
    path,
    contents: render(`fpga/host/${template}.hbs`, view),
    role,
  });
  return [
    text(
      `host/${name}_host.h`,
      'host.h',
      {
        ...common,
        guard: `${upper}_HOST_H`,
        parts: parts.map((part) => ({ name: part.name })),
        accelerated: [...new Set(accelerated)].join(', '),
        buffers: buffersOf(split),
        works: [before && 'before', after && 'after'].flatMap((part) =>
          part ? [`${part}[${upperOf(part === 'before' ? before : after)}_WORKSPACE_SIZE]`] : [],
        ),
      },
      'header',
    ),
    text(
      `host/${name}_host.c`,
      'host.c',
      {
        ...common,
        checked: [...inputs.map((p) => `inputs->${p.member}`), ...outputs.map((p) => `outputs->${p.member}`)],
        steps: stepsOf(split, names, context),
      },
      'source',
    ),
    text(
      `host/${name}_host_main.c`,
      'main.c',
      {
        ...common,
        usage,
        files: inputs.length + outputs.length,
        ports: [
          ...inputs.map((p) => ({ ...p, array: `in_${p.member}` })),
          ...outputs.map((p) => ({ ...p, array: `out_${p.member}` })),
        ],
      },
      'example',
    ),
    text(`host/${name}_host_check.c`, 'check.c', { ...common, ...checkView(outputs, names, recorded) }, 'check'),
    { path: 'host/recorded.bin', contents: joined(recorded), role: 'check' },
    text('host/csim.sh', 'csim.sh', scriptView(name, context), 'build'),
    text('README.md', 'README.md', { name, symbol, usage, ...readmeView(split, names, context) }, 'documentation'),
  ];
}

const upperOf = (part: HostedPart | undefined): string => (part?.symbol ?? bug('no such part')).toUpperCase();

const memberOf = (ports: readonly Port[], id: Id): string =>
  ports.find((port) => port.id === id)?.member ?? bug(`%${id} is no port`);

function portsOf(
  ports: readonly { readonly id: Id; readonly name: string; readonly type: TensorType }[],
  prefix: string,
): readonly Port[] {
  const members = identifiers(ports.map((p) => p.name));
  return ports.map(({ id, name, type }, i) => ({
    id,
    member: members[i],
    type: cTypeOf(type.dtype),
    length: `${prefix}_${members[i]}_LENGTH`,
    numbers: elements(type.shape),
    shape: printShape(type.shape) || 'one number',
    quoted: quoted(name),
  }));
}

interface Stored {
  readonly array: string;
  readonly type: string;
  readonly numbers: number;
  readonly bytes: Uint8Array;
}

/** In the order of the file. */
function recordedOf(
  inputs: readonly Port[],
  outputs: readonly Port[],
  { taken, given }: Names,
  values: HostContext['values'],
): readonly Stored[] {
  const of = (id: Id) => values.get(id) ?? bug(`%${id} was not computed`);
  const port =
    (stem: string) =>
    (p: Port): Stored => ({
      array: `${stem}_${p.member}`,
      type: p.type,
      numbers: p.numbers,
      bytes: bytesOf(of(p.id)),
    });
  const crossing = ({
    crossing: { id, bus = bug('nothing crosses'), shape },
    member,
  }: Names['taken'][number]): Stored => {
    const narrow = { i8: Int8Array, i16: Int16Array, i32: Int32Array }[bus];
    return {
      array: `bus_${member}`,
      type: cTypeOf(bus),
      numbers: elements(shape),
      bytes: bytesOf(narrow.from(of(id))),
    };
  };
  return [...inputs.map(port('in')), ...taken.map(crossing), ...given.map(crossing), ...outputs.map(port('out'))];
}

function joined(records: readonly Stored[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(records.reduce((sum, { bytes }) => sum + bytes.length, 0));
  let at = 0;
  for (const { bytes } of records) {
    all.set(bytes, at);
    at += bytes.length;
  }
  return all;
}

function checkView(outputs: readonly Port[], { taken, given }: Names, recorded: readonly Stored[]) {
  const view =
    (stem: string) =>
    ({ crossing, member }: Names['taken'][number]) => ({
      member,
      array: `bus_${member}`,
      got: stem === 'got' ? `got_${member}` : `memory.${placeOf(crossing)}`,
      type: cTypeOf(crossing.bus ?? 'i32'),
      numbers: elements(crossing.shape),
    });
  // What the caller gives as it is cannot differ.
  const made = taken.filter(({ crossing }) => !(crossing.from === 'model' && crossing.bus === 'i32'));
  const compared = made.map(view('memory'));
  return {
    recorded,
    arrays: [
      ...outputs.map((p) => ({ type: p.type, array: `got_${p.member}`, numbers: p.numbers })),
      ...given.map(view('got')).map(({ type, got, numbers }) => ({ type, array: got, numbers })),
    ],
    types: [...new Set([...compared, ...outputs].map(({ type }) => type))].map((type) => ({ type })),
    taken: taken.map(view('got')),
    given: given.map(view('got')),
    compared,
  };
}

function scriptView(name: string, { before, after, compiler: [cc, ...flags] }: HostContext) {
  const parts = [before && { folder: 'before', ...before }, after && { folder: 'after', ...after }].flatMap(
    (part) => part ?? [],
  );
  const includes = ['host', 'fpga/call', ...parts.map(({ folder }) => folder)];
  return {
    name,
    cc,
    cxx: cc.endsWith('gcc') ? `${cc.slice(0, -3)}g++` : cc.endsWith('clang') ? `${cc}++` : 'c++',
    flags: flags.join(' '),
    includes: includes.map((folder) => `-I"$from/${folder}"`).join(' '),
    objects: parts.flatMap((part) => part.objects.map(({ object }) => object)).join(' '),
    parts: parts.map((part) => ({
      folder: part.folder,
      objects: part.objects.map(({ words, object }) => ({ words: words.join(' '), object })),
    })),
    schedules: ` -DESPALIER_SCHEDULES="\\"$from/fpga/tb/schedules.dat\\""`,
  };
}
