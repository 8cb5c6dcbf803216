/** `--input NAME=VALUE`: values for a model's inputs from files or a seed. */
import { existsSync, readFileSync } from 'node:fs';
import { extname } from 'node:path';
import type { Report } from '../diagnostic.ts';
import type { Named } from '../graph/evaluate.ts';
import { randomNumbers } from '../graph/samples.ts';
import { suggestion } from '../import/nearest.ts';
import type { ManifestPort } from '../make/manifest.ts';
import { readNpy } from '../make/npy.ts';
import { readPng } from '../make/png.ts';
import type { Range } from '../make/range.ts';
import { isSystemError, reasonOf } from '../make/system-error.ts';
import type { Numbers } from '../tensor/numbers.ts';

const kinds = 'give NAME=FILE.npy, NAME=FILE.png or NAME=random:SEED';

/** A value for every port; undefined, with everything reported, where one is missing or does not fit. */
export function readInputs(
  specs: readonly string[],
  ports: readonly ManifestPort[],
  range: Range,
  report: Report,
): Named | undefined {
  const values = new Map<string, Numbers>();
  let failed = false;
  const fail = (code: string, message: string, hint: string, file?: string): void => {
    failed = true;
    report({ severity: 'error', code, message, hint, origin: file === undefined ? undefined : { file } });
  };
  for (const spec of specs) {
    const given = assign(spec, ports);
    if (!given) {
      const name = spec.slice(0, Math.max(0, spec.indexOf('=')));
      fail('run/unknown-input', `the model has no input "${name}"`, hintFor(name, ports));
    } else if (values.has(given.port.name))
      fail('run/input-twice', `the input "${given.port.name}" is given twice`, 'give it once');
    else {
      const value = read(given.value, given.port, range);
      if (typeof value !== 'string') values.set(given.port.name, value);
      else fail('run/bad-input', `the input "${given.port.name}": "${given.value}" ${value}`, remedyFor(given.value));
    }
  }
  if (failed) return undefined;
  for (const { name, dtype, shape } of ports)
    if (!values.has(name))
      fail(
        'run/missing-input',
        `the input "${name}" is missing: ${dtype} [${shape.join(', ')}]`,
        `--input ${name}=FILE.npy, FILE.png or random:SEED`,
      );
  return failed ? undefined : Object.fromEntries(values);
}

const isFile = (value: string): boolean => ['.npy', '.png'].includes(extname(value).toLowerCase());

const remedyFor = (value: string): string =>
  !isFile(value)
    ? kinds
    : existsSync(value)
      ? 'espalier inspect and espalier.json say what inputs take'
      : 'check the path';

function hintFor(name: string, ports: readonly ManifestPort[]): string {
  const names = ports.map((p) => p.name);
  return [suggestion(name, names), `its inputs are ${names.map((n) => `"${n}"`).join(', ')}`].filter(Boolean).join(' ');
}

/** Names may hold `=` themselves, so the longest that fits counts. A model with one input needs no name. */
function assign(spec: string, ports: readonly ManifestPort[]) {
  const fits = ports.filter(({ name }) => spec.startsWith(`${name}=`)).sort((a, b) => b.name.length - a.name.length);
  if (fits.length > 0) return { port: fits[0], value: spec.slice(fits[0].name.length + 1) };
  return ports.length === 1 && !spec.includes('=') ? { port: ports[0], value: spec } : undefined;
}

function read(value: string, port: ManifestPort, range: Range): Numbers | string {
  const seed = /^random(?::(\d{1,9}))?$/.exec(value);
  if (seed) return randomNumbers(port, Number(seed[1] ?? 1));
  if (!isFile(value)) return 'is no .npy or .png file, and no random:SEED';
  try {
    const bytes = readFileSync(value);
    if (extname(value).toLowerCase() === '.npy') return readNpy(bytes, port);
    return port.dtype === 'f32' ? readPng(bytes, port.shape, range) : `is a picture, and the input takes ${port.dtype}`;
  } catch (error) {
    if (!isSystemError(error)) throw error;
    return `cannot be read: ${reasonOf(error)}`;
  }
}
