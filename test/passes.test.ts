/** Each test/passes/NAME.txt holds cases for the pass NAME: why, a graph, `-----`, and the graph after. `BLESS=1` rewrites. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { pipeline } from '../passes/index.ts';
import { parse } from '../src/graph/parse.ts';
import { print } from '../src/graph/print.ts';
import { verify } from '../src/graph/verify.ts';
import { runPasses } from '../src/pass.ts';
import { expectSameMeaning } from './passes/compare.ts';
import { fakeTarget } from './passes/fake-target.ts';

const dir = new URL('./passes/', import.meta.url);
const passes = pipeline(fakeTarget);
const rule = '\n-----\n';
const between = '\n=====\n';

/** The comment that opens a case. */
const titleOf = (given: string): string => {
  const lines = given.split('\n').filter((line) => line.startsWith('//'));
  return lines.map((line) => line.slice(3)).join(' ');
};

describe.each([...new Set(passes)])('$name', (pass) => {
  const file = new URL(`${pass.name}.txt`, dir);
  const cases = readFileSync(file, 'utf8')
    .split(between)
    .map((text) => text.split(rule).map((part) => part.trim()))
    .map(([given, want = '']) => {
      const before = parse(given);
      return { title: titleOf(given), given, want, before, after: runPasses(before, [pass], () => {}) };
    });
  if (process.env.BLESS)
    writeFileSync(file, cases.map((c) => `${c.given}\n${rule}\n${print(c.after).text}`).join(`${between}\n`));

  test.each(cases)('$title', ({ before, after, want }) => {
    const faults: string[] = [];
    verify(before, (d) => faults.push(d.message));
    expect(faults).toEqual([]);
    if (!process.env.BLESS) expect(print(after).text.trim()).toBe(want);
    expectSameMeaning(before, after);
    expect(
      pass.run(after, () => {}),
      'a second run changes nothing',
    ).toBe(after);
  });
});

test('every pass has its file of cases, and every file its pass', () => {
  const files = readdirSync(dir).filter((name) => name.endsWith('.txt'));
  expect(files.sort()).toEqual([...new Set(passes.map((p) => `${p.name}.txt`))].sort());
});

/** They run where they are asked for, change what a graph means, and have tests of their own. */
const lossy = ['decompose-smartdeal.ts', 'quantize-layers.ts'];

test('every pass has a file of its own, named after it', () => {
  const files = readdirSync(new URL('../passes/', import.meta.url)).filter((name) => name.endsWith('.ts'));
  const named = new Set(passes.map((p) => `${p.name}.ts`));
  expect(files.filter((name) => name !== 'index.ts').sort()).toEqual([...named, ...lossy].sort());
});
