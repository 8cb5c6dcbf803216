/** Rates of GPUs: every family of kernels has its own, so that nothing which the kernels can do is without a price. */
import type { Rates } from '../../../src/plan/rates.ts';
import type { Arch } from '../archs.ts';
import type { Family, Thing } from '../counts.ts';
import type { Device } from '../devices.ts';
import { deviceFor, deviceNamed, devices } from '../devices.ts';
import { estimatedRates } from './estimated.ts';

export interface GpuRates extends Rates {
  readonly families: Readonly<Record<Family, Readonly<Partial<Record<Thing, number>>>>>;
}

/** What layers are shaped and priced by. */
export interface Setting {
  readonly device: Device;
  readonly rates: Rates;
}

/** For code for some architectures: the GPU that work was measured for, or the one that stands for the newest of them. */
export function settingFor(archs: readonly Arch[], measured?: Rates): Setting {
  const device = devices.find(({ name }) => name === measured?.device) ?? deviceFor(archs);
  return { device, rates: measured ?? estimatedRates(device) };
}

/** For the GPU that a driver calls so, or else one of its architecture. */
export function settingOf(name: string, arch: string): Setting | undefined {
  const device = deviceNamed(name) ?? devices.find((d) => d.arch === arch);
  return device && estimatedFor(device);
}

export const estimatedFor = (device: Device): Setting => ({ device, rates: estimatedRates(device) });
