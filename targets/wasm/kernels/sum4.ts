/** The sum of a vector's numbers. */
import type { Routine } from '../../../src/plan/kernel.ts';

export const sum4: Routine = { name: 'sum4', template: 'wasm/kernels/sum4.wat.hbs', view: {}, needs: [] };
