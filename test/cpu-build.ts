/** Builds graphs with the cpu target in folders of their own, and runs what was built. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { onTestFinished } from 'vitest';
import { pipeline } from '../passes/index.ts';
import type { Compiled } from '../src/compile.ts';
import { compile } from '../src/compile.ts';
import { printDiagnostic } from '../src/diagnostic.ts';
import type { Graph } from '../src/graph/graph.ts';
import { parse } from '../src/graph/parse.ts';
import { packageFolder } from '../src/make/package.ts';
import { renderer } from '../src/render.ts';
import type { Render, TargetOptions } from '../src/target.ts';
import { cpu } from '../targets/cpu/target.ts';

export const render: Render = renderer(new URL('templates/', packageFolder()));

/** Warnings that generated code is free of, as gcc and clang see it. */
export const warnings: readonly string[] = ['-Wall', '-Wextra', '-Wconversion', '-Wshadow', '-pedantic', '-Werror'];

/** Whether a program is installed: tests whose tool is missing are skipped by name. */
export const installed = (tool: string): boolean =>
  (process.env.PATH ?? '').split(delimiter).some((folder) => existsSync(join(folder, tool)));

export function compiled(graph: Graph, options: TargetOptions = {}): Compiled {
  const target = cpu.target(options);
  const out = compile({ graph, passes: pipeline(target), target, render });
  if (!out.ok) throw new Error(out.diagnostics.map(printDiagnostic).join('\n'));
  return out;
}

/** A folder with the files of a build, gone when the test is over or when `later` says. */
export function folderWith(
  { artefacts }: Pick<Compiled, 'artefacts'>,
  later: (remove: () => void) => void = onTestFinished,
): string {
  const folder = mkdtempSync(join(tmpdir(), 'cpu-'));
  later(() => rmSync(folder, { recursive: true, force: true }));
  for (const { path, contents } of artefacts) writeFileSync(join(folder, path), contents);
  return folder;
}

export const textOf = ({ artefacts }: Pick<Compiled, 'artefacts'>, path: string): string => {
  const found = artefacts.find((a) => a.path === path);
  if (typeof found?.contents !== 'string') throw new Error(`there is no text "${path}"`);
  return found.contents;
};

/** What a command prints. One that fails throws what it said. */
export function run(folder: string, program: string, args: readonly string[]): string {
  const { status, error, signal, stdout, stderr } = spawnSync(program, args, {
    cwd: folder,
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  });
  if (status !== 0)
    throw new Error(`${program} ${args.join(' ')}: ${error?.message ?? signal ?? status}\n${stdout}${stderr}`);
  return stdout;
}

/** The sources of the library itself. */
export const sourcesOf = ({ artefacts }: Pick<Compiled, 'artefacts'>): readonly string[] =>
  artefacts
    .filter(({ path, role }) => role !== 'example' && role !== 'check' && /\.[cS]$/.test(path))
    .map((a) => a.path);

export const checkSourcesOf = ({ artefacts }: Pick<Compiled, 'artefacts'>): readonly string[] =>
  artefacts.filter(({ path, role }) => role !== 'example' && /\.[cS]$/.test(path)).map((a) => a.path);

/** Whatever `folder` holds, as bytes. */
export const bytesIn = (folder: string, file: string): Buffer => readFileSync(join(folder, file));

/**
 * Something of everything: a first layer from plain pixels, sparse and dense products, depthwise, pooling, a residual sum,
 * squeeze and excite, an enlarged image, functions of every kind, and a dense layer.
 */
export function mixed(name = 'mixed'): Graph {
  return parse(`graph ${name} of "mixed.json"
  %x = input "picture" : f32[1x14x14x3]
  %w1 = constant ${numbers(9 * 3 * 9, 2)} : f32[9x3x3x3]
  %b1 = constant ${numbers(9, 1)} : f32[9]
  %c1 = conv2d(%x, %w1, %b1) stride=[1 1] dilation=[1 1] pad=[1 1 1 1] groups=1 activation=hard-swish : f32[1x14x14x9] from "stem"
  %w2 = constant ${numbers(9 * 9, 5)} : f32[9x3x3x1]
  %d = conv2d(%c1, %w2, %b1) stride=[1 1] dilation=[1 1] pad=[1 1 1 1] groups=9 activation=relu6 : f32[1x14x14x9] from "depthwise"
  %w3 = constant ${numbers(40 * 9, 3, 4)} : f32[40x1x1x9]
  %b3 = constant ${numbers(40, 2)} : f32[40]
  %e = conv2d(%d, %w3, %b3) stride=[1 1] dilation=[1 1] pad=[0 0 0 0] groups=1 activation=none : f32[1x14x14x40] from "expand */ \\"quoted\\"\\n"
  %s = unary(%e) fn=swish : f32[1x14x14x40]
  %w4 = constant ${numbers(9 * 40, 7, 3)} : f32[9x1x1x40]
  %p = conv2d(%s, %w4, %b1) stride=[1 1] dilation=[1 1] pad=[0 0 0 0] groups=1 activation=none : f32[1x14x14x9]
  %r = binary(%p, %c1) fn=add : f32[1x14x14x9]
  %m = pool2d(%r) fn=max window=[2 2] stride=[2 2] pad=[0 0 0 0] countPad=false : f32[1x7x7x9]
  %g = reduce(%m) fn=mean axes=[1 2] keep=true : f32[1x1x1x9]
  %q = unary(%g) fn=sigmoid : f32[1x1x1x9]
  %k = binary(%m, %q) fn=mul : f32[1x7x7x9]
  %u = resize(%k) method=bilinear size=[14 16] coordinates=half-pixel rounding=floor : f32[1x14x16x9]
  %f = reshape(%k) shape=[1 441] : f32[1x441]
  %w5 = constant ${numbers(10 * 441, 11)} : f32[10x441]
  %b5 = constant ${numbers(10, 3)} : f32[10]
  %l = linear(%f, %w5, %b5) activation=tanh : f32[1x10]
  %o = softmax(%l) axis=1 : f32[1x10]
return "probabilities"=%o, "map"=%u
`);
}

/** A few steps between the input and the outputs of `mixed`, for tests of what does not depend on what is computed: quick to compile. */
export function few(name = 'mixed'): Graph {
  return parse(`graph ${name} of "few.json"
  %x = input "picture" : f32[1x14x14x3]
  %t = unary(%x) fn=tanh : f32[1x14x14x3] from "tanh"
  %f = reshape(%x) shape=[1 588] : f32[1x588]
  %w2 = constant ${numbers(10 * 588, 11)} : f32[10x588]
  %b2 = constant ${numbers(10, 3)} : f32[10]
  %l = linear(%f, %w2, %b2) activation=none : f32[1x10]
  %o = softmax(%l) axis=1 : f32[1x10]
return "probabilities"=%o, "map"=%t
`);
}

/** Numbers between −0.5 and 0.5 as text, all but one in `every` of them 0. */
function numbers(count: number, seed: number, every = 1): string {
  const kept = (i: number): boolean => (i * 7 + seed) % every === 0;
  return `[${Array.from({ length: count }, (_, i) => (kept(i) ? ((i * 37 + seed * 11) % 64) / 64 - 0.5 : 0)).join(' ')}]`;
}
