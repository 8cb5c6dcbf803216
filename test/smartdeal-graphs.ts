/** A small network with layers of every kind that decomposition meets. */

import { uniformFloat32 } from 'pure-rand/distribution/uniformFloat32';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { Call, Constant, Graph, Node } from '../src/graph/graph.ts';
import { retyped } from '../src/graph/rewrite.ts';
import type { Op } from '../src/ops/index.ts';
import type { Shape } from '../src/tensor/type.ts';
import { elements, tensor } from '../src/tensor/type.ts';

const generator = xoroshiro128plus(11);

const constant = (id: string, shape: Shape, size: number, centre = 0): Constant => ({
  kind: 'constant',
  id,
  type: tensor('f32', shape),
  data: Float32Array.from({ length: elements(shape) }, () => centre + size * (2 * uniformFloat32(generator) - 1)),
});

function build(): Graph {
  const nodes: Node[] = [{ kind: 'input', id: 'x', name: 'x', type: tensor('f32', [1, 9, 11, 3]) }];
  const put = <N extends Node>(node: N): N => {
    nodes.push(node);
    return node;
  };
  const call = (id: string, op: Op, inputs: readonly string[]): string => {
    const byId = new Map(nodes.map((n) => [n.id, n]));
    const bare: Call = { kind: 'call', id, origin: id, op, inputs, type: tensor('f32', [1]) };
    return put(retyped(bare, byId)).id;
  };
  const conv = (id: string, from: string, weights: Shape, stride: number, groups = 1): string => {
    const pad = weights[1] === 3 ? [1, 1, 1, 1] : [0, 0, 0, 0];
    put(constant(`${id}_w`, weights, 0.2));
    put(constant(`${id}_b`, [weights[0]], 0.1));
    const op: Op = { kind: 'conv2d', stride: [stride, stride], dilation: [1, 1], pad, groups, activation: 'none' };
    return call(id, op, [from, `${id}_w`, `${id}_b`]);
  };
  const stem = call('stem_relu', { kind: 'unary', fn: 'relu' }, [conv('stem', 'x', [16, 3, 3, 3], 1)]);
  const wide = conv('wide', stem, [24, 3, 3, 16], 2);
  const scale = constant('scale', [24], 1.5);
  (scale.data as Float32Array)[5] = 0;
  put(scale);
  put(constant('offset', [24], 0.1));
  put(constant('mean', [24], 0.1));
  put(constant('variance', [24], 0.2, 1));
  const normal = call('normal', { kind: 'batch-norm', epsilon: 1e-3 }, [wide, 'scale', 'offset', 'mean', 'variance']);
  const relu = call('wide_relu', { kind: 'unary', fn: 'relu' }, [normal]);
  const depthwise = conv('depthwise', relu, [24, 3, 3, 1], 1, 24);
  const widened = call('double', { kind: 'concat', axis: 3, count: 2 }, [depthwise, relu]);
  const point = conv('point', widened, [33, 1, 1, 48], 1);
  const pooled = call('pool', { kind: 'reduce', fn: 'mean', axes: [1, 2], keep: false }, [point]);
  put(constant('head_w', [10, 33], 0.2));
  put(constant('head_b', [10], 0.1));
  const y = call('head', { kind: 'linear', activation: 'none' }, [pooled, 'head_w', 'head_b']);
  return { name: 'ramp', file: 'ramp.graph', nodes, outputs: [{ name: 'y', id: y }] };
}

export const ramp: Graph = build();
