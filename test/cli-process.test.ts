/** The command as a process: signals, pipes, colours, and nothing left behind. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ensureBuilt, main, spawnEspalier, writeModel } from './cli-kit.ts';

const example = fileURLToPath(new URL('../examples/blazepose-detector', import.meta.url));

let root: string;
let model: string;
beforeAll(() => {
  ensureBuilt();
  root = mkdtempSync(join(tmpdir(), 'espalier-process-'));
  model = writeModel(join(root, 'net'));
});
afterAll(() => rmSync(root, { recursive: true }));

const at = (path: string): string => join(root, path);

test('results go to stdout, nothing to stderr, and no colours or spinners to either', async () => {
  const { code, out, err } = await spawnEspalier(['build', model, '-o', 'out'], { cwd: root });
  expect([code, err]).toEqual([0, '']);
  expect(out).toMatch(/^built out for wasm\n/);
  expect(out).not.toContain('\u001b');
});

test('problems go to stderr, and JSON to stdout whatever happens', async () => {
  const text = await spawnEspalier(['build', at('nowhere')]);
  expect([text.code, text.out]).toEqual([1, '']);
  expect(text.err).toMatch(/^.*nowhere: error: there is no such file or folder \[import\/missing-file\]\n/);
  const json = await spawnEspalier(['build', at('nowhere'), '--json']);
  expect([json.code, json.err]).toEqual([1, '']);
  expect(JSON.parse(json.out).errors).toHaveLength(1);
});

test('two builds in two places give the same bytes', async () => {
  await spawnEspalier(['build', 'net/model.json', '-o', 'first'], { cwd: root });
  await spawnEspalier(['build', model, '-o', at('a/b/second')], {
    cwd: tmpdir(),
    env: { TZ: 'Asia/Tokyo', LANG: 'de_DE' },
  });
  const files = (folder: string) =>
    readdirSync(at(folder)).map((name) => [name, readFileSync(join(at(folder), name), 'latin1')]);
  expect(files('first')).toEqual(files('a/b/second'));
});

test('whoever stops reading ends the command quietly', () => {
  const line = `set -o pipefail; '${process.execPath}' '${main}' inspect '${example}' | head -n 1`;
  const { status, stdout, stderr } = spawnSync('bash', ['-c', line], { encoding: 'utf8' });
  expect([stdout, stderr, status]).toEqual([`${example}/model.json\n`, '', 0]);
});

describe('compilers', () => {
  const script = (name: string, text: string): string => {
    writeFileSync(at(name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
    return at(name);
  };

  test('where there is none, the sources are still written', async () => {
    const { code, out, err } = await spawnEspalier(['build', model, '-t', 'cpu', '-o', 'sources'], {
      cwd: root,
      env: { PATH: root },
    });
    expect(code).toBe(1);
    expect(err).toMatch(
      /^error: no compiler found for "net.o": tried "gcc", .* \[toolchain\/no-compiler\]\n {2}hint: install one of them/,
    );
    expect(out).toMatch(/^written sources for cpu\n/);
    expect(readdirSync(at('sources'))).toEqual(expect.arrayContaining(['espalier.json', 'net.c', 'net.h']));
  });

  test('where it fails, its message is shown with the command, and nothing is left', async () => {
    const compiler = script('failing', 'echo "net.c:1: fatal: no"; exit 3');
    const { code, out, err } = await spawnEspalier(['build', model, '-t', 'cpu', '-o', 'failed'], {
      cwd: root,
      env: { CC: compiler },
    });
    expect([code, out]).toEqual([1, '']);
    expect(err).toMatch(
      /^error: the compiler failed with 3 while building "net.o" \[toolchain\/compiler-failed\]\n {2}hint: the command was: /,
    );
    expect(err).toContain('\nnet.c:1: fatal: no\n');
    expect(existsSync(at('failed'))).toBe(false);
  });
});

describe('Ctrl-C', () => {
  const leftovers = (): readonly string[] => readdirSync(root).filter((name) => name.startsWith('.'));
  const temporary = (): readonly string[] => readdirSync(tmpdir()).filter((name) => /^espalier-\w{6}$/.test(name));

  const message =
    'error: interrupted: nothing half-written is left, and what was there before is as it was [cli/interrupted]\n';

  /** What a whole output says that it has. */
  const written = (out: string): readonly string[] => {
    const { files } = JSON.parse(readFileSync(at(`${out}/espalier.json`), 'utf8'));
    return ['espalier.json', ...files.map(({ path }: { path: string }) => path)].toSorted();
  };

  /** Interrupts a build of the large example after so many milliseconds. */
  const interrupted = (after: number, argv: readonly string[]) =>
    spawnEspalier(argv, { cwd: root, onStart: (kill) => void setTimeout(() => kill('SIGINT'), after) });

  test('at any moment leaves nothing half-written, and an older output whole', async () => {
    await spawnEspalier(['build', model, '-o', 'kept'], { cwd: root });
    const kept = (): readonly string[] =>
      readdirSync(at('kept')).map((name) => readFileSync(join(at('kept'), name), 'latin1'));
    const before = kept();
    for (const [after, out] of [
      [300, 'deep/interrupted'],
      [1800, 'deep/interrupted'],
      [3000, 'kept'],
    ] as const) {
      const { code, err } = await interrupted(after, ['build', example, '-o', out]);
      // On a slow machine the first comes before the process listens, on a fast one the last when the output is whole:
      // then it stays, and whatever is said says so.
      if (out === 'kept' ? kept().join() !== before.join() : existsSync(at(out))) {
        expect(readdirSync(at(out)).toSorted()).toEqual(written(out));
        expect([
          `error: interrupted: nothing half-written is left; ${at(out)} was whole before, and stays [cli/interrupted]\n`,
          '',
        ]).toContain(err);
        expect(leftovers()).toEqual([]);
        rmSync(at('deep'), { recursive: true, force: true });
        continue;
      }
      if (code !== null) expect([code, err]).toEqual([1, message]);
      expect(existsSync(at('deep'))).toBe(false);
      expect(leftovers()).toEqual([]);
      expect(kept()).toEqual(before);
    }
  });

  test('while a compiler runs ends it too', async () => {
    const compiler = at('slow-compiler');
    writeFileSync(compiler, `#!/bin/sh\necho $$ > '${at('started')}'\nexec sleep 60\n`, { mode: 0o755 });
    const { code, err } = await spawnEspalier(['build', model, '-t', 'cpu', '-o', 'compiled'], {
      cwd: root,
      env: { CC: compiler },
      onStart: (kill) => {
        const watch = setInterval(() => {
          if (!existsSync(at('started')) || readFileSync(at('started'), 'utf8') === '') return;
          clearInterval(watch);
          kill('SIGINT');
        }, 20);
      },
    });
    expect([code, err]).toEqual([1, message]);
    expect(existsSync(at('compiled'))).toBe(false);
    expect(leftovers()).toEqual([]);
    const pid = Number(readFileSync(at('started'), 'utf8'));
    expect(() => process.kill(pid, 0)).toThrow('ESRCH');
  });

  test('while verifying removes the temporary folder, and says so as JSON where asked', async () => {
    const before = temporary();
    const { code, out } = await interrupted(4000, ['verify', example, '--json']);
    if (code === 1) expect(JSON.parse(out).errors[0].code).toBe('cli/interrupted');
    expect(temporary().filter((name) => !before.includes(name))).toEqual([]);
  });
});
