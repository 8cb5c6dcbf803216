/** How the invocations of a group put together what each has found of a line. */
import type { Routine } from '../../../src/plan/kernel.ts';
import { math } from '../math.ts';
import { functionName } from '../print-wgsl.ts';

export type Fold = 'sum' | 'max' | 'min' | 'prod';

/** Of two numbers a and b. `max` and `min` pass over NaN. */
const folds: Readonly<Record<Fold, string>> = {
  sum: 'a + b',
  prod: 'a * b',
  max: 'select(a, b, a < b)',
  min: 'select(a, b, b < a)',
};

/** What a fold begins with. */
export const starts: Readonly<Record<Fold, string>> = {
  sum: '0.0',
  prod: '1.0',
  max: '(-infinity())',
  min: 'infinity()',
};

/** The same of what the invocations of a subgroup have. */
const across: Readonly<Record<Fold, string>> = {
  sum: 'subgroupAdd',
  prod: 'subgroupMul',
  max: 'subgroupMax',
  min: 'subgroupMin',
};

export const foldText = (fold: Fold, a: string, b: string): string =>
  folds[fold].replace(/\b[ab]\b/g, (name) => (name === 'a' ? a : b));

/** A function of what each invocation has found, that gives all of them the whole. */
export const together = (fold: Fold): Routine => ({
  name: `all-${fold}`,
  template: 'webgpu/kernels/together.wgsl.hbs',
  view: { fold: foldText(fold, 'own', 'other'), across: across[fold] },
  needs: [math.infinity],
});

export const togetherName = (fold: Fold): string => functionName(together(fold));
