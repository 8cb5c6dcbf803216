/** What the inputs and outputs of a graph-model are called, and which tensors they are. */
import { publicName } from '../names.ts';
import type { GraphModel, NodeDef, TensorShape } from './json.ts';

export interface Port {
  /** What users call it: the key in the signature, without `:0`. */
  readonly name: string;
  /** What `execute` of TensorFlow.js calls it: a node, perhaps with the number of its output. */
  readonly tensor: string;
  readonly shape?: TensorShape | undefined;
}

export interface Ports {
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
}

/** A tensor's name taken apart: `split:1` is output 1 of the node `split`. */
export function tensorOf(name: string): { readonly node: string; readonly index: number } {
  const found = /^(.*?)(?::(?:[^:]*:)?(\d{1,6}))?$/s.exec(name);
  return { node: found?.[1] ?? name, index: Number(found?.[2] ?? 0) };
}

/** The signature where there is one; otherwise every placeholder, and every node that nothing uses. */
export function portsOf({ modelTopology, signature, userDefinedMetadata }: GraphModel): Ports {
  const { inputs = {}, outputs = {} } = userDefinedMetadata?.signature ?? signature ?? {};
  const given = named(Object.entries(inputs).map(([key, p]) => ({ key, tensor: p.name, shape: p.tensorShape })));
  const asked = named(Object.entries(outputs).map(([key, p]) => ({ key, tensor: p.name })));
  const { node: nodes } = modelTopology;
  return {
    inputs: given.length > 0 ? given : own(nodes.filter(({ op }) => op === 'Placeholder')),
    outputs: asked.length > 0 ? asked : own(sinksOf(nodes)),
  };
}

const own = (nodes: readonly NodeDef[]): readonly Port[] => nodes.map(({ name }) => ({ name, tensor: name }));

function sinksOf(nodes: readonly NodeDef[]): readonly NodeDef[] {
  const used = new Set(nodes.flatMap(({ input = [] }) => input.map((i) => tensorOf(i.replace(/^\^/, '')).node)));
  return nodes.filter(
    ({ name, op }) => !used.has(name) && op !== 'Const' && op !== 'NoOp' && !op.startsWith('Placeholder'),
  );
}

/** Keys without the number of an output, unless two would then be the same. */
function named(
  ports: readonly { readonly key: string; readonly tensor: string; readonly shape?: TensorShape | undefined }[],
) {
  const short = ports.map(({ key }) => publicName(key));
  return ports.map(
    ({ key, ...port }, i): Port => ({
      ...port,
      name: short.indexOf(short[i]) === short.lastIndexOf(short[i]) ? short[i] : key,
    }),
  );
}
