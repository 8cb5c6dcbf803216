/** All engines, in the order in which they are asked. */

import type { Engine } from '../contract/engine.ts';
import { broadcast } from './broadcast.ts';
import { crossbar } from './crossbar.ts';
import { dense } from './dense.ts';
import { nOfM } from './n-of-m.ts';
import { smartdeal } from './smartdeal.ts';
import { stationary } from './stationary.ts';
import { unrolled } from './unrolled.ts';

export const engines: readonly Engine[] = [crossbar, stationary, nOfM, broadcast, smartdeal, unrolled, dense];
