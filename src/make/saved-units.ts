/** Files of decompositions made elsewhere, `.json` or `.npz` → coefficients and bases by layer. See src/smartdeal/saved.ts. */
import { readFileSync } from 'node:fs';
import { extname } from 'node:path';
import { unzipSync } from 'fflate';
import { z } from 'zod';
import type { Report } from '../diagnostic.ts';
import type { SavedFilter, SavedLayer } from '../smartdeal/saved.ts';
import { readAnyNpy } from './npy.ts';
import { isSystemError, reasonOf } from './system-error.ts';

const kinds =
  'give JSON of layers "l0", of filters "k0" with "Ces" and "Bs", or an .npz of arrays "l0/k0/Ces" and "l0/k0/Bs"';

/** By the place of the layer among those of the model, which `names` are called. Undefined after a report. */
export function readSaved(
  file: string,
  names: readonly (readonly string[])[],
  report: Report,
): ReadonlyMap<number, SavedLayer> | undefined {
  const fail = (message: string, hint = kinds): undefined =>
    void report({ severity: 'error', code: 'smartdeal/saved', message, hint, origin: { file } });
  try {
    const bytes = new Uint8Array(readFileSync(file));
    const kind = extname(file).toLowerCase();
    if (kind !== '.npz' && kind !== '.json') return fail(`decompositions are not read from "${kind}" files`);
    const found = kind === '.npz' ? fromNpz(bytes) : fromJson(bytes);
    if (typeof found === 'string') return fail(found);
    if (found.size === 0) return fail('it has no layer');
    const placed = new Map<number, SavedLayer>();
    for (const [layer, filters] of found) {
      const place = placeOf(layer, names);
      if (place === undefined)
        return fail(
          `it has a layer "${layer}", and the model ${names.length} layers, none of that name`,
          'espalier inspect lists the layers: "l0" is the first',
        );
      const ordered = inOrder(layer, filters);
      if (typeof ordered === 'string') return fail(ordered);
      placed.set(place, ordered);
    }
    return placed;
  } catch (error) {
    if (!isSystemError(error)) throw error;
    return fail(`it cannot be read: ${reasonOf(error)}`);
  }
}

/** By its name in the model, or as `l` and its place. */
function placeOf(layer: string, names: readonly (readonly string[])[]): number | undefined {
  const named = names.findIndex((own) => own.includes(layer));
  if (named >= 0) return named;
  const place = /^l(\d{1,6})$/.exec(layer);
  return place && Number(place[1]) < names.length ? Number(place[1]) : undefined;
}

type Filters = ReadonlyMap<string, Pick<SavedFilter, 'ces' | 'bs'>>;

/** `k0`, `k1`, ... or `r0`, `r1`, ..., none missing. */
function inOrder(layer: string, filters: Filters): SavedLayer | string {
  const letter = filters.has('k0') ? 'k' : 'r';
  const ordered: SavedFilter[] = [];
  for (let i = 0; i < filters.size; i++) {
    const filter = filters.get(`${letter}${i}`);
    if (!filter) return `the layer "${layer}" has ${filters.size} filters and no "${letter}${i}"`;
    ordered.push({ name: `${layer}/${letter}${i}`, ...filter });
  }
  return ordered;
}

const matrices = z.array(z.array(z.array(z.number()).length(3)));
const schema = z.record(z.string(), z.record(z.string(), z.object({ Ces: matrices, Bs: matrices })));

function fromJson(bytes: Uint8Array): ReadonlyMap<string, Filters> | string {
  const parsed = schema.safeParse(jsonOf(bytes));
  if (!parsed.success) {
    const [{ path, message }] = parsed.error.issues;
    return `it is no decomposition: ${path.length > 0 ? `"${path.join('/')}": ` : ''}${message}`;
  }
  const flat = (unit: readonly (readonly number[])[]): Float64Array => Float64Array.from(unit.flat());
  return new Map(
    Object.entries(parsed.data).map(([layer, filters]) => [
      layer,
      new Map(Object.entries(filters).map(([name, { Ces, Bs }]) => [name, { ces: Ces.map(flat), bs: Bs.map(flat) }])),
    ]),
  );
}

function jsonOf(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
}

/** Bytes of one array, once unpacked. */
const largest = 2 ** 30;

function fromNpz(bytes: Uint8Array): ReadonlyMap<string, Filters> | string {
  const layers = new Map<string, Map<string, { ces: Float64Array[]; bs: Float64Array[] }>>();
  let files: Record<string, Uint8Array>;
  try {
    files = unzipSync(bytes, { filter: ({ originalSize }) => originalSize <= largest });
  } catch {
    return 'it is no archive that can be read';
  }
  for (const [path, entry] of Object.entries(files)) {
    const name = path.replace(/\.npy$/, '');
    const parts = /^(.+)\/([kr]\d+)\/(Ces|Bs)$/.exec(name);
    if (!parts) return `the array "${name}" is not called as "l0/k0/Ces" is`;
    const array = readAnyNpy(entry);
    if (typeof array === 'string') return `the array "${name}" ${array}`;
    const { data, shape } = array;
    if (shape.length !== 3 || shape[2] !== 3)
      return `the array "${name}" has shape [${shape.join(', ')}], and [units, rows, 3] is needed`;
    const [, layer, filter, what] = parts;
    const filters = layers.get(layer) ?? new Map<string, { ces: Float64Array[]; bs: Float64Array[] }>();
    layers.set(layer, filters);
    const own = filters.get(filter) ?? { ces: [], bs: [] };
    filters.set(filter, own);
    const size = shape[1] * 3;
    for (let u = 0; u < shape[0]; u++)
      own[what === 'Ces' ? 'ces' : 'bs'].push(Float64Array.from(data.slice(u * size, (u + 1) * size)));
  }
  return layers;
}
