/** What stays the same while a model is read: where it comes from, what has been decoded, and how much more may be. */
import type { Report } from '../../diagnostic.ts';
import type { Builder } from '../builder.ts';
import type { Named } from './bound.ts';
import { standard } from './domains.ts';
import type { Masks } from './masks.ts';
import type { AttributeProto, FunctionProto, GraphProto, NodeProto } from './schema.ts';
import { readSparse } from './sparse.ts';
import type { ReadExternal } from './tensors.ts';
import { readTensor } from './tensors.ts';
import type { Weights } from './weights.ts';
import { named, weightsOf } from './weights.ts';

export interface Reading {
  readonly file: string;
  readonly report: Report;
  readonly builder: Builder;
  readonly shapeHint: string;
  /** Masks from beside the model, by name. */
  readonly masks: Masks;
  /** The model's own functions, by domain and name. */
  readonly functions: ReadonlyMap<string, FunctionProto>;
  /** The initializers of a graph: the same values however often it is read. */
  weightsIn(graph: GraphProto): Weights;
  /** The tensor in an attribute: the same value however often it is read. */
  tensorIn(attribute: AttributeProto, origin: string): Named | string;
  /** Begins a graph or a function of so many nodes, or says why not; the empty text where that has been said before. */
  enter(nodes: number): string | undefined;
  leave(): void;
}

/** Graphs and functions in each other, or waiting for each other: more is a model made to break its readers. */
const deepest = 128;
/** Nodes of subgraphs and functions, counted whenever they are read: loops are unrolled. */
const mostNodes = 2 ** 15;

export interface ReadingOptions extends Pick<Reading, 'file' | 'report' | 'builder' | 'shapeHint' | 'masks'> {
  readonly functions: readonly FunctionProto[];
  readonly readExternal: ReadExternal;
}

export function readingOf({ functions, readExternal, ...same }: ReadingOptions): Reading {
  const { builder, file, report } = same;
  const weights = new Map<GraphProto, Weights>();
  const tensors = new Map<AttributeProto, Named | string>();
  let depth = 0;
  let left = mostNodes;
  const refuse = (why: string): string => {
    left = -1;
    return why;
  };
  return {
    ...same,
    functions: new Map(functions.map((f) => [functionKey(f.domain, f.name), f])),
    weightsIn(graph) {
      const known =
        weights.get(graph) ?? weightsOf({ graph, builder, readExternal, file, report, masks: {}, once: false });
      weights.set(graph, known);
      return known;
    },
    tensorIn(attribute, origin) {
      const known = tensors.get(attribute) ?? tensorOf(attribute, origin);
      tensors.set(attribute, known);
      return known;
    },
    enter(nodes) {
      if (left < 0) return '';
      left -= nodes + 1;
      if (left < 0) return refuse(`comes to over ${mostNodes} nodes in loops, branches and functions`);
      if (depth === deepest) return refuse(`has graphs or functions in each other over ${deepest} deep`);
      depth++;
      return undefined;
    },
    leave: () => void depth--,
  };

  function tensorOf({ t, sparseTensor }: AttributeProto, origin: string): Named | string {
    const found = t
      ? readTensor(t, readExternal)
      : sparseTensor
        ? readSparse(sparseTensor, readExternal)
        : 'is no tensor';
    return typeof found === 'string' ? found : named(builder, found, origin);
  }
}

export const functionKey = (domain: string, name: string): string => `${standard(domain) ? '' : domain}:${name}`;

export const opsetsOf = (
  imports: readonly { readonly domain: string; readonly version: { toNumber(): number } }[],
): ReadonlyMap<string, number> =>
  new Map(imports.map(({ domain, version }) => [standard(domain) ? '' : domain, version.toNumber()]));

export function reportCycle(node: NodeProto, { file, report }: Pick<Reading, 'file' | 'report'>): void {
  report({
    severity: 'error',
    code: 'import/cycle',
    message: `"${node.opType}" needs its own result`,
    origin: { file, name: node.name === '' ? node.output[0] : node.name },
    hint: 'a network with loops cannot be compiled; unroll it, and export the model again',
  });
}
