/** What graphs must be before they can be hardware. */
import type { Diagnostic } from '../../src/diagnostic.ts';
import type { Graph } from '../../src/graph/graph.ts';

/** Why no engine takes anything of the graph; undefined where some computes with whole numbers. */
export const notQuantised = ({ nodes, file }: Graph): Diagnostic | undefined =>
  nodes.some(({ kind, type }) => kind === 'call' && type.dtype === 'i32')
    ? undefined
    : {
        severity: 'error',
        code: 'fpga/not-quantised',
        message: 'the model computes with real numbers alone, and engines take whole ones',
        origin: { file },
        hint: 'quantise it: --quantize weights=int8,activations=int8 --calibrate data.npz',
      };
