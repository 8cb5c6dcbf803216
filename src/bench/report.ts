/** What a measurement says, as data: the JSON of `espalier bench`. Times are milliseconds. */
import { z } from 'zod';
import { cudaDeviceSchema } from './cuda-device.ts';

const ms = z.number().min(0);
const share = z.number().min(0).max(1);

export const machineSchema = z.strictObject({
  cpu: z.string(),
  /** Cores that there are, and those that the contenders ran on; empty where they could not be chosen. */
  cores: z.int().min(1),
  pinned: z.array(z.int().min(0)),
  platform: z.string(),
  node: z.string(),
  /** Null where none took part. */
  compiler: z.string().nullable(),
  flags: z.array(z.string()),
  /** ISO 8601. */
  date: z.string(),
});

/** Bytes as they are, and compressed as servers do. */
const sizes = z.strictObject({ raw: z.int().min(0), gzip: z.int().min(0), brotli: z.int().min(0) });

/** What was handed to WebGPU until the first result was there, the inputs with it, and the most that its buffers held. */
export const gpuCounts = z.strictObject({ uploadedBytes: z.number().min(0), heldBytes: z.number().min(0) });

/** As the adapter calls itself; what it does not tell is empty. */
export const adapterSchema = z.strictObject({
  vendor: z.string(),
  architecture: z.string(),
  device: z.string(),
  description: z.string(),
  software: z.boolean(),
});

/** What times are worth that were taken where a CPU computes what a GPU should. */
export const softwareNote = 'software adapter, not a GPU: compare what is counted, not times';

/** What counts in a page besides the time of a run. */
export const webSchema = z.strictObject({
  /** Of the runtime, or which kernels of ours ran. */
  version: z.string().nullable(),
  /** Medians over fresh processes or pages. `totalMs` is from nothing to the first outputs, the download included. */
  start: z.strictObject({
    starts: z.int().min(1),
    /** Not measured: the bytes as brotli at the speed of the link. Null where they are not known. */
    downloadMs: ms.nullable(),
    /** The runtime and the model: read, compiled, instantiated. */
    loadMs: ms,
    firstMs: ms,
    secondMs: ms,
    totalMs: ms,
    /** The most memory that the process had after two runs, what it begins with included; null where the system does not say. */
    peakBytes: z.int().min(0).nullable(),
    /** Null where WebGPU has no part in it, or is out of sight. */
    gpu: gpuCounts.nullable(),
  }),
  /** What a page of it makes people download; null for native code. */
  ships: z.strictObject({ code: sizes, weights: sizes }).nullable(),
});

/** Of all runs: the median, the shortest, and the distance between the quartiles. */
const timing = { medianMs: ms, minMs: ms, iqrMs: ms };

export const layerSchema = z.strictObject({
  /** As the user named it. Not to be trusted. */
  name: z.string(),
  op: z.string(),
  /** Of the result. */
  shape: z.array(z.int().min(1)),
  /** Of the weights; null where the step has none. */
  format: z.string().nullable(),
  /** Null where the step's loops compute it. */
  kernel: z.string().nullable(),
  /** The share of weights that are kept. */
  density: share.nullable(),
  /** Multiply-adds of one run with dense weights, and with those that are kept. */
  macs: z.number().min(0),
  nonzeroMacs: z.number().min(0),
  /** In the network: each step once, its data where the step before left them. */
  medianMs: ms,
  minMs: ms,
  /** The step again and again, its data in the caches. */
  hotMedianMs: ms,
  hotMinMs: ms,
  /** Useful floating-point operations, two for each multiply-add with a weight that is kept, in 1e9 a second; hot, at best. */
  gflops: z.number().min(0),
  /**
   * The share of the fastest that the core did in the same minutes on registers alone; on a GPU of what its clock allows for f32 off the tensor cores,
   * of which tensor cores do several times as much.
   */
  peakShare: z.number().min(0),
});

