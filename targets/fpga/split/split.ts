/**
 * A quantised graph shared between a CPU and the accelerator: the part that can run in one piece there and has the most
 * multiply-adds, what has to be computed before it, and the rest.
 */
import type { Report } from '../../../src/diagnostic.ts';
import { bug } from '../../../src/diagnostic.ts';
import type { Graph } from '../../../src/graph/graph.ts';
import { dropUnused } from '../../../src/graph/rewrite.ts';
import type { Crossing, Split, SplitOperator, SplitPart } from '../../../src/graph/split.ts';
import { notQuantised } from '../faults.ts';
import { collect } from '../pipeline/collect.ts';
import type { Parts } from './cut.ts';
import { crossingsOf, partOf } from './cut.ts';
import type { Judged } from './judge.ts';
import { judge, worthOf } from './judge.ts';
import { reasonsOf } from './reasons.ts';
import type { Place } from './region.ts';
import { heaviestRegion } from './region.ts';
import { bytesOf, trimmed } from './trim.ts';

export function split(given: Graph, report: Report): Split | undefined {
  const graph = dropUnused(given);
  const fault = notQuantised(graph);
  if (fault) return void report(fault);
  const judged = judge(graph);
  const index = new Map(judged.map(({ call }, i) => [call.id, i]));
  const nodes = judged.map((one) => ({
    uses: one.call.inputs.flatMap((id) => index.get(id) ?? []),
    weight: one.why === undefined ? worthOf(one) : undefined,
  }));
  const region = heaviestRegion(nodes);
  const sum = (of: (i: number) => boolean): number =>
    judged.reduce((total, { macs }, i) => total + (of(i) ? macs : 0), 0);
  if (sum((i) => region[i] === 'in') === 0)
    return void report(
      nothingLeft(
        graph,
        judged,
        sum(() => true),
      ),
    );

  const size = (id: string): number => {
    const { bits = 32, call } = judged[index.get(id) ?? -1] ?? bug(`%${id} is no call`);
    return bytesOf(bits, call.type.shape);
  };
  const { places, moved } = trimmed(judged, nodes, region, size, new Set(graph.outputs.map(({ id }) => id)));

  const parts: Parts = new Map(judged.map(({ call }, i) => [call.id, partNames[places[i]]]));
  const bits = (id: string): number | undefined => judged[index.get(id) ?? -1]?.bits;
  const wide = crossingsOf(graph, parts, bits);
  const accelerator = partOf(graph, parts, 'accelerator', graph.name, wide) ?? bug('an accelerator without a call');
  const crossings = measured(accelerator, wide);
  const reasons = reasonsOf(judged, nodes, places, moved);
  return {
    whole: graph,
    before: partOf(graph, parts, 'before', `${graph.name}_before`, crossings),
    accelerator,
    after: partOf(graph, parts, 'after', `${graph.name}_after`, crossings),
    crossings,
    operators: judged.map(
      ({ call: { id, origin, op }, macs }, i): SplitOperator => ({
        id,
        name: origin ?? id,
        op: op.kind,
        part: partNames[places[i]],
        why: reasons[i],
        macs,
      }),
    ),
  };
}

const partNames: Readonly<Record<Place, SplitPart>> = { before: 'before', in: 'accelerator', after: 'after' };

/** Results as wide as they are where inputs have whole bytes: sums of those may have a bit more. */
function measured(accelerator: Graph, crossings: readonly Crossing[]): readonly Crossing[] {
  const { problems, bits } = collect(accelerator);
  if (problems.length > 0) bug(`the accelerator's part has no stage for it all: ${problems[0].message}`);
  return crossings.map((c): Crossing => {
    const most = c.from === 'accelerator' ? bits.get(c.id) : undefined;
    return most === undefined ? c : { ...c, bus: most <= 8 ? 'i8' : most <= 16 ? 'i16' : 'i32' };
  });
}

function nothingLeft(graph: Graph, judged: readonly Judged[], all: number) {
  const layers = judged.filter(({ macs }) => macs > 0);
  const refused = judged.filter(({ why }) => why !== undefined);
  const first = layers.find(({ why }) => why !== undefined);
  return {
    severity: 'error',
    code: 'fpga/nothing-left',
    message:
      `none of ${layers.length} layers with multiply-adds has an engine: ${all} of them and ${refused.length} of ` +
      `${judged.length} operators would be left to the CPU${first ? `; "${first.call.op.kind}" ${first.why}` : ''}`,
    origin: { file: graph.file, name: first?.call.origin },
    hint: 'quantise activations too (--quantize weights=int8,activations=int8 --calibrate data.npz), or build with -t cpu',
  } as const;
}
