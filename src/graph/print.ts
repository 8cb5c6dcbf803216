/** Graph → text. `parse` reads back exactly what this writes. */
import { createHash } from 'node:crypto';
import type { Decomposition } from '../tensor/decomposition.ts';
import { wordsOf } from '../tensor/matrix.ts';
import type { Numbers } from '../tensor/numbers.ts';
import { bytesOf } from '../tensor/numbers.ts';
import type { DType } from '../tensor/type.ts';
import type { Graph, Node } from './graph.ts';
import { printAttributes, printFloat32, printType } from './text.ts';

/** Constants too long to read, by digest: the file that goes beside the text. */
export type Sidecar = ReadonlyMap<string, Uint8Array<ArrayBuffer>>;

/** Constants with more elements than this are printed as a digest. */
export const inlineLimit = 64;

export interface Printed {
  readonly text: string;
  readonly sidecar: Sidecar;
}

export function print({ name, file, nodes, outputs }: Graph): Printed {
  const sidecar = new Map<string, Uint8Array<ArrayBuffer>>();
  const results = outputs.map((o) => `${quoted(o.name)}=%${o.id}`).join(', ');
  const lines = nodes.map((n) => `  ${printNode(n, (digest, bytes) => sidecar.set(digest, bytes))}`);
  return { text: [`graph ${name} of ${quoted(file)}`, ...lines, `return ${results}`, ''].join('\n'), sidecar };
}

type Keep = (digest: string, bytes: Uint8Array<ArrayBuffer>) => void;

/** One line. What a model named is quoted as JSON, so nothing in it can end the line or a comment around it. */
export function printNode(node: Node, keep: Keep = () => {}): string {
  const origin = node.origin === undefined ? '' : ` from ${quoted(node.origin)}`;
  return `%${node.id} = ${printValue(node, keep)} : ${printType(node.type)}${origin}`;
}

/** JSON text that also cannot close a C comment, end a line of JavaScript, or break HTML. */
export const quoted = (text: string): string =>
  JSON.stringify(text).replace(/[^\x20-\x7e]|[<>&]|\*\/|\/\*|\?\?/g, (found) =>
    Array.from({ length: found.length }, (_, i) => `\\u${found.charCodeAt(i).toString(16).padStart(4, '0')}`).join(''),
  );

function printValue(node: Node, keep: Keep): string {
  if (node.kind === 'input') return `input ${quoted(node.name)}`;
  if (node.kind === 'constant') {
    const mask = node.mask ? ` mask ${printData(node.mask, 'u8', keep)}` : '';
    const units = node.type.quantity?.decomposition;
    return `constant ${printData(node.data, node.type.dtype, keep)}${mask}${units ? printUnits(units, keep) : ''}`;
  }
  const { kind, ...attributes } = node.op;
  return `${kind}(${node.inputs.map((id) => `%${id}`).join(', ')})${printAttributes(attributes)}`;
}

const printUnits = ({ codes, basis, shift, ...sizes }: Decomposition, keep: Keep): string =>
  ` units${printAttributes(sizes)} codes ${printData(codes, 'u8', keep)} basis ${printData(basis, 'i8', keep)} shift ${printData(shift, 'u8', keep)}`;

/** What a long constant is called: the first half of the SHA-256 of its bytes. */
export const digestOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex').slice(0, 32);

/** Whether some NaN has other bits than the NaN that text can say. */
const hasOddNaN = (data: Numbers): boolean =>
  data instanceof Float32Array &&
  data.some(Number.isNaN) &&
  wordsOf(data).some((word) => (word & 0x7fffffff) > 0x7f800000 && word !== 0x7fc00000);

/** Text for a short constant, and a digest for one that is long or that text cannot say exactly. */
function printData(data: Numbers, dtype: DType, keep: Keep): string {
  if (data.length <= inlineLimit && !hasOddNaN(data))
    return `[${Array.from(data, dtype === 'f32' ? printFloat32 : String).join(' ')}]`;
  const bytes = bytesOf(data);
  const digest = digestOf(bytes);
  keep(digest, bytes);
  return `#${digest}`;
}
