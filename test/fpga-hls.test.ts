/** Vitis HLS components: simulated bit by bit, safe whatever a model calls things, and refused with reasons. */
import { expect, test } from 'vitest';
import type { Diagnostic } from '../src/diagnostic.ts';
import { bug } from '../src/diagnostic.ts';
import type { Named } from '../src/graph/evaluate.ts';
import type { Graph } from '../src/graph/graph.ts';
import { renderer } from '../src/render.ts';
import type { Artefact, Hardware } from '../src/target.ts';
import { emit } from '../targets/fpga/emit.ts';
import { hardwareFault } from '../targets/fpga/hardware.ts';
import { csim, exactWidths } from './fpga-csim.ts';
import { makeGraph } from './fpga-quantised.ts';

const render = renderer(new URL('../templates/', import.meta.url));

function component(graph: Graph, hardware: Hardware = {}, samples: readonly Named[] = []) {
  const said: Diagnostic[] = [];
  const recorded = () => bug('nothing is recorded');
  const context = { render, recorded, typical: samples, report: (d: Diagnostic) => void said.push(d) };
  return { said, ...emit(graph, { part: 'xc7z020clg400-1', ...hardware }, context) };
}

/** A convolution, with names that end comments, strings and lines. */
function small(): Graph {
  const maker = makeGraph('small');
  const x = maker.quantize(maker.input('*/ "x"\n$(rm)\\', [1, 5, 6, 3]), 1 / 64);
  const y = maker.requantize(maker.conv(x, { filters: 4, pad: [1, 1, 1, 1], kept: 0.4 }));
  return maker.graph({ '#error "y" %s': maker.dequantize(y, 0.1) });
}

const textOf = (artefacts: readonly Artefact[], path: RegExp): string =>
  artefacts
    .flatMap(({ path: p, contents }) => (path.test(p) && typeof contents === 'string' ? [contents] : []))
    .join('\n');

test('a component computes what the graph does, and its testbench notices when it does not', () => {
  const { artefacts, said } = component(small());
  expect(said).toEqual([]);
  const flip = (text: string): string => `${text.trimEnd().slice(0, -1)}${text.trimEnd().endsWith('0') ? '1' : '0'}\n`;
  const [right, wrong] = csim(artefacts, ['-O0'], [flip]);
  expect(right).toEqual({ code: 0, out: 'ok: 2 pictures\n' });
  expect(wrong.code).toBe(1);
  expect(wrong.out).toMatch(/real number.*\n.*failed/);
}, 60_000);

test('numbers of exact widths in place of C integers give the same bits', () => {
  expect(csim(component(small()).artefacts, ['-O0', ...exactWidths])).toEqual([{ code: 0, out: 'ok: 2 pictures\n' }]);
}, 60_000);

test('the testbench runs pictures of the calibration data, and made-up ones only without any', () => {
  const name = '*/ "x"\n$(rm)\\';
  const given = [0.5, -1, 0.25].map((value) => ({ [name]: new Float32Array(90).fill(value) }));
  const recorded = (samples: readonly Named[]) => textOf(component(small(), {}, samples).artefacts, /vectors/);
  const [count, first] = recorded(given).split('\n');
  expect([count, first]).toEqual(['2', Array(16).fill('3f000000').join(' ')]);
  expect(recorded(given)).toContain('bf800000');
  expect(recorded(given)).not.toContain('3e800000');
  expect(recorded(given.slice(0, 1))).toMatch(/^1\n3f000000 /);
  expect(recorded([])).toMatch(/^2\n/);
  expect(recorded([])).not.toContain('3f000000 3f000000');
});

test('the component is what Vitis looks for', () => {
  const { artefacts, estimate } = component(small(), { clock: 4 });
  const paths = artefacts.map(({ path }) => path);
  for (const path of ['hls_config.cfg', 'vitis-comp.json', 'run_hls.tcl', 'README.md', 'tb/vectors.dat'])
    expect(paths).toContain(path);
  const config = textOf(artefacts, /hls_config/);
  expect(config).toMatch(/^part=xc7z020clg400-1\n\n\[hls\]\nflow_target=vivado\nclock=4ns\n/);
  const named = config.split('\n').flatMap((line) => /^(?:syn|tb)\.file=(.*)/.exec(line)?.[1] ?? []);
  expect(named.filter((path) => !paths.includes(path))).toEqual([]);
  expect(paths.filter((p) => /^src\/.*\.cpp$/.test(p) && !named.includes(p))).toEqual([]);
  expect(estimate?.rows.map(([stage]) => stage)).toEqual([expect.stringMatching(/^compute_/), 'streams']);
  const [, command] = /^ {4}(g\+\+ .*)$/m.exec(textOf(artefacts, /README/)) ?? [];
  expect(paths).toContain(/tb\/\S+\.cpp/.exec(command ?? '')?.[0]);
});

