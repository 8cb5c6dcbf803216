/** The layouts that steps want: neighbouring pixels side by side wherever a kernel works on them. */
import type { Target } from '../../src/target.ts';

export const wish: Target['wish'] = () => ({ kind: 'same' });
