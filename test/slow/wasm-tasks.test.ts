/** All cases of all kernels as tasks. */
import { tasksAreTheWhole } from '../wasm-tasks.ts';

tasksAreTheWhole(1);
