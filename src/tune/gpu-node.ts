/** Shaders timed on Dawn, in a Node.js process of its own: a driver that fails takes that one with it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import type { Report } from '../diagnostic.ts';
import type { Journal } from '../make/journal.ts';
import { moduleExtension } from '../make/package.ts';
import { startDialogue } from '../toolchain/dialogue.ts';
import { nodeCommand } from '../toolchain/node.ts';
import type { StoredJob } from './shaders.ts';

export const timedSchema = z.object({
  /** The adapter, as it calls itself, and what drives it. Not to be trusted. */
  adapter: z.string(),
  runtime: z.string(),
  /** Nanoseconds of parts at best, by their names. */
  times: z.record(z.string(), z.number().min(0)),
});

export type MeasuredShaders = z.infer<typeof timedSchema>;

const answer = z.union([z.object({ message: z.string(), hint: z.string().nullable() }), timedSchema]);

export interface NodeOptions {
  /** How long shaders are timed, in whole rounds. */
  readonly seconds: number;
  /** Told what is being done. */
  readonly doing: (what: string) => void;
  readonly journal: Journal;
  readonly signal?: AbortSignal | undefined;
}

/** Undefined after a report. */
export async function timeInNode(
  { job, weights }: StoredJob,
  { seconds, doing, journal, signal }: NodeOptions,
  report: Report,
): Promise<MeasuredShaders | undefined> {
  const folder = mkdtempSync(join(tmpdir(), 'espalier-tune-'));
  journal.hold(folder);
  writeFileSync(join(folder, 'job.json'), JSON.stringify(job));
  writeFileSync(join(folder, 'weights.bin'), weights);
  const child = new URL(`./gpu-child.${moduleExtension}`, import.meta.url);
  const dialogue = startDialogue(nodeCommand(child, 'serveShaders', folder), { signal });
  const fail = (message: string, hint: string | null): undefined =>
    void report({ severity: 'error', code: 'tune/no-gpu', message, hint: hint ?? elsewhere });
  try {
    const began = performance.now();
    for (;;) {
      const passed = Math.min(1, (performance.now() - began) / (1000 * seconds));
      doing(`measuring, ${Math.round(100 * passed)} %`);
      const said = await dialogue.ask('round');
      if (!said.ok) return fail(`the process that times shaders ${said.reason}`, null);
      const found = answer.parse(said.value);
      if ('message' in found) return fail(found.message, found.hint);
      if (passed === 1) return found;
    }
  } finally {
    dialogue.end();
    rmSync(folder, { recursive: true, force: true });
    journal.release(folder);
  }
}

const elsewhere =
  'install a driver for Vulkan, Metal or Direct3D 12, or measure in a browser: --browser, or --page for any';
