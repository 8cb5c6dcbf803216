/** Plans as WebGPU: shaders, weights as they are stored, and a typed binding. */
import type { Kernel } from '../../src/plan/kernel.ts';
import type { Plan } from '../../src/plan/plan.ts';
import type { Emission, EmitContext, Target, TargetFamily, TargetOptions } from '../../src/target.ts';
import { fuse } from '../gpu/fuse.ts';
import { placesOf } from '../gpu/places.ts';
import { wish } from '../gpu/wish.ts';
import { binding } from './binding.ts';
import { kernels } from './kernels/index.ts';
import { moduleOf } from './module.ts';
import { pricingBy } from './price.ts';
import { laptop } from './rates/laptop.ts';

export const webgpu: TargetFamily = {
  name: 'webgpu',
  doc: 'WebGPU for browsers, with the same network as WebAssembly beside it for where there is none',
  inexact: true,
  beside: 'wasm',
  target: (options) => webgpuTarget(kernels, options),
};

/** Without kernels every step is printed from its loops: slower, and never wrong. */
export function webgpuTarget(kernels: readonly Kernel[], { rates = laptop }: TargetOptions = {}): Target {
  return { name: webgpu.name, doc: webgpu.doc, kernels, ...pricingBy(rates), wish, fuse, emit };
}

/** What shaders count elements with is an i32. */
const mostBytes = 2 ** 31;

function emit(plan: Plan, { render, report }: EmitContext): Emission {
  const { name } = plan;
  const places = placesOf(plan);
  const most = Math.max(places.memory, places.weights.length);
  if (most > mostBytes) {
    report({
      severity: 'error',
      code: 'webgpu/too-large',
      message: `needs a buffer of ${most} bytes, and shaders count up to ${mostBytes}`,
      origin: { file: name },
      hint: 'give the inputs smaller sizes, or build for the target "cpu"',
    });
    return { artefacts: [], recipe: [] };
  }
  const module = moduleOf(plan, places, render);
  const { js, types } = binding(plan, places, module, render);
  return {
    artefacts: [
      { path: `${name}.wgsl`, contents: module.text, role: 'binary' },
      { path: `${name}.bin`, contents: places.weights, role: 'weights' },
      { path: `${name}.js`, contents: js, role: 'binding' },
      { path: `${name}.d.ts`, contents: types, role: 'types' },
      { path: 'package.json', contents: packageJson(name), role: 'build' },
    ],
    recipe: [],
  };
}

const packageJson = (name: string): string =>
  `${JSON.stringify({ private: true, type: 'module', main: `./${name}.js`, types: `./${name}.d.ts` }, null, 2)}\n`;
