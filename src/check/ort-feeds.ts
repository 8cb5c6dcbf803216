/** What goes into a session of ONNX Runtime and what comes out: the same natively and in a page. */
import type { InferenceSession, OnnxValue, TensorConstructor } from 'onnxruntime-node';
import type { Named } from '../graph/evaluate.ts';
import type { Fixed } from '../import/importer.ts';
import { numbersOf, ortData } from './ort-numbers.ts';
import type { Shapes } from './peer.ts';

export type Feeds = Record<string, OnnxValue>;

export type Feed = (inputs: Named) => Feeds;

/** Makes the tensors of a run, or says why it cannot. */
export function feedFor(
  { Tensor }: { readonly Tensor: TensorConstructor },
  { inputMetadata }: InferenceSession,
  shapes: Shapes,
  constants: Readonly<Record<string, Fixed>>,
): Feed | string {
  const odd = inputMetadata.find((input) => !input.isTensor || !ortData(input.type, [0]));
  if (odd) return `ONNX Runtime cannot be given the input "${odd.name}": it is no tensor of numbers`;
  const ports = inputMetadata.flatMap((input) => (input.isTensor ? [input] : []));
  return (inputs) =>
    Object.fromEntries(
      ports.map(({ name, type, shape }) => {
        const declared = shape.map((d) => (typeof d === 'number' ? d : 1));
        const fixed = Object.hasOwn(constants, name) ? constants[name] : undefined;
        // What nothing needs is no input of the graph any longer.
        const idle = new Float32Array(declared.reduce((n, d) => n * d, 1));
        const data = fixed?.data ?? inputs[name] ?? idle;
        const isWhole = shape.every((d) => typeof d === 'number');
        const list = isWhole && declared.reduce((n, d) => n * d, 1) === data.length ? declared : [data.length];
        const dims = fixed ? (fixed.shape ?? list) : (shapes.get(name) ?? declared);
        // The types are those of a table, which the constructor's many forms cannot follow.
        return [name, new Tensor(type as 'float32', ortData(type, data) as Float32Array, dims)];
      }),
    );
}

/** What is no tensor of numbers has no place in a comparison. */
export const namedNumbers = (values: InferenceSession.OnnxValueMapType): Named =>
  Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) => {
      const numbers = numbersOf(value);
      return numbers ? [[name, numbers] as const] : [];
    }),
  );
