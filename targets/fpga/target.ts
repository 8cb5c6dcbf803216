/** Quantised graphs as hardware: a Vitis HLS component of streams and engines. */
import type { Call } from '../../src/graph/graph.ts';
import type { Types } from '../../src/ops/rules.ts';
import type { Hardware, Target, TargetFamily, Wish } from '../../src/target.ts';
import { plain } from '../../src/tensor/type.ts';
import { emit } from './emit.ts';
import { hardwareFault } from './hardware.ts';
import { printHost } from './split/host.ts';
import { split } from './split/split.ts';

export const fpga: TargetFamily = {
  name: 'fpga',
  doc: 'a Vitis HLS component whose area follows the weights that are not zero',
  hardwareFault,
  target: ({ hardware = {} }) => fpgaTarget(hardware),
  sharing: {
    split,
    target: ({ hardware = {}, prefix = '' }) => fpgaTarget(hardware, prefix),
    host: printHost,
  },
};

const fpgaTarget = (hardware: Hardware, prefix?: string): Target => ({
  name: fpga.name,
  doc: fpga.doc,
  kernels: [],
  price: () => 0,
  ownStorage: 'engines choose how weights are stored',
  predict: () => ({ ns: 0, bound: '', family: '' }),
  wish: rowsOfChannels,
  emit: (plan, context) =>
    emit(plan.graph, hardware, context, prefix === undefined ? undefined : `${prefix}${plan.name}`),
});

/** Streams carry pixels in raster order. */
const rowsOfChannels = (_call: Call, types: Types): Wish => ({
  kind: 'fixed',
  operands: Object.fromEntries(Object.keys(types).map((name) => [name, plain])),
  result: plain,
});
