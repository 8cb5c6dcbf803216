/** Measurements as data, with the day and the machine. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { packageFolder } from '../../src/make/package.ts';

/** Writes `results/NAME-DATE.json`, and says where. */
export function keep(results: readonly unknown[], name: string): void {
  const date = new Date().toISOString().slice(0, 10);
  const file = fileURLToPath(new URL(`test/bench/results/${name}-${date}.json`, packageFolder()));
  mkdirSync(dirname(file), { recursive: true });
  const machine = {
    cpu: cpus()[0]?.model ?? 'unknown',
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
  };
  writeFileSync(file, `${JSON.stringify({ date, machine, results }, null, 2)}\n`);
  console.log(`kept in ${file}`);
}
