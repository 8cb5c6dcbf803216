/** Output folders: whole or not at all, and never in the place of somebody's files. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Diagnostic } from '../src/diagnostic.ts';
import { writeFolder } from '../src/make/folder.ts';
import type { Held } from '../src/make/journal.ts';
import { journalIn, undo } from '../src/make/journal.ts';
import type { Manifest } from '../src/make/manifest.ts';
import { manifestName, manifestSchema, printManifest } from '../src/make/manifest.ts';

let root: string;
let held: Held;
beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'espalier-folder-')));
  held = new Map();
});
afterEach(() => rmSync(root, { recursive: true }));

const manifest = (...paths: readonly string[]): Manifest => ({
  version: 1,
  name: 'm',
  target: 'wasm',
  cpu: null,
  inputs: [{ name: 'x', dtype: 'f32', shape: [1, 2] }],
  outputs: [],
  files: paths.map((path) => ({ path, bytes: 1, role: 'source' })),
});

/** Writes an output that holds one file with `text`. */
async function write(path: string, text: string, { force = false, done = true, error }: Fill = {}) {
  const said: Diagnostic[] = [];
  const fill = async (folder: string): Promise<boolean> => {
    writeFileSync(join(folder, 'a.txt'), text);
    writeFileSync(join(folder, manifestName), printManifest(manifest('a.txt')));
    if (error) throw error;
    return done;
  };
  const ok = await writeFolder(path, fill, { journal: journalIn(held), force }, (d) => void said.push(d));
  return { ok, said: said.map((d) => `${d.message} [${d.code}]`), hints: said.map((d) => d.hint) };
}

interface Fill {
  readonly force?: boolean;
  readonly done?: boolean;
  readonly error?: Error;
}

describe('writing', () => {
  test('a new folder, with the folders above it', async () => {
    expect(await write(join(root, 'a/b/out'), 'one')).toMatchObject({ ok: true, said: [] });
    expect(readdirSync(join(root, 'a/b'))).toEqual(['out']);
    expect(readFileSync(join(root, 'a/b/out/a.txt'), 'utf8')).toBe('one');
    // For others to read, as folders that are made by hand.
    expect(statSync(join(root, 'a/b/out')).mode).toBe(statSync(join(root, 'a/b')).mode);
    expect(held.size).toBe(0);
  });

  test('an empty folder, and an older output, are replaced', async () => {
    mkdirSync(join(root, 'out'));
    expect((await write(join(root, 'out'), 'one')).ok).toBe(true);
    expect((await write(join(root, 'out'), 'two')).ok).toBe(true);
    expect(readFileSync(join(root, 'out/a.txt'), 'utf8')).toBe('two');
    expect(readdirSync(root)).toEqual(['out']);
  });

  test('through a link, which stays', async () => {
    mkdirSync(join(root, 'real'));
    symlinkSync(join(root, 'real'), join(root, 'out'));
    expect((await write(join(root, 'out'), 'one')).ok).toBe(true);
    expect(readFileSync(join(root, 'real/a.txt'), 'utf8')).toBe('one');
    expect(realpathSync(join(root, 'out'))).toBe(join(root, 'real'));
  });
});

describe('what goes wrong leaves nothing behind, and the older output as it was', () => {
  test.each<[string, Fill]>([
    ['work that is given up', { done: false }],
    ['an error of the system', { error: Object.assign(new Error('x'), { code: 'ENOSPC', syscall: 'write' }) }],
  ])('%s', async (_, fill) => {
    await write(join(root, 'out'), 'one');
    expect((await write(join(root, 'out'), 'two', fill)).ok).toBe(false);
    expect((await write(join(root, 'deep/er/out'), 'two', fill)).ok).toBe(false);
    expect(readdirSync(root)).toEqual(['out']);
    expect(readFileSync(join(root, 'out/a.txt'), 'utf8')).toBe('one');
    expect(held.size).toBe(0);
  });

  test('an exception that is none of the system', async () => {
    await expect(write(join(root, 'out'), 'one', { error: new TypeError('oops') })).rejects.toThrow('oops');
    expect(readdirSync(root)).toEqual([]);
  });

  test('a full disk is called that', async () => {
    const error = Object.assign(new Error('x'), { code: 'ENOSPC', syscall: 'write' });
    expect(await write(join(root, 'out'), 'one', { error })).toEqual({
      ok: false,
      said: [`cannot write the output folder "${join(root, 'out')}": the disk is full [output/not-writable]`],
      hints: ['choose a folder that you may write to with -o'],
    });
  });
});

