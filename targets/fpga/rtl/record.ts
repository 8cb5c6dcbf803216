/** What the testbench of a twin feeds, and what it holds results against: the whole numbers that `evaluate` gives on every port. */
import { bug } from '../../../src/diagnostic.ts';
import type { Named } from '../../../src/graph/evaluate.ts';
import { evaluate } from '../../../src/graph/evaluate.ts';
import type { Graph, Id } from '../../../src/graph/graph.ts';
import type { Numbers } from '../../../src/tensor/numbers.ts';
import { pictures } from '../hls/bench.ts';
import { portsOf } from '../hls/ports.ts';
import type { Pipeline } from '../pipeline/pipeline.ts';
import type { RtlOptions } from './print.ts';

/** `given` in place of made-up pictures. */
export function recordStreams(
  pipeline: Pipeline,
  graph: Graph,
  count: number,
  given: readonly Named[] = [],
): RtlOptions['recorded'] {
  const ports = portsOf(pipeline, graph);
  const wanted = new Set(ports.map(({ node }) => node));
  const seen = pictures(graph, ports, count, given).map((named) => {
    const values = new Map<Id, Numbers>();
    evaluate(graph, named, { watch: (node, data) => void (wanted.has(node.id) && values.set(node.id, data)) });
    return values;
  });
  const of = (direction: 'in' | 'out') =>
    ports
      .filter((port) => port.direction === direction)
      .map(({ node }) => seen.flatMap((values) => [...(values.get(node) ?? bug(`%${node} was not computed`))]));
  return { inputs: of('in'), outputs: of('out') };
}
