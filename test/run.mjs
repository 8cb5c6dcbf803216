/**
 * `npm test`: from a fresh clone, installs, builds, checks types and style, and runs every test.
 * `--slow` runs the tests under test/slow/ instead. Other arguments go to vitest. TEST_REPORT names a file for the results as JSON.
 */
import { spawnSync } from 'node:child_process';
import { build, install, node, root, step } from '../.ci/prepare.mjs';

const slow = process.argv.includes('--slow');
const rest = process.argv.slice(2).filter((argument) => argument !== '--slow');
const report = process.env.TEST_REPORT;

/** The compilers and emulators of the tests: installed where that may be done, and otherwise left to the tests that need them to name. */
function tools() {
  const script = [`${root}/.ci/install-tools.sh`, ...(slow ? ['--slow'] : [])];
  const missing = spawnSync('bash', [...script, '--list'], { encoding: 'utf8' }).stdout?.trim();
  const may = process.getuid?.() === 0 && spawnSync('apt-get', ['--version']).status === 0;
  if (missing && may) step('install system tools', 'bash', script);
  else if (missing) console.log(`missing system tools: ${missing.split('\n').join(' ')}`);
}

if (!install()) process.exit(1);
tools();
const checks = slow
  ? [build()]
  : [
      build(),
      node('check types', 'typescript/bin/tsc', ['--noEmit', '-p', '.']),
      node('check style', '@biomejs/biome/bin/biome', ['ci', ...(process.env.NO_COLOR ? ['--colors=off'] : []), '.']),
    ];
const reporters = ['--reporter=default', ...(report ? ['--reporter=json', `--outputFile.json=${report}`] : [])];
const tests = node('tests', 'vitest/vitest.mjs', ['run', ...reporters, ...rest], { env: slow ? { SLOW: '1' } : {} });
process.exit(tests && checks.every(Boolean) ? 0 : 1);
