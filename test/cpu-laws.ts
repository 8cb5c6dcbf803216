/** What holds of a build whatever it is built for. */
import { describe, expect, test } from 'vitest';
import { fingerprint, machines, printed, ready } from './cpu-machines.ts';

/** Right everywhere, and with strict arithmetic the same to the last bit. */
export function lawsOf(names: readonly string[]): void {
  describe('the check program agrees', () => {
    for (const name of names.filter((n) => machines[n].emulator))
      test.skipIf(!ready(machines[name]))(name, () => {
        expect(printed(name, {}, '')).toMatch(/^probabilities: largest error .*\nmap: .*\nok\n$/);
      });
  });

  describe('strict arithmetic gives the same bits', () => {
    for (const name of names)
      test.skipIf(!ready(machines[name]))(name, () => {
        expect(printed(name, { strictFp: true }, fingerprint)).toBe(strictly());
      });
  });
}

/** The bits that every machine is to give. */
export const strictly = (): string => printed('x86-64 by gcc', { strictFp: true }, fingerprint);
