/** The pieces of text that `print` and `parse` agree on: numbers, types, attributes. */
import type { Attribute } from '../ops/index.ts';
import type { Quantity } from '../tensor/quantity.ts';
import type { DType, Layout, TensorType } from '../tensor/type.ts';
import { bytesPer, dense, narrow, pieces, plain, printLayout, sameEncoding } from '../tensor/type.ts';

/** The shortest decimal that reads back as the same float32, −0 and NaN included. */
export function printFloat32(value: number): string {
  if (Object.is(value, -0)) return '-0';
  if (!Number.isFinite(value)) return String(value);
  for (let digits = 1; digits <= 9; digits++) {
    const text = String(Number(value.toPrecision(digits)));
    if (Math.fround(Number(text)) === value) return text;
  }
  return String(value);
}

/** A float64 attribute as text. */
const printNumber = (value: number): string => (Object.is(value, -0) ? '-0' : String(value));

export function printAttribute(value: Attribute): string {
  if (typeof value === 'number') return printNumber(value);
  return typeof value === 'object' ? `[${value.map(printNumber).join(' ')}]` : String(value);
}

export function parseNumber(text: string): number {
  const value = Number(text);
  if (Number.isNaN(value) && text !== 'NaN') throw new SyntaxError(`cannot read the number "${text}"`);
  return value;
}

export function parseAttribute(text: string): Attribute {
  if (text === 'true' || text === 'false') return text === 'true';
  if (text.startsWith('[')) return text.slice(1, -1).split(' ').filter(Boolean).map(parseNumber);
  return text === 'NaN' || !Number.isNaN(Number(text)) ? Number(text) : text;
}

const pair = String.raw`([\w-]+)=(\[[^\]]*\]|[^\s[]\S*)`;
const pairs = new RegExp(pair, 'g');
const allPairs = new RegExp(`^(?: ${pair})*$`);

export const printAttributes = (attributes: object): string =>
  Object.entries(attributes as Record<string, Attribute>).reduce(
    (text, [k, v]) => `${text} ${k}=${printAttribute(v)}`,
    '',
  );

export function parseAttributes(text: string): Record<string, Attribute> {
  if (!allPairs.test(text)) throw new SyntaxError(`cannot read the attributes "${text}"`);
  return Object.fromEntries(Array.from(text.matchAll(pairs), ([, k, v]) => [k, parseAttribute(v)]));
}

/** `f32[1x8x8x16, panel 28]`, `f32[64x1x1x16, csr index=16]`. */
export function printType({ dtype, shape, layout, encoding, quantity }: TensorType): string {
  const parts = [
    shape.join('x'),
    ...(layout.kind === 'plain' ? [] : [printLayout(layout)]),
    ...(sameEncoding(encoding, dense) ? [] : [`${encoding.format}${printAttributes(encoding.params)}`]),
    ...(quantity ? [`quantity${printQuantity(quantity)}`] : []),
  ];
  return `${dtype}[${parts.join(', ')}]`;
}

const printQuantity = ({ scale, zero, axis }: Quantity): string => printAttributes({ scale, zero, axis });

const dtypes: ReadonlySet<string> = new Set(Object.keys(bytesPer));

export function parseType(text: string): TensorType {
  const found = /^(\w+)\[([\dx]*)((?:, [^,]+)*)\]$/.exec(text);
  if (!found || !dtypes.has(found[1])) throw new SyntaxError(`cannot read the type "${text}"`);
  const [, dtype, sizes, rest] = found;
  let type: TensorType = {
    dtype: dtype as DType,
    shape: sizes.split('x').filter(Boolean).map(Number),
    layout: plain,
    encoding: dense,
  };
  for (const part of rest.split(', ').filter(Boolean)) type = { ...type, ...parsePart(part) };
  return type;
}

function parsePart(text: string): Partial<TensorType> {
  const [word] = text.split(' ', 1);
  if (word === 'panel') {
    const [, lanes, pairs] = text.split(' ');
    const layout = { kind: 'panel', lanes: parseNumber(lanes) } as const;
    return { layout: (pairs === 'pairs' ? { ...layout, pairs: true } : layout) satisfies Layout };
  }
  if (word === 'pieces') {
    const of = narrow.find((name) => text === `pieces ${name}`);
    if (of === undefined) throw new SyntaxError(`cannot read "${text}"`);
    return { layout: pieces(of) };
  }
  const attributes = parseAttributes(text.slice(word.length));
  if (word === 'quantity') return { quantity: quantityOf(attributes, text) };
  if (!Object.values(attributes).every((v) => typeof v === 'number')) throw new SyntaxError(`cannot read "${text}"`);
  return { encoding: { format: word, params: attributes as Record<string, number> } };
}

function quantityOf({ scale, zero, axis }: Record<string, Attribute>, text: string): Quantity {
  if (typeof scale !== 'object' || typeof zero !== 'object' || typeof axis !== 'number')
    throw new SyntaxError(`cannot read "${text}"`);
  return { scale, zero, axis };
}
