/** A finished file as the messages of the schema. */
import { elementNumber } from '../../import/onnx/elements.ts';
import { encode } from '../../import/onnx/schema.ts';
import type { ExportOptions } from '../exporter.ts';
import type { Attribute, MadeNode, Port, Stored } from './file.ts';
import { elementOf } from './file.ts';
import type { Finished } from './names.ts';
import { maskSuffix } from './names.ts';
import { sparseOf } from './sparse.ts';

export interface Header {
  readonly graphName: string;
  readonly opset: number;
  readonly options: ExportOptions;
}

/** The version of the file format that belongs to operator sets 17 and 18. */
const irVersion = 8;

export const modelBytes = ({ nodes, stored, names, inputs, outputs }: Finished, header: Header): Uint8Array => {
  const { graphName, opset, options } = header;
  const nameOf = (tensor: string): string => (tensor === '' ? '' : (names.get(tensor) ?? tensor));
  const port = ({ tensor, type }: Port) => ({
    name: nameOf(tensor),
    type: {
      tensorType: {
        elemType: elementNumber(elementOf[type.dtype]),
        shape: { dim: type.shape.map((dimValue) => ({ dimValue })) },
      },
    },
  });
  const isSparse = (s: Stored): boolean => (options.sparse ?? false) && sparseOf(s) !== undefined;
  return encode('ModelProto', {
    irVersion,
    producerName: 'espalier',
    producerVersion: options.version,
    opsetImport: [{ domain: '', version: opset }],
    graph: {
      name: graphName,
      node: nodes.map((node) => nodeProto(node, nameOf)),
      initializer: stored.flatMap((s) => [
        ...(isSparse(s) ? [] : [tensorProto(s, nameOf(s.tensor))]),
        ...(options.masks && s.mask && !isSparse(s) ? [maskProto(s, nameOf(s.tensor))] : []),
      ]),
      sparseInitializer: stored.filter(isSparse).map((s) => sparseProto(s, nameOf(s.tensor))),
      input: inputs.map(port),
      output: outputs.map(port),
    },
  });
};

const nodeProto = ({ opType, inputs, outputs, attributes }: MadeNode, nameOf: (tensor: string) => string) => ({
  opType,
  name: nameOf(outputs[0]),
  input: inputs.map(nameOf),
  output: outputs.map(nameOf),
  attribute: Object.entries(attributes).map(([name, attribute]) => attributeProto(name, attribute)),
});

const attributeProto = (name: string, { s, ...rest }: Attribute) => ({
  name,
  ...rest,
  ...(s !== undefined && { s: new TextEncoder().encode(s) }),
});

const tensorProto = ({ element, shape, data }: Pick<Stored, 'element' | 'shape' | 'data'>, name: string) => ({
  name,
  dims: shape,
  dataType: elementNumber(element),
  rawData: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
});

const maskProto = ({ shape, mask = new Uint8Array() }: Stored, name: string) =>
  tensorProto({ element: 'bool', shape, data: mask }, name + maskSuffix);

function sparseProto(stored: Stored, name: string) {
  const { values, places } = sparseOf(stored) ?? { values: new Float32Array(), places: new BigInt64Array() };
  return {
    values: tensorProto({ element: 'float', shape: [values.length], data: values }, name),
    indices: tensorProto({ element: 'int64', shape: [places.length], data: places }, ''),
    dims: stored.shape,
  };
}
