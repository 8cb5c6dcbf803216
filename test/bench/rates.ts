/**
 * Measures the rates that are shipped, on a quiet machine with AVX-512:
 *
 *     npm run bench:rates                 all of them
 *     npm run bench:rates avx512 sse      some
 */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { packageFolder } from '../../src/make/package.ts';
import { placeFor } from '../../src/make/tuning.ts';
import { wholeGrid } from '../../src/tune/grid.ts';
import { measure } from '../../src/tune/measure.ts';
import { probesFor } from '../../src/tune/probes.ts';
import { tuneFrom } from '../../src/tune/tune.ts';
import { countsOf } from '../../targets/cpu/counts.ts';
import { shippedRates } from '../../targets/cpu/rates/index.ts';

const tables = [
  { name: 'avx512', cpu: 'x86-64-v4', doc: 'x86-64 with AVX-512' },
  { name: 'avx2', cpu: 'x86-64-v3', doc: 'x86-64 with AVX2 and FMA' },
  { name: 'sse', cpu: 'generic', doc: 'x86-64 with SSE2' },
];

const seconds = Number(process.env.SECONDS ?? 40);
const wanted = process.argv.slice(2);
const root = fileURLToPath(packageFolder());
const { graph, probes } = probesFor(wholeGrid, countsOf);

for (const { name, cpu, doc } of tables) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  const place = await placeFor(cpu);
  if (!place) throw new Error('no C compiler');
  const journal = { hold: () => {}, release: () => {}, keep: () => {} };
  const measured = await measure(graph, { cpu, seconds, journal, doing: () => {} }, (d) => console.error(d.message));
  if (!measured) throw new Error(`nothing was measured for ${cpu}`);
  const { rates, fits, compared } = tuneFrom(probes, measured, shippedRates(cpu), place);
  const { machine, compiler, families } = rates;
  const text = `/** ${doc}: measured on one core of a server, shared with others. */
import type { CpuRates } from './rates.ts';

export const ${name}: CpuRates = ${JSON.stringify({ machine, compiler, families }, null, 2)};
`;
  const file = `${root}targets/cpu/rates/${name}.ts`;
  writeFileSync(file, text);
  execFileSync('npx', ['biome', 'check', '--write', file], { cwd: root, stdio: 'ignore' });
  for (const c of compared)
    console.log([c.family, c.shape, c.format, c.density, c.measuredNs, c.predictedNs].join('\t'));
  for (const { family, layers, medianError, worstError } of fits)
    console.log(`${name}\t${family}\t${layers}\t${medianError.toFixed(3)}\t${worstError.toFixed(3)}`);
}
