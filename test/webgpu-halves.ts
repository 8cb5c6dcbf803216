/**
 * f16 on a device that has none: shaders as a loader makes them for one that has, in which numbers of f16 are f32 that are rounded where
 * f16 would round. Products of two halves are exact in f32, so that rounding them once is what f16 gives.
 */
import { withFeature } from '../targets/webgpu/features.ts';

/** The nearest numbers of eleven bits, of two the even one. Quantising as WGSL has it may cut bits off. */
const halves = `
fn halves(value: vec4<f32>) -> vec4<f32> {
  let bits = bitcast<vec4<u32>>(value);
  return bitcast<vec4<f32>>((bits + 0xfffu + ((bits >> vec4<u32>(13u)) & vec4<u32>(1u))) & vec4<u32>(0xffffe000u));
}
`;

/** Throws where something of f16 would be left that is not rounded. */
export function roundedHalves(text: string): string {
  if (!text.includes('enable f16; ') || !text.includes('alias tiled = f16;')) throw new Error('no shaders with f16');
  const rounded = text
    .replace('enable f16; ', '')
    .replace('alias tiled = f16;', 'alias tiled = f32;')
    // What is brought to f16, and products of what is.
    .replace(/\bvec4<tiled>\((\w+)\)/g, 'halves($1)')
    .replace(/\btiled\((\w+)\)/g, 'halves(vec4<f32>($1)).x')
    .replace(/\bvec4<f32>\((\w+\.[xyzw] \* \w+)\)/g, 'halves($1)');
  // What is left are types of arrays, and vectors of numbers that are rounded.
  for (const [, after] of rounded.matchAll(/\btiled\b>?(\(?[^;\n]*)/g))
    if (!/^(, \d+>|>?, \d+>| = f32|\((\w+\[[^\]]+\](, |\)))+)$/.test(after))
      throw new Error(`f16 that is not rounded: ${after}`);
  return rounded + halves;
}

export const inHalves = (text: string): string => roundedHalves(withFeature(text, 'shader-f16'));

/** An implementation of WebGPU whose adapters say that they have f16, and whose devices compute it so. */
export const withHalves = (gpu: GPU): object => ({
  async requestAdapter(options: GPURequestAdapterOptions) {
    const adapter = (await gpu.requestAdapter(options)) as GPUAdapter;
    return {
      limits: adapter.limits,
      features: new Set([...adapter.features, 'shader-f16']),
      async requestDevice({ requiredFeatures = [], ...rest }: GPUDeviceDescriptor) {
        const features = [...requiredFeatures].filter((name) => name !== 'shader-f16');
        const device = await adapter.requestDevice({ ...rest, requiredFeatures: features });
        const make = device.createShaderModule.bind(device);
        device.createShaderModule = ({ code, ...more }) => make({ ...more, code: roundedHalves(code) });
        return device;
      },
    };
  },
});
