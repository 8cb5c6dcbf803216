/** The routine that makes streams of rows from what is stored of them. */
import type { Routine } from '../../../src/plan/kernel.ts';
import { storedValue } from './stored.ts';

export const expandRows: Routine = {
  name: 'expand-rows',
  template: 'wasm/kernels/expand-rows.wat.hbs',
  view: {},
  needs: [storedValue],
};
