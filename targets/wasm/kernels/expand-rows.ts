/** The routine that makes streams of rows from what is stored of them. */
import type { Routine } from '../../../src/plan/kernel.ts';
import { storedValue } from './stored.ts';

export const expandRows: Routine = {
  name: 'expand-rows',
  template: 'wasm/kernels/expand-rows.wat.hbs',
  view: {},
  needs: [storedValue],
};

/** The routine that makes streams of whole weights. */
export const expandPairs: Routine = {
  name: 'expand-pairs',
  template: 'wasm/kernels/expand-pairs.wat.hbs',
  view: {},
  needs: [],
};
