/** What `ptxas -v` says of each kernel for each architecture: how much of a multiprocessor its threads take. */

export interface KernelUse {
  /** As the source calls it. */
  readonly kernel: string;
  /** `sm_90` */
  readonly arch: string;
  /** Of a thread. */
  readonly registers: number;
  /** Bytes that a thread has in memory since registers did not do, each way. */
  readonly spills: number;
  /** Bytes of shared memory that a block declares. */
  readonly shared: number;
}

const entry = /Compiling entry function '(\w+)' for '(sm_\w+)'/;
const spilled = /(\d+) bytes spill stores, (\d+) bytes spill loads/;
const used = /Used (\d+) registers/;
const sharedBytes = /(\d+) bytes smem/;

export function parsePtxas(output: string): readonly KernelUse[] {
  const found: KernelUse[] = [];
  let [kernel, arch, spills] = ['', '', 0];
  for (const line of output.split('\n')) {
    const begun = entry.exec(line);
    if (begun) [kernel, arch, spills] = [plainName(begun[1]), begun[2], 0];
    const spill = spilled.exec(line);
    if (spill) spills = Number(spill[1]) + Number(spill[2]);
    const use = used.exec(line);
    if (use && kernel !== '')
      found.push({ kernel, arch, registers: Number(use[1]), spills, shared: Number(sharedBytes.exec(line)?.[1] ?? 0) });
  }
  return found;
}

/** Of a C++ symbol, in which the length of a name stands before it. Names of ours may begin with no digit. */
function plainName(symbol: string): string {
  const [, length, rest] = /^_ZL?(\d+)(\w+)$/.exec(symbol) ?? [];
  return length === undefined ? symbol : rest.slice(0, Number(length));
}