/** Bytes and operations that are known beforehand. */
export const countsSchema = z.strictObject({
  /** Weights, as they are uploaded and stay; and all of them as dense f16, zeros with them. */
  weightBytes: z.int().min(0),
  denseHalfBytes: z.int().min(0),
  /** The first divided by the second; null where there are no weights. */
  share: z.number().min(0).nullable(),
  /** The one buffer that a run computes in. */
  memoryBytes: z.int().min(0),
  /** Every step reads its operands, weights with them, and writes its result once; copies that it makes are written and read. */
  movedBytes: z.number().min(0),
  /** Two for each multiply-add of layers, with weights that are kept, and with all. */
  flops: z.number().min(0),
  denseFlops: z.number().min(0),
  /** Shaders that a run starts. */
  dispatches: z.int().min(0),
});

/** A peer for CUDA with every layer that has weights by itself, fed with numbers of its own. */
export const layerPeerSchema = z.strictObject({
  name: z.string(),
  layers: z.array(
    z.strictObject({
      /** As the user named it. Not to be trusted. */
      name: z.string(),
      library: z.enum(['cuBLAS', 'cuDNN', 'cuSPARSE', 'cuSPARSELt']),
      ...{ medianMs: ms, minMs: ms, hotMedianMs: ms, hotMinMs: ms },
    }),
  ),
});

export const benchSchema = z.strictObject({
  machine: machineSchema,
  model: z.string(),
  /** How sparse it is: its weights, the share of them that is zero, and the format with the most work. */
  mask: z.strictObject({ weights: z.int().min(0), zeros: share, format: z.string().nullable() }),
  threads: z.int().min(1),
  /** Where contenders for the web ran: processes of Node.js, or pages of a browser. */
  place: z.strictObject({ kind: z.enum(['node', 'browser']), version: z.string() }),
  /** What WebGPU ran on; null for other targets. `note` says what times are worth, unless they are those of a GPU. */
  adapter: adapterSchema.extend({ note: z.literal(softwareNote).nullable() }).nullable(),
  /** The GPU that CUDA ran on; null for other targets. */
  device: cudaDeviceSchema.nullable(),
  /** The command line that asked for it. */
  command: z.string(),
  /** Bits a second of the link that downloads were computed for; null where there are none. */
  link: z.number().nullable(),
  ours: z.strictObject({
    target: z.string(),
    cpu: z.string().nullable(),
    /** Threads that our code used: it may use fewer than the peers. */
    threads: z.int().min(1),
    ...timing,
    runs: z.int().min(1),
    /** The largest error of an output against the reference. */
    maxError: z.number().min(0),
    /** In 1e9 floating-point operations a second; null where it was not measured. */
    peakGflops: z.number().min(0).nullable(),
    web: webSchema.nullable(),
    /** For webgpu: what the plan says of a run, whatever it runs on; null for other targets. */
    counts: countsSchema.nullable(),
  }),
  peers: z.array(
    z.strictObject({
      name: z.string(),
      ...timing,
      /** The peer's time divided by ours: the median of the rounds' own ratios, and the distance of their quartiles. */
      ratio: z.number().min(0),
      ratioIqr: z.number().min(0),
      /** Null where its outputs are others. */
      maxError: z.number().min(0).nullable(),
      web: webSchema.nullable(),
    }),
  ),
  /** Who was asked for and could not take part, and why. */
  absent: z.array(z.strictObject({ name: z.string(), reason: z.string() })),
  layers: z.array(layerSchema),
  /** For cuda, of PyTorch: the same layers by its libraries. */
  layerPeers: z.array(layerPeerSchema),
});

/** The times of layers alone, whatever else the version that wrote the report has measured. */
export const layerTimesSchema = z.object({ layers: z.array(z.object({ name: z.string(), medianMs: ms })) });

export type Machine = z.infer<typeof machineSchema>;
export type Adapter = z.infer<typeof adapterSchema>;
export type GpuCounts = z.infer<typeof gpuCounts>;
export type Counts = z.infer<typeof countsSchema>;
export type Web = z.infer<typeof webSchema>;
export type LayerTiming = z.infer<typeof layerSchema>;
export type LayerPeer = z.infer<typeof layerPeerSchema>;
export type BenchReport = z.infer<typeof benchSchema>;
