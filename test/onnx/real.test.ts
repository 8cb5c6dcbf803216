/** Real models: state that goes around, and one network read by two importers. */
import { describe, expect, onTestFinished, test } from 'vitest';
import { relativeError } from '../../src/check/compare.ts';
import { loadOrt } from '../../src/check/ort.ts';
import { inputShapes } from '../../src/check/peer.ts';
import type { Diagnostic } from '../../src/diagnostic.ts';
import { printDiagnostic } from '../../src/diagnostic.ts';
import type { Named } from '../../src/graph/evaluate.ts';
import { evaluate } from '../../src/graph/evaluate.ts';
import type { Graph, Input } from '../../src/graph/graph.ts';
import { randomNumbers } from '../../src/graph/samples.ts';
import type { LoadOptions } from '../../src/make/load.ts';
import { loadModel } from '../../src/make/load.ts';
import type { OpenModel } from '../../src/make/open.ts';
import { compileWith, partsFor } from '../../src/make/parts.ts';
import { buildAndOpen } from '../../src/make/temporary.ts';
import type { Numbers } from '../../src/tensor/numbers.ts';
import { modelPath } from '../models.ts';
import { packaged } from './models.ts';

const fail = (d: Diagnostic): never => expect.unreachable(`${d.code} ${d.origin?.name}: ${d.message}`);

/** What a user builds of a graph, ready to run. */
async function built(graph: Graph, target: string): Promise<OpenModel> {
  const parts = partsFor({ target }, fail) ?? expect.unreachable();
  const outcome = compileWith(graph, {}, parts);
  if (!outcome.ok) throw new Error(outcome.diagnostics.map(printDiagnostic).join('\n'));
  const model = await buildAndOpen(
    outcome,
    { target, journal: { hold: () => {}, release: () => {}, keep: () => {} } },
    fail,
  );
  onTestFinished(() => model?.dispose());
  return model ?? expect.unreachable();
}

const load = (path: string, options: LoadOptions = {}) => loadModel(path, options, fail) ?? expect.unreachable();

test('silero VAD: eight frames of sound, each with the state that the one before left', async () => {
  const shapes = { input: [1, 512], state: [2, 1, 128] };
  const { file, graph, constants } = load(packaged['silero VAD v5'].path, { shapes, constants: { sr: 16000 } });
  const ort = (await loadOrt(file, inputShapes(graph), { constants }, fail)) ?? expect.unreachable();
  const runners = [
    async (inputs: Named) => evaluate(graph, inputs),
    ...(await Promise.all(['wasm', 'cpu'].map((target) => built(graph, target)))).map(({ run }) => run),
  ];
  const start: Named = { stateN: new Float32Array(256) };
  const ours = runners.map(() => start);
  let theirs = start;
  const said: number[] = [];
  for (let frame = 0; frame < 8; frame++) {
    // A voice of a kind: a gliding tone with overtones, under noise, louder from frame to frame.
    const noise = randomNumbers({ dtype: 'f32', shape: [512] }, 1 + frame);
    const input = Float32Array.from(noise, (n, i) => {
      const t = (512 * frame + i) / 16000;
      const tone = Math.sin(2 * Math.PI * 140 * t * (1 + t)) + 0.5 * Math.sin(2 * Math.PI * 280 * t * (1 + t));
      return (frame / 8) * (0.5 * tone + 0.05 * n);
    });
    theirs = (await ort.run({ input, state: theirs.stateN })) ?? expect.unreachable();
    for (const [i, run] of runners.entries()) {
      const given = await run({ input, state: ours[i].stateN });
      ours[i] = { output: given?.output.slice(), stateN: given?.stateN.slice() } as Named;
      expect(relativeError(ours[i].output, theirs.output), `frame ${frame}`).toBeLessThan(1e-4);
      expect(relativeError(ours[i].stateN, theirs.stateN), `frame ${frame}`).toBeLessThan(1e-4);
    }
    said.push(theirs.output[0]);
    const forgetful = (await ort.run({ input, state: start.stateN })) ?? expect.unreachable();
    if (frame > 0) expect(relativeError(forgetful.output, theirs.output)).toBeGreaterThan(1e-2);
  }
  expect(new Set(said).size).toBe(8);
  ort.dispose();
});

describe('BlazeFace from TensorFlow.js and from ONNX', () => {
  const graphs = [load(modelPath('blazeface-front')).graph, load(packaged['BlazeFace front'].path).graph] as const;
  const picture = randomNumbers({ dtype: 'f32', shape: [1, 128, 128, 3] }, 5);

  /** Outputs are in another order, and all of different lengths. */
  const byLength = (outputs: Named): readonly Numbers[] => Object.values(outputs).sort((a, b) => a.length - b.length);
  const inputOf = ({ nodes }: Graph): Input => nodes.find((n) => n.kind === 'input') ?? expect.unreachable();
  const named = (graph: Graph): Named => ({ [inputOf(graph).name]: picture });

  test('takes and gives the same', () => {
    const [a, b] = graphs.map((graph) => [
      inputOf(graph).type.shape,
      ...byLength(evaluate(graph, named(graph))).map((d) => d.length),
    ]);
    expect(b).toEqual(a);
    expect(a).toEqual([[1, 128, 128, 3], 384, 512, 6144, 8192]);
  });

  test('means the same', () => {
    const [a, b] = graphs.map((graph) => byLength(evaluate(graph, named(graph))));
    // Bit by bit: both importers make the same steps of it.
    expect(b).toEqual(a);
  });

  test('compiles to the same', async () => {
    const [a, b] = await Promise.all(
      graphs.map(async (graph) => byLength((await (await built(graph, 'wasm')).run(named(graph))) ?? {})),
    );
    expect(b).toEqual(a);
  });
});
