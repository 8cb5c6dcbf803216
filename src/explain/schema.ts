/** The JSON that `espalier explain --json` prints. Times are nanoseconds, shares 0 to 1. */
import { z } from 'zod';

const count = z.int().min(0);
const share = z.number().min(0).max(1);
const ns = z.number().min(0);
const shape = z.array(z.int().min(1));

const useSchema = z.strictObject({
  /** Blocks of threads; those that a multiprocessor has room for, and the share of its threads that these have at work. */
  blocks: count,
  resident: count,
  occupancy: share,
  /** Of a thread, at most. */
  registers: count.optional(),
  /** Bytes of shared memory of a block. */
  shared: z.number().min(0).optional(),
  /** Bytes from and to memory. */
  bytes: z.number().min(0),
  /** Rows by pixels of a block, and blocks that share each sum, where there are several. */
  tile: z.string().optional(),
  splits: count.optional(),
  /** Of several products that follow each other all but the bytes is told of the longest. */
  products: count.optional(),
  /** Multiply-adds that are done for nothing since sizes are no multiples of tiles, against those that are not. */
  padding: z.number().min(0).optional(),
});

export const offerSchema = z.strictObject({
  /** With its parameters: `csr index=16`. */
  format: z.string(),
  /** Of the weights alone. */
  bytes: z.number().min(0),
  ns,
  /** What most of the time goes into: `multiply`, `memory`, ... */
  bound: z.string(),
  /** The routine that computes it, as the target calls it. */
  routine: z.string(),
  /** How it uses a GPU, where the target says so. */
  use: useSchema.optional(),
  /** That weights are multiplied with the zeros that the format leaves out. */
  zeros: z.literal(true).optional(),
  /** What else could compute it: what that would take, or why it takes no such work. `asked`: that it is what was asked for. */
  others: z
    .array(
      z.strictObject({
        routine: z.string(),
        ns: ns.optional(),
        reason: z.string().optional(),
        asked: z.literal(true).optional(),
      }),
    )
    .optional(),
  /** Whether the target or the config would have it at any price. */
  wanted: z.boolean(),
});

export const layerSchema = z.strictObject({
  /** As the user named it. Not to be trusted. */
  name: z.string(),
  op: z.string(),
  /** Of the weights: [o, kh, kw, i] or [out, in]. */
  shape,
  output: shape,
  /** Multiply-adds of one run with dense weights. */
  macs: count,
  /** The share of weights that are not kept. */
  zeros: share,
  /** Of every constant that the layer reads, as the artefact stores them. What layers share counts for each. */
  storedBytes: count,
  /** Between memory and the core in one run, each array counted once. */
  movedBytes: count,
  /** Operations of floating point in one run: two for each weight that is kept and what it multiplies. */
  flops: count,
  chosen: offerSchema,
  /** What computes it; null where its loops do. */
  kernel: z.string().nullable(),
  /** Why kernels that were asked before did not take it. */
  refusedBy: z.array(z.strictObject({ kernel: z.string(), reason: z.string() })),
  /** Every other format that can hold the weights, the fastest first. */
  others: z.array(offerSchema),
  /** Formats that cannot, each with the rest of a sentence. */
  unfit: z.array(z.strictObject({ format: z.string(), reason: z.string() })),
  /** What other masks would do: what they would take at this share of zeros, and the hundredths from which they are stored sparse. */
  alternatives: z.array(
    z.strictObject({ pattern: z.string(), ns: ns.nullable(), from: z.int().min(0).max(99).nullable() }),
  ),
  /** Why this format. */
  why: z.string(),
  /** Why it is not sparse, and what would change that; null where it is, or where nothing is pruned. */
  whyNotSparse: z.string().nullable(),
  /** Why it is not computed by what was asked for, such as tensor cores; null where it is, or where nothing was. */
  whyNotAsked: z.string().nullable(),
});

export const adviceSchema = z.strictObject({
  name: z.string(),
  /** `unstructured`, `8x4 blocks`, `whole filters`, or `dense`. */
  pattern: z.string(),
  ns,
  structuredNs: ns,
  denseNs: ns,
  reason: z.string(),
});

export const explainedSchema = z.strictObject({
  model: z.string(),
  target: z.string(),
  cpu: z.string().nullable(),
  /** Where the rates come from; null where the target has its own. */
  tuning: z.string().nullable(),
  layers: z.array(layerSchema),
  totals: z.strictObject({
    ns,
    /** With all layers dense. */
    denseNs: ns,
    bytes: count,
    denseBytes: count,
    /** All weights with two bytes each. */
    halfBytes: count,
    /** Of all constants, as the artefact stores them: what is downloaded, and for a GPU uploaded. */
    storedBytes: count,
    arenaBytes: count,
    /** In one run of all steps. */
    movedBytes: count,
    /** What one run hands to a device; null where there is none. */
    launches: count.nullable(),
    /** In one run of the layers. */
    flops: count,
    /** Steps without weights, for which nothing is predicted. */
    otherSteps: count,
  }),
  /** What to prune each layer to; null unless it was asked. */
  advice: z.array(adviceSchema).nullable(),
});

export type Explained = z.infer<typeof explainedSchema>;
