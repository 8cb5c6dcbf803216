/** Builds into a folder that lasts until the model is let go of. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Compiled } from '../compile.ts';
import type { Report } from '../diagnostic.ts';
import type { BuildOptions } from './build.ts';
import { buildFolder } from './build.ts';
import type { OpenModel } from './open.ts';
import { openFolder } from './open.ts';

/** Builds what was compiled and opens it; `dispose` removes it from the disk. Undefined, and reported, if it cannot. */
export async function buildAndOpen(
  compiled: Compiled,
  options: BuildOptions,
  report: Report,
): Promise<OpenModel | undefined> {
  const temporary = mkdtempSync(join(tmpdir(), 'espalier-'));
  const remove = (): void => {
    rmSync(temporary, { recursive: true, force: true });
    options.journal.release(temporary);
  };
  options.journal.hold(temporary);
  let opened: OpenModel | undefined;
  try {
    const folder = join(temporary, compiled.plan.name);
    const built = await buildFolder(folder, compiled, options, report);
    opened = built?.complete ? await openFolder(folder, report, options.signal) : undefined;
  } finally {
    if (!opened) remove();
  }
  if (!opened) return undefined;
  const { dispose } = opened;
  return {
    ...opened,
    dispose: () => {
      dispose();
      remove();
    },
  };
}
