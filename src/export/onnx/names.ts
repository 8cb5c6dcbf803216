/** The names of an ONNX file: one name space for inputs, outputs, initializers and what nodes compute. */
import type { Report } from '../../diagnostic.ts';
import type { MadeNode, OnnxFile, Port, Tensor } from './file.ts';

/** A file with nothing in it that no output needs, and a name for every tensor. */
export interface Finished {
  readonly nodes: readonly MadeNode[];
  readonly stored: OnnxFile['stored'];
  readonly names: ReadonlyMap<Tensor, string>;
  /** With the tensors that carry their names. */
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
}

export interface FinishOptions {
  readonly outputs: readonly Port[];
  readonly file: string;
  readonly report: Report;
}

/** What comes after a weight's name in the name of its mask. */
export const maskSuffix = '_mask';

export function finish(content: OnnxFile, { outputs: asked, file, report }: FinishOptions): Finished {
  const taken = new Set<string>();
  const names = new Map<Tensor, string>();
  // Thousands may wish for the same name.
  const counts = new Map<string, number>();
  const give = (tensor: Tensor, name: string): void => {
    taken.add(name);
    names.set(tensor, name);
  };
  const unique = (wish: string, isFree: (name: string) => boolean = () => true): string => {
    const stem = wellFormed(wish) || 'value';
    let n = counts.get(stem) ?? 0;
    let name = n === 0 ? stem : `${stem}_${n}`;
    while (taken.has(name) || !isFree(name)) name = `${stem}_${++n}`;
    counts.set(stem, n);
    return name;
  };
  const portName = (kind: string, name: string): string => {
    const given = unique(name);
    if (given !== name)
      report({
        severity: 'warning',
        code: 'export/name',
        message: `the ${kind} "${name}" is called "${given}" in the file, where all names differ and are text`,
        origin: { file },
      });
    return given;
  };

  for (const { name, tensor } of content.inputs) give(tensor, portName('input', name));
  const made = new Set(content.nodes.flatMap((n) => n.outputs));
  const copies: MadeNode[] = [];
  const outputs = asked.map((port): Port => {
    const { name, tensor } = port;
    if (names.get(tensor) === name) return port;
    const own = portName('output', name);
    const isFree = made.has(tensor) && !names.has(tensor);
    const to = isFree ? tensor : `${tensor} as ${own}`;
    if (!isFree) copies.push({ opType: 'Identity', inputs: [tensor], outputs: [to], attributes: {} });
    give(to, own);
    return { ...port, name: own, tensor: to };
  });

  const { nodes, used } = needed(
    [...content.nodes, ...copies],
    outputs.map((o) => o.tensor),
  );
  const stored = content.stored.filter(({ tensor }) => used.has(tensor));
  const wish = (tensor: Tensor): string => content.wishes.get(tensor) ?? tensor;
  for (const tensor of nodes.flatMap((n) => n.outputs)) if (!names.has(tensor)) give(tensor, unique(wish(tensor)));
  for (const { tensor, mask } of stored) {
    give(
      tensor,
      unique(wish(tensor), (name) => !mask || !taken.has(name + maskSuffix)),
    );
    // Kept free whether or not the mask is written, so that a mask is never taken for that of another.
    taken.add(names.get(tensor) + maskSuffix);
  }
  return { nodes, stored, names, outputs, inputs: content.inputs };
}

/** The nodes that the outputs need, and every tensor that those use. */
function needed(nodes: readonly MadeNode[], outputs: readonly Tensor[]) {
  const used = new Set<Tensor>(outputs);
  const kept = nodes.toReversed().filter((node) => {
    const isUsed = node.outputs.some((tensor) => used.has(tensor));
    if (isUsed) for (const tensor of node.inputs) used.add(tensor);
    return isUsed;
  });
  return { nodes: kept.reverse(), used };
}

/** Text that can be written as UTF-8: halves of pairs without the other are replaced. */
const wellFormed = (name: string): string =>
  new TextDecoder('utf-8', { ignoreBOM: true }).decode(new TextEncoder().encode(name));
