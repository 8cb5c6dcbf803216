/** What yosys makes of Verilog twins for the 7 series: counts of cells. */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Area } from '../../targets/fpga/contract/engine.ts';
import type { Measured } from './layers.ts';

/** Without UltraRAM, which the 7 series has not. `lut` counts those that are memory or shift registers as well. */
export type Counts = Omit<Area, 'uram'>;

/** What was counted before, with the tool that the file names. */
export function recordedCounts({ name, engine, folding }: Pick<Measured, 'name' | 'engine' | 'folding'>): Counts {
  const { layers } = JSON.parse(readFileSync(new URL('synthesis.json', import.meta.url), 'utf8')) as {
    readonly layers: readonly (Measured & { readonly counts: Counts })[];
  };
  const found = layers.find((l) => l.name === name && l.engine === engine && l.folding === folding);
  if (!found) throw new Error(`${engine} for "${name}" was not synthesised`);
  return found.counts;
}

/** Synthesises a module of what is below `folder`/rtl. */
export function synthesise(folder: string, top: string): Counts {
  const cwd = join(folder, 'rtl');
  const sources = readdirSync(cwd).filter((name) => name.endsWith('.v') && !name.endsWith('_tb.v'));
  const script = [
    `read_verilog -defer ${sources.join(' ')}`,
    `synth_xilinx -family xc7 -noiopad -flatten -top ${top}`,
    'tee -q -o stat.json stat -json',
  ];
  writeFileSync(join(cwd, 'synthesis.ys'), `${script.join('\n')}\n`);
  const { status, stdout, stderr } = spawnSync('yosys', ['-q', 'synthesis.ys'], { cwd, encoding: 'utf8' });
  if (status !== 0) throw new Error(`yosys: ${stdout}${stderr}`);
  return countsOf(JSON.parse(readFileSync(join(cwd, 'stat.json'), 'utf8')).design.num_cells_by_type);
}

function countsOf(cells: Readonly<Record<string, number>>): Counts {
  const count = (...names: readonly string[]): number => names.reduce((sum, name) => sum + (cells[name] ?? 0), 0);
  const lutram = 4 * count('RAM64M', 'RAM32M') + 2 * count('RAM128X1D') + count('RAM64X1D', 'RAM32X1D');
  return {
    dsp: count('DSP48E1'),
    lut: count('LUT1', 'LUT2', 'LUT3', 'LUT4', 'LUT5', 'LUT6', 'SRL16E', 'SRLC32E') + lutram,
    ff: count('FDRE', 'FDSE', 'FDCE', 'FDPE'),
    bram18: count('RAMB18E1') + 2 * count('RAMB36E1'),
    lutram,
  };
}
