/** What a fresh clone needs before anything can run: its packages and its build. Plain JavaScript, since neither is there yet. */
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The folder of the clone, without a slash at its end. */
export const root = fileURLToPath(new URL('..', import.meta.url)).replace(/[\\/]$/, '');

const seconds = (since) => ((performance.now() - since) / 1000).toFixed(1);

/** Runs a command in the clone and says how long it took. Returns whether it succeeded. */
export function step(name, command, args, { env = {}, quiet = false } = {}) {
  const since = performance.now();
  const { status, error, stdout, stderr } = spawnSync(command, args, {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: quiet ? ['ignore', 'pipe', 'pipe'] : ['ignore', 'inherit', 'inherit'],
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  });
  const ok = status === 0;
  if (quiet && !ok) process.stderr.write(`${stdout ?? ''}${stderr ?? ''}`);
  if (error) console.error(`${command}: ${error.message}`);
  console.log(`${ok ? 'done  ' : 'failed'} ${name} (${seconds(since)} s)`);
  return ok;
}

/** A package's own script, run by this Node. */
export const node = (name, script, args, options) =>
  step(name, process.execPath, [`${root}/node_modules/${script}`, ...args], options);

function npm(name, args, options) {
  const own = process.env.npm_execpath;
  if (own) return step(name, process.execPath, [own, ...args], options);
  return step(name, process.platform === 'win32' ? 'npm.cmd' : 'npm', args, options);
}

/** Whether every package of package-lock.json is installed in the version that it names. */
function installed() {
  const record = `${root}/node_modules/.package-lock.json`;
  if (!existsSync(record)) return false;
  const here = JSON.parse(readFileSync(record, 'utf8')).packages;
  const wanted = Object.entries(JSON.parse(readFileSync(`${root}/package-lock.json`, 'utf8')).packages);
  return wanted.every(([path, { version, optional }]) => path === '' || optional || here[path]?.version === version);
}

/** Installs what package-lock.json names, unless it is there. Of onnxruntime-node only what runs on CPUs: older npms need to be told so. */
export const install = () =>
  installed() ||
  npm('install packages', ['ci', '--include=dev', '--no-audit', '--no-fund'], {
    quiet: true,
    env: { ONNXRUNTIME_NODE_INSTALL: 'skip' },
  });

/** Compiles everything but the tests to dist/, whose types `npm test` checks with those of the tests, and makes the command one that `npx espalier` can start. */
export function build() {
  const built = node('build', 'typescript/bin/tsc', ['-p', 'tsconfig.build.json', '--noCheck']);
  if (built) chmodSync(`${root}/dist/src/cli/main.js`, 0o755);
  return built;
}
