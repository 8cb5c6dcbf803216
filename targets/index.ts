import type { TargetFamily } from '../src/target.ts';
import { cpu } from './cpu/target.ts';
import { cuda } from './cuda/target.ts';
import { fpga } from './fpga/target.ts';
import { wasm } from './wasm/target.ts';
import { webgpu } from './webgpu/target.ts';

export const targets: readonly TargetFamily[] = [cpu, cuda, fpga, wasm, webgpu];
