/** Models of one node, of any operator, with whatever operands and attributes: what files made to break their readers hold. */
import fc from 'fast-check';
import { operators } from '../../src/import/onnx/ops.ts';
import type { Attribute, Message, TestModel } from './kit.ts';
import { floats, graphAttribute, graphOf, int64s, node, port, real, tensorAttribute } from './kit.ts';

const count = (dims: readonly number[]): number => dims.reduce((n, d) => n * d, 1);

const number = fc.constantFrom(
  ...[0, 1, -1, 2, 3, -2, 5, 100, -100, 65536],
  ...[2 ** 31 - 1, -(2 ** 31), 2 ** 40, 2 ** 62, -(2 ** 62)],
);
const small = fc.array(fc.constantFrom(0, 1, 1, 2, 3, 4, 5), { maxLength: 4 });
const large = fc.constantFrom([2 ** 15, 2 ** 15], [2 ** 30], [1, 2, 4, 4], [3, 4]);
const lists = fc.constantFrom<number[]>([], [1], [2], [3], [4], [2, 2], [3, 4], [0]);

const words = fc.constantFrom('constant', 'edge', 'reflect', 'wrap', 'CRD', 'add', 'mul', 'SAME_UPPER', 'ij,jk->ik');

const attributeNames = fc.constantFrom(
  ...['axis', 'axes', 'perm', 'pads', 'mode', 'keepdims', 'starts', 'ends', 'split', 'num_outputs', 'blocksize', 'to'],
  ...['dtype', 'k', 'upper', 'batch_dims', 'reduction', 'allowzero', 'start', 'end', 'num_scan_inputs', 'time_axis'],
  ...[
    'batch_axis',
    'new_axis',
    'onesided',
    'inverse',
    'periodic',
    'output_datatype',
    'kernel_shape',
    'strides',
    'dilations',
  ],
  ...['value', 'value_int', 'sorted', 'largest', 'equation', 'hidden_size', 'alpha', 'group', 'auto_pad', 'ceil_mode'],
  ...['scan_input_axes', 'scan_output_axes'],
);

const attribute: fc.Arbitrary<Attribute> = fc.oneof(
  number,
  fc.array(number, { maxLength: 4 }),
  words,
  fc.double({ min: -2, max: 2, noNaN: true }).map((value) => real(value)),
  fc.constant(tensorAttribute(floats('', [1], [2]))),
);

/** A graph of two nodes at most, which may use what is around it. */
const body: fc.Arbitrary<Attribute> = fc
  .record({
    inputs: fc.array(fc.constantFrom(1, 7, 9), { maxLength: 3 }),
    outputs: fc.array(fc.constantFrom('b0', 'b1', 'r0', 'r1', 'x'), { maxLength: 3 }),
    operator: fc.constantFrom(...operators),
    uses: fc.tuple(fc.constantFrom('b0', 'b1', 'x', ''), fc.constantFrom('b0', 'r0', 'x', '')),
  })
  .map(({ inputs, outputs, operator, uses }) =>
    graphAttribute(
      graphOf({
        inputs: inputs.map((type, i) => port(`b${i}`, undefined, type)),
        outputs,
        nodes: [node(operator, [uses[0]], ['r0']), node('Identity', [uses[1]], ['r1'])],
      }),
    ),
  );

/** An input of the model, numbers that it stores, or nothing. */
type Operand = { readonly port: Message } | { readonly stored: Message } | undefined;

const operand: fc.Arbitrary<(name: string) => Operand> = fc.oneof(
  fc.constant(() => undefined),
  fc.tuple(fc.oneof(small, large), fc.constantFrom(1, 7, 9)).map(([dims, type]) => (name: string) => ({
    port: port(
      name,
      dims.map((d) => Math.max(d, 1)),
      type,
    ),
  })),
  lists
    .chain((dims) =>
      fc.array(number, { minLength: count(dims), maxLength: count(dims) }).map((data) => ({ dims, data })),
    )
    .map(({ dims, data }) => (name: string) => ({ stored: int64s(name, dims, data) })),
  small
    .chain((dims) =>
      fc
        .array(fc.constantFrom(0, 1, -1, NaN, Infinity, 0.5, 1e30), { minLength: count(dims), maxLength: count(dims) })
        .map((data) => ({ dims, data })),
    )
    .map(({ dims, data }) => (name: string) => ({ stored: floats(name, dims, data) })),
);

export const drawnRows: fc.Arbitrary<TestModel> = fc
  .record({
    operator: fc.constantFrom(...operators),
    opset: fc.integer({ min: 7, max: 26 }),
    operands: fc.array(operand, { maxLength: 4 }),
    attributes: fc.dictionary(attributeNames, attribute, { maxKeys: 3 }),
    body,
    outputs: fc.integer({ min: 1, max: 3 }),
    wanted: fc.nat(2),
  })
  .map(({ operator, opset, operands, attributes, body: graph, outputs, wanted }) => {
    const made = operands.map((make, i) => make(`x${i}`));
    const names = made.map((o, i) => (o ? `x${i}` : ''));
    const graphs = { body: graph, then_branch: graph, else_branch: graph };
    const nested = ['If', 'Loop', 'Scan', 'SequenceMap'].includes(operator);
    return {
      opset,
      inputs: [port('x', [2, 3]), ...made.flatMap((o) => (o && 'port' in o ? [o.port] : []))],
      initializers: made.flatMap((o) => (o && 'stored' in o ? [o.stored] : [])),
      outputs: [`y${Math.min(wanted, outputs - 1)}`],
      nodes: [node(operator, names, ['y0', 'y1', 'y2'].slice(0, outputs), { ...attributes, ...(nested && graphs) })],
    };
  });
