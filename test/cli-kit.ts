/** Runs command lines: in this process with streams of our own, or as a process of its own from what is built in dist/. */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runEspalier } from '../src/cli/program.ts';
import type { Held } from '../src/make/journal.ts';
import { journalIn } from '../src/make/journal.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

export interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

export interface Seen extends Ran {
  /** What the spinner was told. */
  readonly doing: readonly string[];
  readonly held: Held;
}

/** One command line, in this process. */
export async function espalier(argv: readonly string[], { colours = false } = {}): Promise<Seen> {
  const [out, err] = [collector(), collector()];
  const doing: string[] = [];
  const held: Held = new Map();
  const code = await runEspalier(argv, {
    env: {},
    out: { write: out.add, colours, columns: 100 },
    err: { write: err.add, colours, columns: 100 },
    progress: (what) => void (what === null || doing.push(what)),
    journal: journalIn(held),
    signal: new AbortController().signal,
  });
  return { code, out: out.text(), err: err.text(), doing, held };
}

function collector() {
  const pieces: string[] = [];
  return { add: (text: string): void => void pieces.push(text), text: (): string => pieces.join('') };
}

export const main = `${root}dist/src/cli/main.js`;

/** Compiles to dist/ if nobody has: `npm test` does it first, a single test file run by hand does not. */
export function ensureBuilt(): void {
  if (existsSync(main)) return;
  const { status, stdout } = spawnSync(process.execPath, [
    `${root}node_modules/typescript/bin/tsc`,
    '-p',
    `${root}tsconfig.build.json`,
  ]);
  if (status !== 0) throw new Error(`the build failed: ${stdout}`);
}

export interface Spawned {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** The module that is the command; what is built in dist/ unless given. */
  readonly main?: string;
  /** Called once the process runs. */
  readonly onStart?: (kill: (signal: NodeJS.Signals) => void) => void;
}

/** One command line as a process of its own, without a terminal. */
export function spawnEspalier(
  argv: readonly string[],
  { cwd, env, main: command = main, onStart }: Spawned = {},
): Promise<Ran> {
  return new Promise((done) => {
    const child = spawn(process.execPath, [command, ...argv], { cwd, env: { ...process.env, ...env } });
    const [out, err] = [collector(), collector()];
    child.stdout.setEncoding('utf8').on('data', out.add);
    child.stderr.setEncoding('utf8').on('data', err.add);
    child.on('close', (code) => done({ code, out: out.text(), err: err.text() }));
    onStart?.((signal) => void child.kill(signal));
  });
}

/** A small model with one pruned layer, as TensorFlow.js writes it; gives the path of its model.json. */
export function writeModel(folder: string, { bias = 0.5 } = {}): string {
  const weights = Float32Array.of(1, 0, 0, 2, 0, 0, 3, 0, bias, bias);
  const placeholder = {
    name: 'x',
    op: 'Placeholder',
    attr: { dtype: { type: 'DT_FLOAT' }, shape: { shape: { dim: [{ size: '1' }, { size: '4' }] } } },
  };
  const constant = (name: string) => ({ name, op: 'Const', attr: { dtype: { type: 'DT_FLOAT' } } });
  const model = {
    format: 'graph-model',
    signature: { inputs: { x: { name: 'x:0' } }, outputs: { y: { name: 'dense/Relu:0' } } },
    modelTopology: {
      versions: { producer: 175 },
      node: [
        placeholder,
        constant('dense/kernel'),
        constant('dense/bias'),
        { name: 'dense/MatMul', op: 'MatMul', input: ['x', 'dense/kernel'], attr: {} },
        { name: 'dense/BiasAdd', op: 'BiasAdd', input: ['dense/MatMul', 'dense/bias'], attr: {} },
        { name: 'dense/Relu', op: 'Relu', input: ['dense/BiasAdd'], attr: {} },
      ],
    },
    weightsManifest: [
      {
        paths: ['weights.bin'],
        weights: [
          { name: 'dense/kernel', shape: [4, 2], dtype: 'float32' },
          { name: 'dense/bias', shape: [2], dtype: 'float32' },
        ],
      },
    ],
  };
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'weights.bin'), new Uint8Array(weights.buffer));
  writeFileSync(join(folder, 'model.json'), JSON.stringify(model));
  return join(folder, 'model.json');
}
