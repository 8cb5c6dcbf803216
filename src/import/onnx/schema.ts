/**
 * ONNX files as protocol buffers: the messages of the ONNX IR specification (onnx.proto, IR version 11) that are read
 * or written. Fields that are not listed are skipped.
 */
import type Long from 'long';
import protobuf from 'protobufjs/light.js';

/** A whole number of 64 bits. */
export type Int64 = Long;

export interface ModelProto {
  readonly irVersion: Int64;
  readonly producerName: string;
  readonly producerVersion: string;
  readonly graph: GraphProto | null;
  readonly opsetImport: readonly OperatorSetIdProto[];
  readonly functions: readonly FunctionProto[];
}

export interface OperatorSetIdProto {
  readonly domain: string;
  readonly version: Int64;
}

export interface GraphProto {
  readonly node: readonly NodeProto[];
  readonly name: string;
  readonly initializer: readonly TensorProto[];
  readonly sparseInitializer: readonly SparseTensorProto[];
  readonly input: readonly ValueInfoProto[];
  readonly output: readonly ValueInfoProto[];
}

export interface NodeProto {
  /** An empty name is an operand that is left out. */
  readonly input: readonly string[];
  readonly output: readonly string[];
  readonly name: string;
  readonly opType: string;
  readonly domain: string;
  readonly attribute: readonly AttributeProto[];
}

export interface AttributeProto {
  readonly name: string;
  /** In the body of a function: the function's attribute that gives the value. */
  readonly refAttrName: string;
  /** One of `attributeTypes`; 0 in files of the first version of the IR. */
  readonly type: number;
  readonly f: number;
  readonly i: Int64;
  readonly s: Uint8Array;
  readonly t: TensorProto | null;
  readonly g: GraphProto | null;
  readonly sparseTensor: SparseTensorProto | null;
  readonly floats: readonly number[];
  readonly ints: readonly Int64[];
  readonly strings: readonly Uint8Array[];
}

export interface TensorProto {
  readonly dims: readonly Int64[];
  readonly dataType: number;
  readonly name: string;
  readonly rawData: Uint8Array;
  readonly floatData: readonly number[];
  readonly int32Data: readonly number[];
  readonly int64Data: readonly Int64[];
  readonly doubleData: readonly number[];
  readonly uint64Data: readonly Int64[];
  readonly externalData: readonly StringStringEntryProto[];
  /** 1 where the data lie in another file. */
  readonly dataLocation: number;
}

export interface StringStringEntryProto {
  readonly key: string;
  readonly value: string;
}

export interface SparseTensorProto {
  /** The elements that are not zero, [nnz]; its name is the name of the whole. */
  readonly values: TensorProto | null;
  /** Where they stand: [nnz] flat, or [nnz, rank]. */
  readonly indices: TensorProto | null;
  readonly dims: readonly Int64[];
}

export interface ValueInfoProto {
  readonly name: string;
  readonly type: TypeProto | null;
}

export interface TypeProto {
  readonly tensorType: { readonly elemType: number; readonly shape: TensorShapeProto | null } | null;
}

export interface TensorShapeProto {
  readonly dim: readonly Dimension[];
}

/** A size, or the name of one that is open, or nothing. */
export interface Dimension {
  readonly dimValue?: Int64;
  readonly dimParam?: string;
}

export interface FunctionProto {
  readonly name: string;
  readonly domain: string;
  readonly input: readonly string[];
  readonly output: readonly string[];
  readonly attributeProto: readonly AttributeProto[];
  readonly node: readonly NodeProto[];
  readonly opsetImport: readonly OperatorSetIdProto[];
}

export const attributeTypes = { float: 1, int: 2, string: 3, tensor: 4, graph: 5, floats: 6, ints: 7, strings: 8 };

type Field = readonly [id: number, type: string, rule?: 'repeated' | 'packed'];

