/** Inputs and outputs as C sees them: members of two structs. */
import { quoted } from '../../src/graph/print.ts';
import type { Port } from '../../src/plan/plan.ts';
import { elements, printShape } from '../../src/tensor/type.ts';
import { identifiers } from '../identifiers.ts';
import { ctype } from './syntax.ts';

export interface CPort {
  readonly port: Port;
  readonly member: string;
  readonly type: string;
  readonly length: string;
  readonly numbers: number;
  readonly shape: string;
  readonly quoted: string;
}

export function cPorts(ports: readonly Port[], prefix: string): readonly CPort[] {
  const members = identifiers(ports.map((p) => p.name));
  return ports.map((port, i) => ({
    port,
    member: members[i],
    type: ctype[port.array.dtype],
    length: `${prefix}_${members[i]}_LENGTH`,
    numbers: elements(port.type.shape),
    shape: printShape(port.type.shape) || 'one number',
    quoted: quoted(port.name),
  }));
}
