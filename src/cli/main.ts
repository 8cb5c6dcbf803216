#!/usr/bin/env node
/** The `espalier` command. The only module that does something when it is imported: it is the process, and its own worker. */
import { isMainThread } from 'node:worker_threads';
import { supervise } from './supervise.ts';
import { work } from './work.ts';

if (isMainThread) process.exitCode = await supervise(new URL(import.meta.url), process.argv.slice(2));
else await work();