const messages: Readonly<Record<string, Readonly<Record<string, Field>>>> = {
  ModelProto: {
    irVersion: [1, 'int64'],
    producerName: [2, 'string'],
    producerVersion: [3, 'string'],
    graph: [7, 'GraphProto'],
    opsetImport: [8, 'OperatorSetIdProto', 'repeated'],
    functions: [25, 'FunctionProto', 'repeated'],
  },
  OperatorSetIdProto: { domain: [1, 'string'], version: [2, 'int64'] },
  GraphProto: {
    node: [1, 'NodeProto', 'repeated'],
    name: [2, 'string'],
    initializer: [5, 'TensorProto', 'repeated'],
    input: [11, 'ValueInfoProto', 'repeated'],
    output: [12, 'ValueInfoProto', 'repeated'],
    sparseInitializer: [15, 'SparseTensorProto', 'repeated'],
  },
  NodeProto: {
    input: [1, 'string', 'repeated'],
    output: [2, 'string', 'repeated'],
    name: [3, 'string'],
    opType: [4, 'string'],
    attribute: [5, 'AttributeProto', 'repeated'],
    domain: [7, 'string'],
  },
  AttributeProto: {
    name: [1, 'string'],
    f: [2, 'float'],
    i: [3, 'int64'],
    s: [4, 'bytes'],
    t: [5, 'TensorProto'],
    g: [6, 'GraphProto'],
    floats: [7, 'float', 'repeated'],
    ints: [8, 'int64', 'repeated'],
    strings: [9, 'bytes', 'repeated'],
    type: [20, 'int32'],
    refAttrName: [21, 'string'],
    sparseTensor: [22, 'SparseTensorProto'],
  },
  TensorProto: {
    dims: [1, 'int64', 'repeated'],
    dataType: [2, 'int32'],
    floatData: [4, 'float', 'packed'],
    int32Data: [5, 'int32', 'packed'],
    int64Data: [7, 'int64', 'packed'],
    name: [8, 'string'],
    rawData: [9, 'bytes'],
    doubleData: [10, 'double', 'packed'],
    uint64Data: [11, 'uint64', 'packed'],
    externalData: [13, 'StringStringEntryProto', 'repeated'],
    dataLocation: [14, 'int32'],
  },
  StringStringEntryProto: { key: [1, 'string'], value: [2, 'string'] },
  SparseTensorProto: {
    values: [1, 'TensorProto'],
    indices: [2, 'TensorProto'],
    dims: [3, 'int64', 'repeated'],
  },
  ValueInfoProto: { name: [1, 'string'], type: [2, 'TypeProto'] },
  TypeProto: { tensorType: [1, 'TensorTypeProto'] },
  TensorTypeProto: { elemType: [1, 'int32'], shape: [2, 'TensorShapeProto'] },
  TensorShapeProto: { dim: [1, 'DimensionProto', 'repeated'] },
  DimensionProto: { dimValue: [1, 'int64'], dimParam: [2, 'string'] },
  FunctionProto: {
    name: [1, 'string'],
    input: [4, 'string', 'repeated'],
    output: [5, 'string', 'repeated'],
    node: [7, 'NodeProto', 'repeated'],
    opsetImport: [9, 'OperatorSetIdProto', 'repeated'],
    domain: [10, 'string'],
    attributeProto: [11, 'AttributeProto', 'repeated'],
  },
};

const descriptorOf = ([id, type, rule]: Field): protobuf.IField => ({
  id,
  type,
  ...(rule && { rule: 'repeated' }),
  ...(rule === 'packed' && { options: { packed: true } }),
});

const root = protobuf.Root.fromJSON({
  nested: Object.fromEntries(
    Object.entries(messages).map(([name, fields]) => [
      name,
      { fields: Object.fromEntries(Object.entries(fields).map(([field, row]) => [field, descriptorOf(row)])) },
    ]),
  ),
});

/**
 * Reads a message. Bytes are views of `bytes`. Throws on whatever is no such message, on lengths beyond the end and on
 * messages nested over 100 deep. The cast is what the description above says about what protobufjs gives.
 */
export const decode = <M extends object>(message: string, bytes: Uint8Array): M =>
  root.lookupType(message).decode(bytes) as unknown as M;

/** Writes a message; what is left out of it is left out of the file. */
export const encode = (message: string, content: object): Uint8Array =>
  root.lookupType(message).encode(root.lookupType(message).fromObject(content)).finish();
