/** The levels of x86-64 that the CPU of the tests has, as the operating system says. */
import { existsSync, readFileSync } from 'node:fs';
import { levels } from '../targets/cpu/levels.ts';

export const levelNames: readonly string[] = ['baseline', ...levels.map(({ name }) => name)];

/** What Linux calls features of which compilers have other names. */
const elsewhere: Readonly<Record<string, string>> = { bmi: 'bmi1' };

/** Ascending, from the baseline on. */
export function levelsHere(): readonly string[] {
  const text = process.arch === 'x64' && existsSync('/proc/cpuinfo') ? readFileSync('/proc/cpuinfo', 'utf8') : '';
  const flags = new Set(text.match(/^flags\s*: (.*)$/m)?.[1].split(' '));
  const lacking = levels.findIndex(({ features }) => features.some((f) => !flags.has(elsewhere[f] ?? f)));
  return levelNames.slice(0, lacking === -1 ? levelNames.length : lacking + 1);
}

/** What a check program prints of the levels here, where all is well. */
export const checkedLevels = (outputs: readonly string[]): RegExp => {
  const errors = outputs.map((name) => `${name}: largest error [^ ,]+\\n`).join('');
  return new RegExp(
    `^${levelsHere()
      .map((level) => `${level}\\n${errors}`)
      .join('')}ok\\n$`,
  );
};
