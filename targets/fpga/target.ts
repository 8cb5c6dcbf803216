/** Quantised graphs as hardware: a Vitis HLS component of streams and engines. */
import type { Call } from '../../src/graph/graph.ts';
import type { Types } from '../../src/ops/rules.ts';
import type { Hardware, Target, TargetFamily, Wish } from '../../src/target.ts';
import { plain } from '../../src/tensor/type.ts';
import { emit } from './emit.ts';
import { hardwareFault } from './hardware.ts';

export const fpga: TargetFamily = {
  name: 'fpga',
  doc: 'a Vitis HLS component whose area follows the weights that are not zero',
  hardwareFault,
  target: ({ hardware = {} }) => fpgaTarget(hardware),
};

const fpgaTarget = (hardware: Hardware): Target => ({
  name: fpga.name,
  doc: fpga.doc,
  kernels: [],
  price: () => 0,
  ownStorage: 'engines choose how weights are stored',
  predict: () => ({ ns: 0, bound: '', family: '' }),
  wish: rowsOfChannels,
  emit: (plan, context) => emit(plan.graph, hardware, context),
});

/** Streams carry pixels in raster order. */
const rowsOfChannels = (_call: Call, types: Types): Wish => ({
  kind: 'fixed',
  operands: Object.fromEntries(Object.keys(types).map((name) => [name, plain])),
  result: plain,
});
