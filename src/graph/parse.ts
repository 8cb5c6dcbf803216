/** Text → graph, for tests, dumps and bug reports. Knows no operator and no format by name. */
import type { Op } from '../ops/index.ts';
import { rules } from '../ops/index.ts';
import type { Numbers } from '../tensor/numbers.ts';
import { bytesOf, zeros } from '../tensor/numbers.ts';
import type { DType } from '../tensor/type.ts';
import { elements } from '../tensor/type.ts';
import type { Graph, Node, Output } from './graph.ts';
import type { Sidecar } from './print.ts';
import { parseAttributes, parseType } from './text.ts';

const string = String.raw`"(?:[^"\\]|\\.)*"`;
const nodeLine = new RegExp(
  String.raw`^%(?<id>\w+) = (?<value>.+?) : (?<type>\w+\[[^"]*\])(?: from (?<origin>${string}))?$`,
);
const callText = /^(?<kind>[\w-]+)\((?<args>[^)]*)\)(?<attributes>.*)$/;
const constantText = /^constant (?<data>\[[^\]]*\]|#\w+)(?: mask (?<mask>\[[^\]]*\]|#\w+))?$/;
const outputText = new RegExp(String.raw`(?<name>${string})=%(?<id>\w+)`, 'g');

/** Reads what `print` wrote. Throws SyntaxError with the line that it cannot read. */
export function parse(text: string, sidecar: Sidecar = new Map()): Graph {
  const lines = text
    .split('\n')
    .map((l) => l.trim())
    .filter((l) => l !== '' && !l.startsWith('//'));
  const head = match(/^graph (?<name>\w+) of (?<file>".*")$/, lines[0] ?? '');
  const tail = match(/^return (?<outputs>.*)$/, lines.at(-1) ?? '');
  const outputs = Array.from(
    tail.outputs.matchAll(outputText),
    ({ groups }): Output => ({ name: unquote(groups?.['name']), id: groups?.['id'] ?? '' }),
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
    const { data, mask } = match(constantText, value);
    const count = elements(common.type.shape);
    return {
      ...common,
      kind: 'constant',
      data: parseData(data, common.type.dtype, count, sidecar),
      ...(mask === undefined ? {} : { mask: parseData(mask, 'u8', count, sidecar) as Uint8Array<ArrayBuffer> }),
    };
  }
  const { kind, args, attributes } = match(callText, value);
  if (!Object.hasOwn(rules, kind)) throw new SyntaxError(`no operator is called "${kind}"`);
  const inputs = Array.from(args.matchAll(/%(\w+)/g), (m) => m[1]);
  return { ...common, kind: 'call', inputs, op: { kind, ...parseAttributes(attributes) } as unknown as Op };
}

function parseData(text: string, dtype: DType, count: number, sidecar: Sidecar): Numbers {
  if (text.startsWith('[')) {
    const numbers = text.slice(1, -1).split(' ').filter(Boolean).map(Number);
    const data = zeros(dtype, numbers.length);
    data.set(numbers);
    return data;
  }
  const bytes = sidecar.get(text.slice(1));
  if (!bytes) throw new SyntaxError(`the constant "${text}" is not in the sidecar`);
  const data = zeros(dtype, count);
  if (bytes.length !== data.byteLength)
    throw new SyntaxError(`the constant "${text}" has ${bytes.length} bytes, and its type needs ${data.byteLength}`);
  bytesOf(data).set(bytes);
  return data;
}

const unquote = (text = '""'): string => JSON.parse(text) as string;

function match(pattern: RegExp, text: string): Record<string, string> {
  const groups = pattern.exec(text)?.groups;
  if (!groups) throw new SyntaxError(`cannot read "${text}"`);
  return groups;
}
