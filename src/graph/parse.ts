/** Text → graph, for tests, dumps and bug reports. Knows no operator and no format by name. */
import type { Op } from '../ops/index.ts';
import { rules } from '../ops/index.ts';
import type { Decomposition } from '../tensor/decomposition.ts';
import type { Numbers } from '../tensor/numbers.ts';
import { bytesOf, zeros } from '../tensor/numbers.ts';
import type { DType, TensorType } from '../tensor/type.ts';
import { bytesPer, elements } from '../tensor/type.ts';
import type { Graph, Node, Output } from './graph.ts';
import type { Sidecar } from './print.ts';
import { parseAttributes, parseNumber, parseType } from './text.ts';

const string = String.raw`"(?:[^"\\]|\\.)*"`;
const nodeLine = new RegExp(
  String.raw`^%(?<id>\w+) = (?<value>.+?) : (?<type>\w+\[[^"]*\])(?: from (?<origin>${string}))?$`,
);
const callText = /^(?<kind>[\w-]+)\((?<args>(?:%\w+(?:, %\w+)*)?)\)(?<attributes>.*)$/;
const dataText = String.raw`\[[^\]]*\]|#\w+`;
const constantText = new RegExp(
  `^constant (?<data>${dataText})(?: mask (?<mask>${dataText}))?(?: units (?<units>.*))?$`,
);
const unitsText = new RegExp(
  String.raw`^along=(?<along>kernels|neighbours) rows=(?<rows>\d+) units=(?<units>\d+) group=(?<group>\d+) codes (?<codes>${dataText}) basis (?<basis>${dataText}) shift (?<shift>${dataText})$`,
);
const outputText = new RegExp(String.raw`(${string})=%(\w+)`, 'g');
const lastLine = new RegExp(String.raw`^return(?<outputs>(?: ${string}=%\w+(?:, ${string}=%\w+)*)?)$`);
const firstLine = new RegExp(String.raw`^graph (?<name>\w+) of (?<file>${string})$`);

/** Reads what `print` wrote. Throws SyntaxError with the line that it cannot read. */
export function parse(text: string, sidecar: Sidecar = new Map()): Graph {
  const lines = text
    .split('\n')
    .map((l) => l.trim())
    .filter((l) => l !== '' && !l.startsWith('//'));
  const head = match(firstLine, lines[0] ?? '');
  const tail = match(lastLine, lines.at(-1) ?? '');
  const outputs = Array.from(
    tail.outputs.matchAll(outputText),
    ([, name, id]): Output => ({ name: unquote(name), id }),
  );
  return {
    name: head.name,
    file: unquote(head.file),
    nodes: lines.slice(1, -1).map((line) => parseNode(line, sidecar)),
    outputs,
  };
}

function parseNode(line: string, sidecar: Sidecar): Node {
  const { id, value, type: typed, origin } = match(nodeLine, line);
  const common = { id, type: parseType(typed), ...(origin === undefined ? {} : { origin: unquote(origin) }) };
  if (value.startsWith('input ')) return { ...common, kind: 'input', name: unquote(value.slice(6)) };
  if (value.startsWith('constant ')) {
    const { data, mask, units } = match(constantText, value);
    const count = elements(common.type.shape);
    return {
      ...common,
      ...(units === undefined ? {} : { type: withUnits(common.type, units, sidecar) }),
      kind: 'constant',
      data: parseData(data, common.type.dtype, count, sidecar),
      ...(mask === undefined ? {} : { mask: parseData(mask, 'u8', count, sidecar) as Uint8Array<ArrayBuffer> }),
    };
  }
  const { kind, args, attributes } = match(callText, value);
  if (!Object.hasOwn(rules, kind)) throw new SyntaxError(`no operator is called "${kind}"`);
  const inputs = Array.from(args.matchAll(/%(\w+)/g), (m) => m[1]);
  return { ...common, kind: 'call', inputs, op: { ...parseAttributes(attributes), kind } as unknown as Op };
}

/** The type with a quantity that says what the numbers are made of. */
function withUnits(type: TensorType, text: string, sidecar: Sidecar): TensorType {
  const { along, rows, units, group, codes, basis, shift } = match(unitsText, text);
  if (!type.quantity) throw new SyntaxError(`the units of "${text}" have no quantity`);
  const sizes = { rows: Number(rows), units: Number(units), group: Number(group) };
  const bases = type.shape[0] * sizes.units;
  const decomposition = {
    along: along as Decomposition['along'],
    ...sizes,
    codes: parseData(codes, 'u8', bases * sizes.rows * 3, sidecar) as Decomposition['codes'],
    basis: parseData(basis, 'i8', bases * 9, sidecar) as Decomposition['basis'],
    shift: parseData(shift, 'u8', bases, sidecar) as Decomposition['shift'],
  };
  return { ...type, quantity: { ...type.quantity, decomposition } };
}

function parseData(text: string, dtype: DType, count: number, sidecar: Sidecar): Numbers {
  if (text.startsWith('[')) {
    const numbers = text.slice(1, -1).split(' ').filter(Boolean).map(parseNumber);
    const data = zeros(dtype, numbers.length);
    data.set(numbers);
    const misfit = dtype === 'f32' ? undefined : numbers.find((n, i) => n !== data[i]);
    if (misfit !== undefined) throw new SyntaxError(`${misfit} is no ${dtype}`);
    return data;
  }
  const bytes = sidecar.get(text.slice(1));
  if (!bytes) throw new SyntaxError(`the constant "${text}" is not in the sidecar`);
  if (bytes.length !== count * bytesPer[dtype])
    throw new SyntaxError(
      `the constant "${text}" has ${bytes.length} bytes, and its type needs ${count * bytesPer[dtype]}`,
    );
  const data = zeros(dtype, count);
  bytesOf(data).set(bytes);
  return data;
}

function unquote(text: string): string {
  try {
    return JSON.parse(text) as string;
  } catch {
    throw new SyntaxError(`cannot read the text ${text}`);
  }
}

function match(pattern: RegExp, text: string): Record<string, string> {
  const groups = pattern.exec(text)?.groups;
  if (!groups) throw new SyntaxError(`cannot read "${text}"`);
  return groups;
}
