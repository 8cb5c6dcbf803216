/** The JSON that `espalier explain --json` prints. Times are nanoseconds, shares 0 to 1. */
import { z } from 'zod';

const count = z.int().min(0);
const share = z.number().min(0).max(1);
const ns = z.number().min(0);
const shape = z.array(z.int().min(1));

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
  /** How it uses the machine, where the target says so: `120 blocks, 2 a multiprocessor`. */
  detail: z.string().optional(),
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
    /** In one run of the layers. */
    flops: count,
    /** Steps without weights, for which nothing is predicted. */
    otherSteps: count,
  }),
  /** What to prune each layer to; null unless it was asked. */
  advice: z.array(adviceSchema).nullable(),
});

export type Explained = z.infer<typeof explainedSchema>;
