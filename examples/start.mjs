/** `npm start`: from a fresh clone with nothing but Node, installs what is missing, builds, and runs the example. */
import { build, install } from '../.ci/prepare.mjs';

if (!install() || !build()) process.exit(1);
await import('../dist/examples/start.js');
