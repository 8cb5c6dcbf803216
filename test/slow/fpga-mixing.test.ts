/** Components with stages that mix numbers: gates, linear interpolation, softmax; quantised from real networks, simulated with streams at their depths. */
import { expect, test } from 'vitest';
import { bug } from '../../src/diagnostic.ts';
import { randomInputs } from '../../src/graph/samples.ts';
import { parseQuantize } from '../../src/quantize/options.ts';
import { quantizeGraph } from '../../src/quantize/quantize.ts';
import { renderer } from '../../src/render.ts';
import { emit } from '../../targets/fpga/emit.ts';
import { csim, exactWidths } from '../fpga-csim.ts';
import { network } from '../quantize/networks.ts';

const render = renderer(new URL('../../templates/', import.meta.url));

const sanitized = ['-O1', '-fsanitize=address,undefined', '-fno-sanitize-recover=all'];
const threads = ['-O1', '-pthread', '-DESPALIER_THREADS'];

test.each([
  ['under sanitizers', sanitized],
  ['a thread for every stage', threads],
  ['numbers of exact widths', ['-O0', ...exactWidths]],
])(
  'a network with every kind of layer: %s',
  (_, flags) => {
    const graph = network();
    const options = parseQuantize('weights=int8,activations=int8');
    if ('length' in options) throw new Error(options.join('\n'));
    const samples = [1, 2].map((seed) => randomInputs(graph, seed));
    const made = quantizeGraph(graph, options, samples, () => {}) ?? bug('not quantised');
    expect(made.quality.real).toEqual([]);
    const said: string[] = [];
    const { artefacts } = emit(
      made.graph,
      { part: 'xczu7ev-ffvc1156-2-e' },
      {
        render,
        recorded: () => bug('nothing is recorded'),
        report: (d) => void said.push(d.message),
      },
    );
    expect(said).toEqual([]);
    expect(artefacts.map(({ path }) => path).filter((p) => /(?:interpolate|softmax).*\.cpp$/.test(p))).toHaveLength(2);
    expect(csim(artefacts, flags)).toEqual([{ code: 0, out: 'ok: 2 pictures\n' }]);
  },
  300_000,
);
