/** What kernels that move numbers about share. */
import type { Routine } from '../../src/plan/kernel.ts';
import { vector } from './panels.ts';

/** Rows that become columns. */
export const transposeBlock: Routine = {
  name: 'transpose-block',
  template: 'cpu/kernels/transpose-block.c.hbs',
  view: {},
  needs: [vector],
};

/** The pixels of one channel side by side. */
export const flatChannel: Routine = {
  name: 'flat-channel',
  template: 'cpu/kernels/flat-channel.c.hbs',
  view: {},
  needs: [vector],
};
