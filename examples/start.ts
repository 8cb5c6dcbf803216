/**
 * What `npm start` runs: compiles a really pruned model to WebAssembly, runs it on a picture, compares every output with
 * the reference, with TensorFlow.js and with what was recorded, and says what a user wants to know.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { decode, encode } from 'fast-png';
import { relativeError } from '../src/check/compare.ts';
import { inputShapes } from '../src/check/peer.ts';
import { loadTfjs } from '../src/check/tfjs.ts';
import { paintFor, printBytes, printError, printTime, table } from '../src/cli/paint.ts';
import type { Diagnostic, Named, OpenModel, Result } from '../src/index.ts';
import { build, evaluate, importModel, openOutput, printDiagnostic } from '../src/index.ts';
import { readNpy } from '../src/make/npy.ts';
import { packageFolder } from '../src/make/package.ts';
import { readPng } from '../src/make/png.ts';
import { median } from '../src/make/timing.ts';
import type { Numbers } from '../src/tensor/numbers.ts';
import { dataBytes } from './data-bytes.ts';
import { bestPerson, columns, drawPerson } from './person.ts';

const rounds = 15;
const { bold, dim, green, red } = paintFor({ colours: Boolean(process.stdout.isTTY) && !process.env.NO_COLOR });

/** A path below examples/, as a user would type it. */
const example = (path: string): string =>
  relative('', fileURLToPath(new URL(`examples/${path}`, packageFolder()))).replaceAll('\\', '/');

const complain = (diagnostic: Diagnostic): void => console.error(printDiagnostic(diagnostic));

/** An example that shows half of what it promises helps nobody. */
function must<T>(value: T | undefined): T {
  return value ?? process.exit(1);
}

function succeed<T>(result: Result<T>): T {
  result.diagnostics.forEach(complain);
  return result.ok ? result : process.exit(1);
}

function section(title: string, lines: readonly string[]): void {
  console.log([`\n${bold(title)}`, ...lines.map((line) => `  ${line}`)].join('\n'));
}

const since = performance.now();
const folder = example('blazepose-detector');
const out = example('out/blazepose-detector');
const { file, graph } = succeed(await importModel(folder));
const { manifest } = succeed(await build(graph, { target: 'wasm', out }));
section(`${folder}, a pose detector with three quarters of its weights pruned, as WebAssembly`, [
  `compiled to ${out} in ${printTime(performance.now() - since)}`,
]);

section('sizes', sizes());

const input = readPng(readFileSync(example('person.png')), [1, 224, 224, 3], { low: -1, high: 1 });
if (typeof input === 'string') throw new Error(`${example('person.png')} ${input}`);
const inputs: Named = { input };
const model = succeed(await openOutput(out));
const tfjs = must(await loadTfjs(file, inputShapes(graph), complain));
const { person } = must(await model.run(inputs));

section(`time of a run on ${example('person.png')}, one thread, taking turns, median of ${rounds}`, await times());
const [lines, fine] = errors();
section('largest error in a column of the output, against the largest value in that column', lines);

const { score, face } = bestPerson(person);
const { data, width, height } = decode(readFileSync(example('person.png')));
const drawing = example('out/person.png');
writeFileSync(
  drawing,
  encode({ width, height, channels: 3, data: drawPerson(data as Uint8Array, bestPerson(person)) }),
);
section('what it sees', [
  `a person, score ${score.toFixed(2)}: face at (${face.x.toFixed(1)}, ${face.y.toFixed(1)}), ${face.width.toFixed(1)} pixels wide; drawn in ${drawing}`,
]);
section('next', ['npx espalier --help', 'README.md, a guide']);
model.dispose();
tfjs.dispose();
process.exitCode = fine ? 0 : 1;

function sizes(): readonly string[] {
  const row = (name: string, path: string, remark: string): readonly string[] => {
    const bytes = readFileSync(path);
    return [name, relative('', path), printBytes(bytes.length), printBytes(gzipSync(bytes).length), remark];
  };
  const before = join(folder, 'blazepose-detector.bin');
  const built = (role: string): string =>
    join(out, must(manifest.files.find((f) => f.role === role)).path).replaceAll('\\', '/');
  const [weights, module] = [readFileSync(before), readFileSync(built('binary'))];
  const share = `${((100 * module.length) / weights.length).toFixed(0)} % of the weights alone, ${printBytes(module.length - dataBytes(module))} of it code`;
  return table(
    [
      ['', '', 'bytes', 'gzip', ''].map(dim),
      row('before', before, dim('weights, as 16-bit floats')),
      row('', join(folder, 'model.json'), dim('layers')),
      row('after', built('binary'), green(share)),
      row('', built('binding'), dim('loads it, in browsers and Node, with no dependencies')),
    ],
    ['left', 'left', 'right', 'right'],
  );
}

async function times(): Promise<readonly string[]> {
  const [ours, theirs]: number[][] = [[], []];
  for (let round = -2; round < rounds; round++) {
    const mine = must(await (model as OpenModel).time(inputs, 1)).medianMs;
    const before = performance.now();
    tfjs.repeat(inputs);
    const other = performance.now() - before;
    // The first rounds warm both up.
    if (round >= 0) [ours, theirs].forEach((list, i) => void list.push([mine, other][i]));
  }
  const ratio = median(theirs) / median(ours);
  return table(
    [
      ['tfjs-backend-wasm 4.22.0', printTime(median(theirs)), ''],
      ['espalier', printTime(median(ours)), green(`${ratio.toFixed(1)} times as fast`)],
    ],
    ['left', 'right'],
  );
}

/** Logits of anchors that see nothing are so large that beside them every error in a box would vanish: columns apart. */
function columnError(want: Numbers): number {
  const column = (all: Numbers, c: number): Float32Array<ArrayBuffer> =>
    Float32Array.from(all.filter((_, i) => i % columns === c));
  return Math.max(...Array.from({ length: columns }, (_, c) => relativeError(column(person, c), column(want, c))));
}

function errors(): readonly [readonly string[], boolean] {
  const path = example('blazepose-detector/expected.npy');
  const recorded = readNpy(readFileSync(path), { dtype: 'f32', shape: [1, 2254, columns] });
  if (typeof recorded === 'string') throw new Error(`${path} ${recorded}`);
  const rows = [
    { name: 'the reference interpreter', error: columnError(evaluate(graph, inputs).person), limit: 1e-5 },
    { name: 'TensorFlow.js, now', error: columnError(must(tfjs.run(inputs)).person), limit: 1e-4 },
    { name: `TensorFlow.js, recorded in ${path}`, error: columnError(recorded), limit: 1e-4 },
  ];
  const shown = rows.map(({ name, error, limit }) => [
    `against ${name}`,
    (error <= limit ? green : red)(printError(error)),
    dim(`at most ${printError(limit)}`),
  ]);
  return [table(shown, ['left', 'right']), rows.every(({ error, limit }) => error <= limit)];
}
