/** The GPU that a program for CUDA ran on, and the most that it can do by its clocks. */
import { z } from 'zod';
import { archNamed } from '../../targets/cuda/archs.ts';
import { readClocks } from '../toolchain/cuda.ts';

const whole = z.int().min(0);

/** What the program says of its device. Frequencies are of the device's description: 0 where it does not tell. */
const described = z.strictObject({
  name: z.string(),
  /** `sm_90` */
  arch: z.string(),
  /** Versions of CUDA: the newest that the driver takes, and the one that the program was built with. */
  driver: z.string(),
  toolkit: z.string(),
  multiprocessors: whole,
  clockMhz: whole,
  memoryClockMhz: whole,
  /** Lanes of the bus to memory. */
  busBits: whole,
  /** Of the second cache. */
  cacheBytes: whole,
  memoryBytes: z.number().min(0),
});

export const cudaDeviceSchema = described.extend({
  /** What the driver's own tool said after the runs, with its own version; null where there is none. MHz and watts. */
  clocks: z
    .strictObject({
      driver: z.string(),
      clockMhz: z.number(),
      mostClockMhz: z.number(),
      memoryClockMhz: z.number(),
      powerLimit: z.number(),
    })
    .nullable(),
});

export type CudaDevice = z.infer<typeof cudaDeviceSchema>;

/** Undefined after a report. */
export async function deviceOf(process: {
  readonly ask: <T>(order: string, answer: z.ZodType<T>) => Promise<T | undefined>;
}): Promise<CudaDevice | undefined> {
  const device = await process.ask('device', described);
  return device && { ...device, clocks: (await readClocks()) ?? null };
}

/** Lanes of f32 of a multiprocessor; those of all newer architectures where it is none that we know. */
const lanesOf = (arch: string): number => archNamed(arch)?.lanes ?? 128;

/** Operations a nanosecond of f32 off the tensor cores, a multiply-add being two: what lanes and the clock allow, not what was measured. */
export const peakOf = ({ arch, multiprocessors, clockMhz }: CudaDevice): number =>
  2 * lanesOf(arch) * multiprocessors * clockMhz * 1e-3;

/** Bytes a nanosecond between memory and the device, of which two go with each clock: what the bus allows. */
export const bandwidthOf = ({ memoryClockMhz, busBits }: CudaDevice): number =>
  (2 * memoryClockMhz * busBits * 1e-3) / 8;

export const printDevice = ({ name, arch, driver, toolkit, clocks, clockMhz, memoryClockMhz }: CudaDevice): string =>
  [
    `${name} (${arch})`,
    clocks === null ? `driver for CUDA ${driver}` : `driver ${clocks.driver}`,
    `built with CUDA ${toolkit}`,
    ...(clocks === null
      ? [`${clockMhz} MHz, memory ${memoryClockMhz} MHz by its description`]
      : [
          `${clocks.clockMhz} of ${clocks.mostClockMhz} MHz, memory ${clocks.memoryClockMhz} MHz, ${clocks.powerLimit} W`,
        ]),
  ].join(', ');
