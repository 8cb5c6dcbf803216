#!/usr/bin/env node
/** The `espalier` command. The only module that does something when it is imported: it is the process, and its own worker. */
import { isMainThread } from 'node:worker_threads';

// Each thread loads only what it needs: the one that answers to the terminal is there at once.
if (isMainThread) {
  const { supervise } = await import('./supervise.ts');
  process.exitCode = await supervise(new URL(import.meta.url), process.argv.slice(2));
} else {
  const { work } = await import('./work.ts');
  await work();
}
