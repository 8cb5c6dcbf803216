/** The files of one small network as people read them. `BLESS=1` rewrites. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parse } from '../src/graph/parse.ts';
import { cpu } from '../targets/cpu/target.ts';
import { compiled, folderWith, render, run, textOf } from './cpu-build.ts';

const tiny = parse(`graph tiny of "tiny.json"
  %x = input "image" : f32[1x4x7x2]
  %w = constant [0 1 0.5 0 0 0 -2 0.25] : f32[4x1x1x2]
  %b = constant [0 1 -1 2] : f32[4]
  %c = conv2d(%x, %w, %b) stride=[1 1] dilation=[1 1] pad=[0 0 0 0] groups=1 activation=relu6 : f32[1x4x7x4] from "layer \\"one\\"\\n*/ 2"
  %t = unary(%c) fn=tanh : f32[1x4x7x4]
  %i = cast(%t) to=i32 : i32[1x4x7x4]
  %k = cast(%i) to=f32 : f32[1x4x7x4]
  %s = select(%i, %t, %k) : f32[1x4x7x4]
return "probability"=%s
`);

const built = compiled(tiny);
const folder = new URL('golden/cpu/', import.meta.url);

describe('the files are those kept in test/golden/cpu', () => {
  test.each(built.artefacts.map(({ path }) => path))('%s', (path) => {
    const contents = built.artefacts.find((a) => a.path === path)?.contents;
    const kept = new URL(path, folder);
    if (process.env.BLESS || !existsSync(kept)) {
      mkdirSync(folder, { recursive: true });
      writeFileSync(kept, contents ?? '');
    }
    expect(contents).toBe(readFileSync(kept, 'utf8'));
  });
});

test('they compute what the network means', () => {
  const here = folderWith(built);
  const sources = built.artefacts.flatMap(({ path }) => (/(?<!example)\.c$/.test(path) ? [path] : []));
  run(here, 'gcc', ['-std=c11', '-O1', '-I.', ...sources, '-lm', '-o', 'check']);
  expect(run(here, './check', [])).toMatch(/ok\n$/);
});

test('where nobody runs what checks, it is left out, and nothing is recorded for it', () => {
  const target = cpu.target({});
  const recorded = (): never => expect.unreachable('nobody asks for it');
  const { artefacts, recipe } = target.emit(built.plan, { render, report: () => {}, recorded, checks: false });
  const others = built.artefacts.filter(({ role, path }) => role !== 'check' && path !== 'CMakeLists.txt');
  expect(artefacts.filter(({ path }) => path !== 'CMakeLists.txt')).toEqual(others);
  expect(textOf({ artefacts }, 'CMakeLists.txt')).not.toMatch(/_check|add_test/);
  expect(recipe).toEqual(built.recipe.filter((step) => step.output !== 'tiny_check'));
});
