/** What bounds kernels off the tensor cores, in cycles of one multiprocessor. */
import type { Device } from '../devices.ts';

export interface Bound {
  /** Cycles of the layer. */
  readonly cycles: number;
  /** What most of them are for, where all processors are busy. */
  readonly by: 'shared memory' | 'instructions' | 'cache' | 'waiting';
  readonly blocks: number;
  /** Blocks that a processor has room for, and the share of its threads that these have. */
  readonly resident: number;
  readonly occupancy: number;
}

/** Blocks that are alike. */
interface Blocks {
  readonly blocks: number;
  /** Cycles that each takes of what all blocks of a processor share. */
  readonly shares: Readonly<Record<Exclude<Bound['by'], 'waiting'>, number>>;
  /** Cycles of one with a processor to itself. */
  readonly alone: number;
  readonly threads: number;
  /** Of a thread. */
  readonly registers: number;
  /** Bytes of shared memory. */
  readonly shared: number;
}

export function boundBy({ blocks, shares, alone, threads, registers, shared }: Blocks, device: Device): Bound {
  const room = [
    device.blocks,
    device.threads / threads,
    device.registers / (threads * registers),
    device.shared / (shared + device.perBlock),
  ];
  const resident = Math.max(1, Math.floor(Math.min(...room)));
  const each = Math.ceil(blocks / device.processors);
  const together = Math.min(each, resident);
  const names = ['shared memory', 'instructions', 'cache'] as const;
  const most = names.reduce((a, b) => (shares[b] > shares[a] ? b : a));
  const busy = together * shares[most];
  return {
    cycles: Math.ceil(each / together) * Math.max(alone, busy),
    ...{ by: busy < alone ? 'waiting' : most, blocks, resident, occupancy: (together * threads) / device.threads },
  };
}