describe('an interruption', () => {
  test('removes what is half done, and puts an older output back unless the new one is kept', async () => {
    for (const name of ['half', 'aside', 'aside-2', 'half-new', 'aside-3', 'new', 'made/deep/out'])
      mkdirSync(join(root, name), { recursive: true });
    writeFileSync(join(root, 'aside-2/old.txt'), '');
    const [held, whole] = [new Map<string, string | undefined>(), new Set<string>()];
    const { hold, keep } = journalIn(held, whole);
    hold(join(root, 'half'));
    hold(join(root, 'aside'), join(root, 'out'));
    hold(join(root, 'aside-2'), join(root, 'half-new'));
    hold(join(root, 'aside-3'), join(root, 'new'));
    hold(join(root, 'never'));
    hold(join(root, 'never-2'), join(root, 'made'));
    hold(join(root, 'made'));
    keep(join(root, 'new'));
    keep(join(root, 'made/deep/out'));
    undo(held);
    expect(readdirSync(root)).toEqual(['half-new', 'made', 'new', 'out']);
    expect(readdirSync(join(root, 'half-new'))).toEqual(['old.txt']);
    expect([...whole]).toEqual([join(root, 'new'), join(root, 'made/deep/out')]);
  });

  test('finds in the journal all that is on the disk for the time being', async () => {
    await write(join(root, 'out'), 'one');
    const seen: (readonly string[])[] = [];
    await writeFolder(
      join(root, 'p/q/out'),
      async (folder) => {
        seen.push([...held.keys()]);
        expect(dirname(folder)).toBe(join(root, 'p/q'));
        return false;
      },
      { journal: journalIn(held) },
      () => {},
    );
    expect(seen[0][0]).toBe(join(root, 'p'));
    expect(seen[0][1]).toMatch(/p\/q\/\.out\.espalier-\w+$/);
  });
});

describe('places that are refused', () => {
  test('files of somebody else', async () => {
    mkdirSync(join(root, 'out'));
    for (const name of ['d', 'c', 'b', 'a']) writeFileSync(join(root, 'out', name), '');
    expect(await write(join(root, 'out'), 'one')).toEqual({
      ok: false,
      said: [
        `the output folder "${join(root, 'out')}" holds files that espalier did not write: "a", "b", "c" and 1 more [output/not-ours]`,
      ],
      hints: ['choose another folder with -o, or empty this one'],
    });
    expect((await write(join(root, 'out'), 'one', { force: true })).ok).toBe(false);
    expect(readdirSync(join(root, 'out'))).toHaveLength(4);
  });

  test('an older output with other files in it, unless forced', async () => {
    await write(join(root, 'out'), 'one');
    mkdirSync(join(root, 'out/build'));
    writeFileSync(join(root, 'out/build/mine.o'), '');
    expect(await write(join(root, 'out'), 'two')).toEqual({
      ok: false,
      said: [
        `the output folder "${join(root, 'out')}" holds an older output and other files, which would be lost: "build/mine.o" [output/other-files]`,
      ],
      hints: ['move them away, choose another folder with -o, or lose them with --force'],
    });
    expect((await write(join(root, 'out'), 'two', { force: true })).ok).toBe(true);
    expect(existsSync(join(root, 'out/build'))).toBe(false);
  });

  test('a file', async () => {
    writeFileSync(join(root, 'out'), 'x');
    expect((await write(join(root, 'out'), 'one')).said).toEqual([
      `the output folder "${join(root, 'out')}" is a file [output/not-a-folder]`,
    ]);
    expect((await write(join(root, 'out/deeper'), 'one')).said).toEqual([
      `cannot write the output folder "${join(root, 'out/deeper')}": a part of the path is a file, not a folder [output/not-writable]`,
    ]);
  });

  test('the folder one stands in, and those above it', async () => {
    for (const path of ['.', '..', '/', process.cwd()])
      expect((await write(path, 'one', { force: true })).said).toEqual([
        `the output folder "${path}" is the current folder, or holds it [output/in-use]`,
      ]);
  });
});

test('a manifest is read back as written, and one whose files leave the folder is none', () => {
  const written = manifest('a.txt', 'ir/00-import.graph');
  expect(manifestSchema.parse(JSON.parse(printManifest(written)))).toEqual(written);
  for (const path of ['../x', '/etc/passwd', 'a/../../x', '', 'c:\\x', 'a\0b'])
    expect(manifestSchema.safeParse(manifest(path)).success, path).toBe(false);
});
