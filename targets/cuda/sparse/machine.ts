/** What bounds kernels off the tensor cores, on a GPU that is told by a few numbers. */

/** A GPU, by what bounds kernels off its tensor cores. Cycles are those of one multiprocessor. */
export interface Machine {
  readonly processors: number;
  /** Bytes of shared memory of a processor, and what a block takes beside its own. */
  readonly shared: number;
  readonly perBlock: number;
  /** Of a processor. */
  readonly registers: number;
  readonly threads: number;
  /** Warps that load from shared memory, and that are given an instruction, in a cycle. */
  readonly loads: number;
  readonly issues: number;
  /** From the second cache, in a cycle, where all processors ask. */
  readonly bytes: number;
  /** From the GPU's memory, likewise. */
  readonly memory: number;
  /** Cycles until what was loaded from shared memory is there. */
  readonly latency: number;
}

/** Of the class of H100. */
export const large: Machine = {
  ...{ processors: 132, shared: 228 * 1024, perBlock: 1024, registers: 65536, threads: 2048 },
  ...{ loads: 1, issues: 4, bytes: 24, memory: 14, latency: 30 },
};

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

export function boundBy({ blocks, shares, alone, threads, registers, shared }: Blocks, machine: Machine): Bound {
  const room = [
    machine.threads / threads,
    machine.registers / (threads * registers),
    machine.shared / (shared + machine.perBlock),
  ];
  const resident = Math.max(1, Math.floor(Math.min(...room)));
  const each = Math.ceil(blocks / machine.processors);
  const together = Math.min(each, resident);
  const names = ['shared memory', 'instructions', 'cache'] as const;
  const most = names.reduce((a, b) => (shares[b] > shares[a] ? b : a));
  const busy = together * shares[most];
  return {
    cycles: Math.ceil(each / together) * Math.max(alone, busy),
    ...{ by: busy < alone ? 'waiting' : most, blocks, resident, occupancy: (together * threads) / machine.threads },
  };
}
