/** What a sweep says, as data. Times are milliseconds at best. */
import { z } from 'zod';
import { machineSchema } from '../report.ts';

const ms = z.number().min(0);

export const pointSchema = z.strictObject({
  /** `3x3 14x14 256 -> 256`. */
  shape: z.string(),
  pattern: z.string(),
  /** The share of weights that are zero. */
  zeros: z.number().min(0).max(1),
  /** With its parameters. */
  format: z.string(),
  ms,
  /** Useful floating-point operations, two for each multiply-add with a weight that is kept, in 1e9 a second. */
  gflops: z.number().min(0),
  /** How many times as fast as the whole layer is densely: by us, and by ONNX Runtime as floats and as 8-bit integers. */
  overDense: z.number().min(0),
  overOrt: z.number().min(0),
  overOrtInt8: z.number().min(0),
});

export const baselineSchema = z.strictObject({
  shape: z.string(),
  macs: z.number().min(0),
  denseMs: ms,
  ortMs: ms,
  ortInt8Ms: ms,
});

/**
 * From which share of zeros on the best format is faster; null where it is not even at the largest share of the sweep. Where it
 * is everywhere, the smallest share of the sweep: it may be faster from fewer on.
 */
export const crossingSchema = z.strictObject({
  shape: z.string(),
  pattern: z.string(),
  dense: z.number().nullable(),
  ort: z.number().nullable(),
  ortInt8: z.number().nullable(),
});

export const crossoverSchema = z.strictObject({
  machine: machineSchema,
  threads: z.int().min(1),
  baselines: z.array(baselineSchema),
  points: z.array(pointSchema),
  crossings: z.array(crossingSchema),
});

export type Point = z.infer<typeof pointSchema>;
export type Baseline = z.infer<typeof baselineSchema>;
export type Crossing = z.infer<typeof crossingSchema>;
export type Crossover = z.infer<typeof crossoverSchema>;
