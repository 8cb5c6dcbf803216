/** The pruning patterns, and reading one with its parameters. */
import type { Report } from '../diagnostic.ts';
import { suggestion } from '../import/nearest.ts';
import { block } from './block.ts';
import { channel } from './channel.ts';
import { gs } from './gs.ts';
import { nm } from './nm.ts';
import { pattern } from './pattern.ts';
import type { Pattern, Pruner } from './pruner.ts';
import { punched } from './punched.ts';
import { unstructured } from './unstructured.ts';

/** Every pattern, from the finest to the coarsest. */
export const patterns: readonly Pattern[] = [unstructured, nm, gs, pattern, block, punched, channel];

/** `block:4x1:0.9` → what prunes like that; undefined, and reported, where it is no pattern. */
export function parsePattern(text: string, report: Report): Pruner | undefined {
  const fail = (message: string, hint: string): undefined =>
    void report({ severity: 'error', code: 'prune/pattern', message, hint });
  const [name, ...parts] = text.split(':');
  const found = patterns.find((p) => p.name === name);
  if (!found) {
    const names = patterns.map((p) => p.name);
    const like = suggestion(name, names);
    return fail(
      `there is no pattern "${name}"`,
      [like, `patterns are ${patterns.map((p) => p.example).join(', ')}`].filter(Boolean).join(' '),
    );
  }
  const parsed = found.parse(parts);
  return typeof parsed === 'string' ? fail(`the pattern "${text}" ${parsed}`, `e.g. ${found.example}`) : parsed;
}
