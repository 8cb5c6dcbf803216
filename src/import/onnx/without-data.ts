/**
 * A model's file without the bytes of its tensors, which stay where they are until somebody wants them: each of its
 * large tensors says, as if its bytes were in another file, where in this one they lie.
 */
import protobuf from 'protobufjs/light.js';
import type { OpenFile } from '../open-file.ts';
import { buffered } from '../open-file.ts';
import { encode } from './schema.ts';

/** Marks a tensor whose bytes lie in the model's own file. */
export const ownData = 'espalier.own';

/** Messages shorter than this are taken as they are. */
const small = 1024;

/** Messages in each other: more is a broken file. */
const deepest = 100;

/** For each message, the fields that hold messages with tensors in them, by number, as onnx.proto has them. */
const within = {
  ModelProto: { 7: 'GraphProto', 25: 'FunctionProto' },
  GraphProto: { 1: 'NodeProto', 5: 'TensorProto', 15: 'SparseTensorProto' },
  FunctionProto: { 7: 'NodeProto' },
  NodeProto: { 5: 'AttributeProto' },
  AttributeProto: { 5: 'TensorProto', 6: 'GraphProto', 22: 'SparseTensorProto' },
  SparseTensorProto: { 1: 'TensorProto', 2: 'TensorProto' },
  TensorProto: {},
} as const satisfies Readonly<Record<string, Readonly<Record<number, string>>>>;

type Message = keyof typeof within;

/** The field of a TensorProto that is left where it is. */
const rawData = 9;

/** Throws on whatever is no protocol buffer, and where it is cut off. */
export const withoutData = (file: OpenFile): Uint8Array => rewrite(buffered(file), 0, file.length, 'ModelProto', 0);

function rewrite(file: OpenFile, from: number, to: number, kind: Message, depth: number): Uint8Array {
  if (depth > deepest) throw new RangeError('messages are nested too deep');
  const pieces: Uint8Array[] = [];
  for (let at = from; at < to; ) {
    const { number, content, end } = fieldAt(file, at, to);
    const inner = (within[kind] as Readonly<Record<number, Message>>)[number];
    const isData = kind === 'TensorProto' && number === rawData;
    if (content === undefined || end - content < small || (!inner && !isData)) pieces.push(file.part(at, end).slice());
    else if (inner) pieces.push(message(number, rewrite(file, content, end, inner, depth + 1)));
    else pieces.push(whereabouts(content, end));
    at = end;
  }
  return Buffer.concat(pieces);
}

interface Field {
  readonly number: number;
  /** Where the content begins of a field that says how long it is. */
  readonly content: number | undefined;
  readonly end: number;
}

/** Longer than the key of any field, the length of its content, and any number. */
const longestHead = 32;

function fieldAt(file: OpenFile, at: number, to: number): Field {
  const reader = protobuf.Reader.create(file.part(at, Math.min(to, at + longestHead)));
  const key = reader.uint32();
  const [number, wire] = [key >>> 3, key & 7];
  if (wire === 2) {
    const length = reader.uint32();
    const content = at + reader.pos;
    if (content + length > to) throw new RangeError(`a field of ${length} bytes goes beyond the end`);
    return { number, content, end: content + length };
  }
  if (wire !== 0 && wire !== 1 && wire !== 5) throw new RangeError(`a field is of the unknown wire type ${wire}`);
  reader.skipType(wire);
  return { number, content: undefined, end: at + reader.pos };
}

const message = (number: number, content: Uint8Array): Uint8Array =>
  protobuf.Writer.create()
    .uint32(number * 8 + 2)
    .bytes(content)
    .finish();

/** The fields of a tensor that say where its bytes are; they come after those that the file has, and so count. */
const whereabouts = (from: number, to: number): Uint8Array =>
  encode('TensorProto', {
    dataLocation: 1,
    externalData: [
      { key: ownData, value: '' },
      { key: 'offset', value: String(from) },
      { key: 'length', value: String(to - from) },
    ],
  });
