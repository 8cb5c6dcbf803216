/** Runtimes for the web by others: which of their files run where, and which a page makes people download. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { ModelFile } from '../../check/tfjs-model.ts';
import { nodesOf } from '../../check/tfjs-model.ts';
import type { Package } from '../../toolchain/packages.ts';
import { findPackage } from '../../toolchain/packages.ts';
import type { Kit, Ports, Shipped } from './kit.ts';
import { fileSite, pageSite } from './kit.ts';

/** A package that is missing: what to install. */
export interface Missing {
  readonly install: string;
}

/** The versions that are tested, and that hints name. */
const tested = {
  '@tensorflow/tfjs-core': '4.22.0',
  '@tensorflow/tfjs-converter': '4.22.0',
  '@tensorflow/tfjs-layers': '4.22.0',
  '@tensorflow/tfjs-backend-wasm': '4.22.0',
  '@tensorflow/tfjs-backend-webgpu': '4.22.0',
  'onnxruntime-web': '1.30.0',
  '@litertjs/core': '2.5.3',
  '@litertjs/wasm-utils': '2.5.3',
} as const;

type PackageName = keyof typeof tested;

/** All of them, or what is missing. */
function packages<const Names extends readonly PackageName[]>(
  names: Names,
): Readonly<Record<Names[number], Package>> | Missing {
  const found = names.map((name) => [name, findPackage(name)] as const);
  const missing = found.filter(([, where]) => !where).map(([name]) => `${name}@${tested[name]}`);
  if (missing.length > 0) return { install: `npm install --save-dev ${missing.join(' ')}` };
  return Object.fromEntries(found) as Record<Names[number], Package>;
}

export const isMissing = (kit: Kit | Missing): kit is Missing => 'install' in kit;

/** The parts that an import by name leads to. */
const empty = 'data:text/javascript,export default {}';

/** `model` is a model.json whose paths were checked. */
export function tfjsKit(model: string, ports: Ports, on: 'wasm' | 'webgpu' = 'wasm'): Kit | Missing {
  const file = JSON.parse(readFileSync(model, 'utf8')) as ModelFile;
  const reader = nodesOf(file) ? 'converter' : 'layers';
  const found = packages(['@tensorflow/tfjs-core', `@tensorflow/tfjs-${reader}`, `@tensorflow/tfjs-backend-${on}`]);
  if ('install' in found) return found;
  const {
    '@tensorflow/tfjs-core': core,
    [`@tensorflow/tfjs-${reader}` as const]: loader,
    [`@tensorflow/tfjs-backend-${on}` as const]: backend,
  } = found as Readonly<Record<string, Package>>;
  const modulesAs = (suffix: string) => ({
    core: join(core.folder, 'dist', `tf-core.${suffix}`),
    [reader]: join(loader.folder, 'dist', `tf-${reader}.${suffix}`),
    backend: join(backend.folder, 'dist', `tf-backend-${on}.${suffix}`),
  });
  const dist = join(backend.folder, 'dist');
  const inPage = modulesAs('fesm.min.js');
  const shards = file.weightsManifest.flatMap(({ paths }) => paths).map((path) => join(dirname(model), path));
  const mounts = {
    '/core/': core.folder,
    '/loader/': loader.folder,
    '/backend/': backend.folder,
    '/model/': dirname(model),
  };
  const gpu = on === 'webgpu';
  const parts = gpu
    ? ({ driver: 'tfjs-gpu', model, gpu } as const)
    : ({ driver: 'tfjs', assets: dist, model } as const);
  const site = pageSite({ ...parts, modules: inPage }, mounts, ports);
  const binary = ports.threads > 1 ? 'tfjs-backend-wasm-threaded-simd.wasm' : 'tfjs-backend-wasm-simd.wasm';
  return {
    name: gpu ? 'tfjs-webgpu' : 'tfjs',
    version: `tfjs-backend-${on} ${backend.version}`,
    // In Node.js its backend has no more threads.
    node: fileSite({ ...parts, modules: modulesAs('node.js') }, { ...ports, threads: 1 }),
    page: {
      mounts,
      imports: {
        '@tensorflow/tfjs-core': site.modules.core,
        // Its package says that these are nothing in a browser.
        ...Object.fromEntries(['fs', 'os', 'path', 'perf_hooks', 'worker_threads'].map((name) => [name, empty])),
      },
      site,
    },
    ships: [...code([...Object.values(inPage), ...(gpu ? [] : [join(dist, binary)])]), ...weights([model, ...shards])],
  };
}

/** `model` is a file of ONNX. In Node.js its package has nothing for GPUs. */
export function ortWebKit(model: string, ports: Ports, on: 'wasm' | 'webgpu' = 'wasm'): Kit | Missing {
  const found = packages(['onnxruntime-web']);
  if ('install' in found) return found;
  const { folder, version } = found['onnxruntime-web'];
  const dist = join(folder, 'dist');
  const gpu = on === 'webgpu';
  const binaries = gpu ? 'ort-wasm-simd-threaded.asyncify' : 'ort-wasm-simd-threaded';
  const runtime = join(dist, `ort.${on}.min.mjs`);
  const mounts = { '/runtime/': folder, '/model/': dirname(model) };
  const parts = { driver: 'ort-web', model, gpu } as const;
  return {
    name: gpu ? 'ort-webgpu' : 'ort-web',
    version: `onnxruntime-web ${version}`,
    node: gpu
      ? 'onnxruntime-web has WebGPU in browsers alone: add --browser'
      : fileSite({ ...parts, modules: { runtime: join(dist, 'ort.node.min.mjs') } }, ports),
    page: {
      mounts,
      imports: {},
      site: pageSite({ ...parts, modules: { runtime }, assets: dist }, mounts, ports),
    },
    ships: [...code([runtime, join(dist, `${binaries}.mjs`), join(dist, `${binaries}.wasm`)]), ...weights([model])],
  };
}

/** `model` is a file of TensorFlow Lite. */
export function litertKit(model: string, ports: Ports): Kit | Missing {
  const found = packages(['@litertjs/core', '@litertjs/wasm-utils']);
  if ('install' in found) return found;
  const { '@litertjs/core': core, '@litertjs/wasm-utils': utils } = found;
  const modules = { core: join(core.folder, 'dist/index.js'), utils: join(utils.folder, 'dist/index.js') };
  const mounts = { '/core/': core.folder, '/utils/': utils.folder, '/model/': dirname(model) };
  const assets = join(core.folder, 'wasm');
  const site = pageSite({ driver: 'litert', modules, assets, model }, mounts, ports);
  const binary = ports.threads > 1 ? 'litert_wasm_threaded_internal' : 'litert_wasm_internal';
  return {
    name: 'litert',
    version: `LiteRT.js ${core.version}`,
    node: 'LiteRT.js runs in browsers alone: add --browser',
    page: { mounts, imports: { '@litertjs/wasm-utils': site.modules.utils }, site },
    ships: [
      ...code([...Object.values(modules), join(assets, `${binary}.js`), join(assets, `${binary}.wasm`)]),
      ...weights([model]),
    ],
  };
}

const code = (paths: readonly string[]): readonly Shipped[] => paths.map((path) => ({ path, role: 'code' }));

const weights = (paths: readonly string[]): readonly Shipped[] => paths.map((path) => ({ path, role: 'weights' }));
