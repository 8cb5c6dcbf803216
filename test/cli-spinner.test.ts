/** The spinner: only for people, only for what takes a while, and on any terminal. */
import { PassThrough } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import { stripVTControlCharacters } from 'node:util';
import { expect, test } from 'vitest';
import { spinner } from '../src/cli/spinner.ts';

/** What a terminal of a width is told while `during` lasts. */
async function shown(terminal: { readonly isTTY: boolean; readonly columns: number }, during: number): Promise<string> {
  const stream: PassThrough = Object.assign(new PassThrough(), terminal, {
    cursorTo: () => stream.write('\u001b[1G'),
    clearLine: () => stream.write('\u001b[0K'),
    moveCursor: () => stream.write('\u001b[1A'),
  });
  const turning = spinner(stream as unknown as NodeJS.WriteStream);
  turning.say('reading');
  turning.say('compiling');
  await wait(during);
  turning.clear();
  turning.stop();
  return String(stream.read() ?? '');
}

test('shows what is done last, once it takes a while', async () => {
  const text = await shown({ isTTY: true, columns: 80 }, 700);
  expect(stripVTControlCharacters(text)).toContain('compiling');
  expect(stripVTControlCharacters(text)).not.toContain('reading');
});

test('says nothing of what is done at once, nor where nobody watches', async () => {
  expect(await shown({ isTTY: true, columns: 80 }, 50)).toBe('');
  expect(await shown({ isTTY: false, columns: 80 }, 700)).toBe('');
});

test('a terminal without a width is no reason to clear lines without end', async () => {
  const text = await shown({ isTTY: true, columns: 0 }, 700);
  expect(stripVTControlCharacters(text)).toContain('compiling');
  expect(text.length).toBeLessThan(2000);
});
