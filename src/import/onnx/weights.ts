/** Initializers of a graph, dense and sparse, by name; decoded when they are first used, with the masks that belong to them. */
import type { Report } from '../../diagnostic.ts';
import { sameShape, tensor as typeOf } from '../../tensor/type.ts';
import type { Builder } from '../builder.ts';
import type { Named } from './bound.ts';
import { dtypeOfElement } from './elements.ts';
import type { Mask, Masks } from './masks.ts';
import { asMask, masked, maskFor } from './masks.ts';
import type { GraphProto, SparseTensorProto, TensorProto } from './schema.ts';
import { readSparse } from './sparse.ts';
import type { ReadExternal, Tensor } from './tensors.ts';
import { readTensor } from './tensors.ts';

interface Found extends Tensor {
  readonly mask?: Mask;
}

export interface Weights {
  has(name: string): boolean;
  /** Undefined, after a report, where the initializer cannot be read. */
  get(name: string): Named | undefined;
  readonly names: readonly string[];
}

export interface WeightsOptions {
  readonly graph: GraphProto;
  readonly builder: Builder;
  readonly readExternal: ReadExternal;
  readonly file: string;
  readonly report: Report;
  /** Masks from beside the model, by name. */
  readonly masks: Masks;
  /** Whether the graph is read only once. */
  readonly once: boolean;
}

export function weightsOf({ graph, builder, readExternal, file, report, masks, once }: WeightsOptions): Weights {
  const dense = new Map<string, TensorProto>(graph.initializer.map((t) => [t.name, t]));
  const sparse = new Map<string, SparseTensorProto>(graph.sparseInitializer.map((s) => [s.values?.name ?? '', s]));
  const uses = countUses(graph);
  const ready = new Map<string, Named | undefined>();
  const names = [...new Set([...dense.keys(), ...sparse.keys()])];

  const read = (name: string): Found | string => {
    const thin = sparse.get(name);
    if (thin) return readSparse(thin, readExternal);
    const full = dense.get(name);
    return full ? readTensor(full, readExternal) : 'is missing';
  };
  /** What the model itself says of which weights are kept: an initializer NAME_mask of zeros and ones that no node uses. */
  const beside = (name: string, { shape }: Tensor): Mask | undefined => {
    const other = `${name}_mask`;
    const found = dense.has(other) && !uses.has(other) ? read(other) : undefined;
    return typeof found === 'object' && sameShape(found.shape, shape) ? asMask(found.data) : undefined;
  };
  const make = (name: string): Named | undefined => {
    const found = read(name);
    const fault = (code: string, message: string, hint: string): undefined =>
      void report({ severity: 'error', code, message, origin: { file, name }, hint });
    if (typeof found === 'string')
      return fault(
        'import/tensor',
        `the initializer ${found}`,
        'export the model without it; or if the file is damaged, download it again',
      );
    const { element, value } = named(builder, found, name);
    const given = maskFor(name, value, masks);
    if (typeof given === 'string')
      return fault('import/mask', given, 'a mask has one element for each of the weight’s');
    return { element, value: masked(value, given ?? beside(name, found)) };
  };

  return {
    names,
    has: (name) => dense.has(name) || sparse.has(name),
    get(name) {
      // What is used once is not kept: weights are large, and become others as soon as they are used.
      if (once && uses.get(name) === 1) return make(name);
      if (!ready.has(name)) ready.set(name, make(name));
      return ready.get(name);
    },
  };
}

/** A tensor as a value that is known. */
export function named(builder: Builder, { element, shape, data, mask }: Found, origin: string): Named {
  const type = typeOf(dtypeOfElement(element), shape);
  return { element, value: builder.known(type, data, { ...(mask && { mask }), origin }) };
}

/** How often each name is an operand; in a subgraph, which may be read again and again, any number of times. */
function countUses({ node }: GraphProto, each = 1, uses = new Map<string, number>()): ReadonlyMap<string, number> {
  for (const { input, attribute } of node) {
    for (const name of input) uses.set(name, (uses.get(name) ?? 0) + each);
    for (const { g } of attribute) if (g) countUses(g, Infinity, uses);
  }
  return uses;
}
