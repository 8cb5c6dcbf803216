/** Every kind of stage as an instance of a Verilog module. */
import { bug } from '../../../src/diagnostic.ts';
import type { Compute, Stage } from '../pipeline/pipeline.ts';
import { combine, fork, pad, pool, total } from './glue.ts';
import { bitsOf, type Instance, type Printing, through } from './instance.ts';
import { printScheduled } from './scheduled.ts';
import { concat, lookup, rearrange, requantize } from './tabled.ts';
import { printUnrolled } from './unrolled.ts';

/** Stages that there is no Verilog of. */
export const lacksVerilog = ({ kind }: Stage): boolean => kind === 'interpolate' || kind === 'softmax';

export function instanceOf(stage: Stage, printing: Printing): Instance {
  const { streams } = printing;
  switch (stage.kind) {
    case 'compute':
      return compute(stage, printing);
    case 'fork':
      return fork(stage, streams);
    case 'pool':
      return pool(stage, streams);
    case 'total':
      return total(stage, streams);
    case 'combine':
      return combine(stage, streams);
    case 'pad':
      return pad(stage, streams);
    case 'requantize':
      return requantize(stage, printing);
    case 'lookup':
      return lookup(stage, printing);
    case 'concat':
      return concat(stage, printing);
    case 'rearrange':
      return rearrange(stage, printing);
    case 'beats':
    case 'interpolate':
    case 'softmax':
      return bug(`no Verilog for ${stage.kind}`);
  }
}

function compute(stage: Compute, { name, streams, render }: Printing): Instance {
  const { layer, plan } = stage;
  const options = { name, layer, outBits: bitsOf(streams, stage.outputs[0]), render };
  const artefacts =
    plan.kind === 'scheduled' ? printScheduled({ ...options, plan }) : printUnrolled({ ...options, plan });
  return { module: name, parameters: {}, wires: through(stage), artefacts };
}