test('sources say what the tool would otherwise guess: names of loops, memories, multipliers, streams', () => {
  const maker = makeGraph('pragmas');
  const x = maker.quantize(maker.input('x', [1, 8, 8, 8]), 1 / 64);
  const wide = maker.requantize(maker.conv(x, { filters: 24 }));
  const { artefacts } = component(maker.graph({ y: maker.dequantize(wide, 0.1) }), { reuse: 1000 });
  const sources = artefacts.filter(({ path }) => /^src\/.*\.(?:cpp|h)$/.test(path));
  expect(sources.map(({ path }) => path)).toContain('src/engine.h');
  for (const { path, contents } of sources) {
    const text = String(contents);
    const loops = text.split('\n').filter((line) => /\b(?:for|while) \(/.test(line) && !line.includes('//'));
    expect(loops.filter((line) => !/^\s*\w+: (?:for|while) \(/.test(line))).toEqual([]);
    for (const [, name] of text.matchAll(/^ +static (?:const )?[^=;(]*?(\w+)(?:\[[^\]]*\])+(?: =|;)/gm))
      expect(text, `${path} ${name}`).toMatch(
        new RegExp(`#pragma HLS BIND_STORAGE variable=${name} type=r[ao]m_\\w+ impl=`),
      );
    for (const [, name] of text.matchAll(/^ +hls::stream<.*> (\w+)\("/gm))
      for (const pragma of [
        'STREAM variable=N depth=',
        'BIND_STORAGE variable=N type=fifo impl=',
        'AGGREGATE variable=N',
      ])
        expect(text).toContain(`#pragma HLS ${pragma.replace('=N', `=${name}`)}`);
    if (/^src\/(?:compute|enter|leave)/.test(path)) expect(text).toMatch(/#pragma HLS INLINE off\n/);
  }
  const top = textOf(artefacts, /_accelerator\.cpp/);
  for (const pragma of ['DATAFLOW', 'INTERFACE s_axilite port=return', 'INTERFACE axis port=in_'])
    expect(top).toContain(`#pragma HLS ${pragma}`);
  expect(textOf(artefacts, /src.compute_/)).toContain('run_schedule<');
  expect(textOf(artefacts, /values\.h/)).toMatch(/made = value \* x;\n.* BIND_OP variable=made op=mul impl=dsp\n/);
});

test('what a model calls things reaches no file as it is', () => {
  const { artefacts } = component(small());
  for (const { path, contents } of artefacts) {
    expect(path).toMatch(/^[\w./-]+$/);
    if (typeof contents !== 'string') continue;
    for (const bad of ['*/ "', '$(rm', '#error', '"y"', '/conv2d*/']) expect(contents, path).not.toContain(bad);
  }
});

test('the same model gives the same bytes', () => {
  expect(component(small()).artefacts).toEqual(component(small()).artefacts);
});

test('a model of real numbers is told how to become whole', () => {
  const maker = makeGraph('real');
  const x = maker.input('x', [1, 4, 4, 2]);
  const y = maker.call({ kind: 'unary', fn: 'relu' }, { x });
  const { said, artefacts } = component(maker.graph({ y }));
  expect(said.map((d) => [d.code, d.hint])).toEqual([
    ['fpga/not-quantised', 'quantise it: --quantize weights=int8,activations=int8 --calibrate data.npz'],
  ]);
  expect(artefacts).toEqual([]);
});

test('operators without an engine are listed at once, with their layers', () => {
  const maker = makeGraph('mixed');
  const x = maker.quantize(maker.input('x', [1, 4, 4, 2]), 1 / 64);
  const a = maker.dequantize(maker.requantize(maker.conv(x, { filters: 2 })), 0.1);
  const b = maker.call({ kind: 'softmax', axis: 3 }, { x: a });
  const c = maker.call({ kind: 'unary', fn: 'exp' }, { x: b });
  const { said } = component(maker.graph({ c }));
  expect(said.map((d) => d.code)).toEqual(['fpga/no-engine', 'fpga/no-engine']);
  expect(said.map((d) => d.origin?.name)).toEqual([b.origin, c.origin]);
});

test('hardware that makes no sense is refused', () => {
  const code = (hardware: Hardware) => hardwareFault(hardware)?.code;
  expect(code({})).toBe('fpga/no-part');
  expect(hardwareFault({ part: 'xc7z20clg400-1' })).toMatchObject({
    code: 'fpga/unknown-part',
    hint: 'did you mean "xc7z020clg400-1"?',
  });
  expect(code({ part: 'xc7z020clg400-1', fps: 3, dsp: 4 })).toBe('fpga/several-goals');
  expect(code({ part: 'xc7z020clg400-1', dsp: 4, lut: 100, bram: 3 })).toBeUndefined();
});

test('budgets that cannot be met are refused with numbers, and nothing is written', () => {
  for (const hardware of [{ fps: 1e9 }, { lut: 10 }]) {
    const { said, artefacts } = component(small(), hardware);
    expect(artefacts).toEqual([]);
    expect(said.map((d) => d.severity)).toEqual(['error']);
    expect(said[0].message).toMatch(/\d+.* \d+/);
  }
});
