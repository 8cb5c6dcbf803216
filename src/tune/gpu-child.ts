/** The other side of shaders that are timed in Node.js: orders come line by line, and so do answers. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { isDawn, openDawn } from '../toolchain/dawn.ts';
import { findPackage } from '../toolchain/packages.ts';
import type { ShaderJob, ShaderTimer } from './web/time-shaders.ts';
import { openTimer } from './web/time-shaders.ts';

/** Each order is one round, and is answered with all that was measured so far, or with a message and a hint. */
export async function serveShaders(folder: string): Promise<void> {
  // Drivers talk; only answers belong on the standard output.
  console.log = console.error;
  console.warn = console.error;
  const dawn = await openDawn();
  let timer: ShaderTimer | undefined;
  const round = async (): Promise<unknown> => {
    if (!isDawn(dawn)) return dawn;
    try {
      const job = JSON.parse(readFileSync(join(folder, 'job.json'), 'utf8')) as ShaderJob;
      timer ??= await openTimer(dawn, job, Uint8Array.from(readFileSync(join(folder, 'weights.bin'))));
      await timer.round();
      return {
        adapter: timer.adapter,
        runtime: `Dawn, webgpu ${findPackage('webgpu')?.version}`,
        times: timer.times(),
      };
    } catch (cause) {
      return { message: String(cause instanceof Error ? cause.message : cause), hint: null };
    }
  };
  for await (const _order of createInterface({ input: process.stdin }))
    process.stdout.write(`${JSON.stringify(await round())}\n`);
  process.exit(0);
}
