/** Weights made of units, quantised inputs, and engines that put them together by shifts: whole numbers from end to end. */
import { expect, test } from 'vitest';
import { evaluate } from '../src/graph/evaluate.ts';
import { randomInputs } from '../src/graph/samples.ts';
import { quantizeWith } from '../src/make/quantize.ts';
import { usualFit } from '../src/smartdeal/fit.ts';
import { decomposeGraph } from '../src/smartdeal/graph.ts';
import { rebuild } from '../src/tensor/decomposition.ts';
import { partNamed } from '../targets/fpga/parts.ts';
import { buildPipeline } from '../targets/fpga/pipeline/build.ts';
import { replayPipeline } from '../targets/fpga/pipeline/replay.ts';
import { ramp } from './smartdeal-graphs.ts';

const { graph } = decomposeGraph(ramp, { ...usualFit, kinds: ['conv', 'linear'], spared: () => undefined });
const quantised = quantizeWith(graph, { quantize: 'weights=int8,activations=int8', calibrate: 'random' }, () => {});

test('quantised layers keep their units, whose whole numbers they multiply by', () => {
  const whole = quantised?.graph.nodes.flatMap((n) => {
    const units = n.type.quantity?.decomposition;
    return n.kind === 'constant' && units ? [{ node: n, made: rebuild(units, n.type.shape) }] : [];
  });
  expect(whole?.length).toBe(3);
  for (const { node, made } of whole ?? []) {
    expect(node.type.dtype).toBe('i32');
    expect(node.data).toEqual(made);
  }
});

test('engines rebuild them, and compute what the graph does to the last bit', () => {
  const part = partNamed('xczu7ev-ffvc1156-2-e');
  if (!part || !quantised) return expect.fail('nothing to build');
  const built = buildPipeline(quantised.graph, { part, clock: 5 });
  if (!('pipeline' in built)) return expect.fail(built.map((d) => d.message).join('; '));
  const { pipeline } = built;
  const engines = pipeline.stages.flatMap((stage) => (stage.kind === 'compute' ? [stage.plan.engine] : []));
  expect(engines.filter((engine) => engine === 'smartdeal').length).toBe(3);
  const reals = randomInputs(ramp, 6);
  const [{ name, scale }] = pipeline.inputs;
  const x = Int32Array.from(reals[name], (v) => Math.min(127, Math.max(-128, roundEven(v / (scale ?? 1)))));
  const [y] = replayPipeline(pipeline, [x]);
  const expected = evaluate(quantised.graph, reals).y;
  expect(Float32Array.from(y, (v) => v * (pipeline.outputs[0].scale ?? 1))).toEqual(expected);
});

const roundEven = (v: number): number => (Math.abs(v % 1) === 0.5 ? 2 * Math.round(v / 2) : Math.round(v));
