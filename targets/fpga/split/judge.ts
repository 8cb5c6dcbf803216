/** Which calls of a graph have a stage, with what each is worth there; why the others have none. */
import type { Call, Graph } from '../../../src/graph/graph.ts';
import { nodesById } from '../../../src/graph/graph.ts';
import { macsOf, typesOf } from '../../../src/plan/offers.ts';
import { elements } from '../../../src/tensor/type.ts';
import { engines } from '../engines/index.ts';
import { collect } from '../pipeline/collect.ts';

export interface Judged {
  readonly call: Call;
  /** Multiply-adds, were all weights there. */
  readonly macs: number;
  /** Why no stage computes it: the rest of a sentence. */
  readonly why: string | undefined;
  /** Of its result, signed, of one element: where that is whole. */
  readonly bits: number | undefined;
}

/** All calls, in order. */
export function judge(graph: Graph): readonly Judged[] {
  const { refused, taken, bits } = collect(graph);
  const byId = nodesById(graph);
  return graph.nodes.flatMap((call): readonly Judged[] => {
    if (call.kind !== 'call') return [];
    const { id } = call;
    const layer = taken.get(id);
    const faults = layer ? engines.map((engine) => engine.fits(layer)) : [undefined];
    const unfit = faults.every((fault) => fault !== undefined) ? `fits no engine: ${faults[0]}` : undefined;
    const why = refused.get(id) ?? (taken.has(id) ? unfit : hostWork(call));
    return [{ call, macs: macsOf(call, typesOf(call, byId)), why, bits: bits.get(id) }];
  });
}

const hostWork = ({ op }: Call): string => {
  if (op.kind === 'quantize') return 'makes whole numbers of real ones';
  return op.kind === 'dequantize' ? 'makes real numbers of whole ones' : 'computes with real numbers';
};

/** What a call counts for on the accelerator: its multiply-adds, and one for every number that other stages give. */
export const worthOf = ({ call: { op, type }, macs }: Judged): number =>
  macs > 0 ? macs : op.kind === 'reshape' || op.kind === 'cast' ? 1 : elements(type.shape);
