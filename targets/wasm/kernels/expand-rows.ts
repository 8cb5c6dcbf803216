/** The routine that makes streams of rows from what is stored of them. */
import type { Routine } from '../../../src/plan/kernel.ts';
import { math } from '../math.ts';

const storedValue: Routine = {
  name: 'stored-value',
  template: 'wasm/kernels/stored-value.wat.hbs',
  view: {},
  needs: [math.f16],
};

export const expandRows: Routine = {
  name: 'expand-rows',
  template: 'wasm/kernels/expand-rows.wat.hbs',
  view: {},
  needs: [storedValue],
};
