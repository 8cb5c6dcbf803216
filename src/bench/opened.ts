/** What was built, running, and known to compute what it should. */
import { worstOf } from '../check/compare.ts';
import type { Verdict } from '../check/verify.ts';
import { verifyModel } from '../check/verify.ts';
import type { Compiled } from '../compile.ts';
import { manifestPort } from '../make/manifest.ts';
import { buildAndOpen } from '../make/temporary.ts';
import type { Process } from './contender.ts';
import type { BenchJob, Keep } from './job.ts';
import type { OursOptions } from './ours.ts';
import { buildKit, isProgram, openProgram } from './ours.ts';
import type { Kit } from './web/kit.ts';
import type { Place } from './web/places.ts';
import { nodePlace } from './web/places.ts';

/** What is built for WebGPU runs nowhere else than where it is timed: not every browser has the adapter of Node.js. */
export const needsPlace = (target: string): boolean => target === 'webgpu';

/** Who takes part. */
export interface Entrant {
  readonly kit: Kit;
  readonly process: Process;
  /** Null where its outputs are others. */
  readonly maxError: number | null;
}

export interface Opened extends Omit<Entrant, 'kit' | 'maxError'> {
  readonly maxError: number;
  readonly compiled: Compiled;
  /** Absent for native code. */
  readonly kit?: Kit | undefined;
  /** Where it runs already, if that is where it shall be timed. */
  readonly place?: Place | undefined;
}

export const portsOf = ({ plan }: Compiled) => ({
  inputs: plan.inputs.map(manifestPort),
  outputs: plan.outputs.map(manifestPort),
});

/** What was built, once it is known to compute what it should; or the verdict that it does not. Undefined after a report. */
export async function verified(
  { loaded, parts, options, report, doing, journal, signal }: BenchJob,
  ours: OursOptions,
  keep: Keep,
  placeFor: (compiled: Compiled) => Place,
): Promise<Opened | { readonly verdict: Verdict } | undefined> {
  let timed: Omit<Opened, 'maxError'> | undefined;
  const gpu = needsPlace(options.target);
  const verdict = await verifyModel({
    ...parts,
    graph: loaded.graph,
    report,
    doing,
    async open(compiled) {
      // Others are opened to find out what is wrong with the first.
      if (timed && !gpu) return buildAndOpen(compiled, { ...options, journal, signal }, report);
      const again = timed ? '-again' : '';
      const kit = isProgram(options.target) ? undefined : await buildKit(compiled, ours, report, again);
      if (!kit && !isProgram(options.target)) return undefined;
      const place = gpu ? placeFor(compiled) : nodePlace({ ...ours, ...portsOf(compiled), gpu, report });
      const process = kit ? await place.open(kit) : await openProgram(compiled, ours, report);
      if (!process) return undefined;
      timed ??= { compiled, kit, process: keep.process(process), place: gpu ? place : undefined };
      return {
        run: async (inputs) => ((await process.load(inputs)) ? process.outputs() : undefined),
        dispose: () => {},
      };
    },
  });
  if (!verdict || !timed) return undefined;
  return verdict.ok ? { ...timed, maxError: worstOf(verdict.outputs) } : { verdict };
}
