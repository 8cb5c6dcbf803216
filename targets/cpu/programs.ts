/** The programs that go with a network: one that runs it on files, and one that compares it with what was recorded. */
import type { Artefact, Render } from '../../src/target.ts';
import type { CPort } from '../c.ts';
import { runningAlone, runningAsTold } from './pool-programs.ts';

interface Network {
  readonly name: string;
  readonly symbol: string;
  readonly upper: string;
  readonly inputs: readonly CPort[];
  readonly outputs: readonly CPort[];
  readonly threads: number;
  /** Of CPUs, where code for several is there. */
  readonly levels: readonly string[] | undefined;
  /** Whether there is one that compares. */
  readonly checks: boolean;
}

export const emitPrograms = (network: Network, render: Render): readonly Artefact[] => [
  { path: `${network.name}_example.c`, contents: example(network, render), role: 'example' },
  ...(network.checks
    ? [{ path: `${network.name}_check.c`, contents: checker(network, render), role: 'check' } as const]
    : []),
];

function example(network: Network, render: Render): string {
  const { inputs, outputs, threads } = network;
  return render('cpu/example.c.hbs', {
    ...network,
    ...(threads > 1 ? runningAsTold : runningAlone)(network),
    ports: [
      ...inputs.map((p) => ({ ...p, array: `in_${p.member}` })),
      ...outputs.map((p) => ({ ...p, array: `out_${p.member}` })),
    ],
    usage: [...inputs.map((p) => `${p.member}.bin`), ...outputs.map((p) => `${p.member}_out.bin`)].join(' '),
    files: inputs.length + outputs.length,
  });
}

function checker(network: Network, render: Render): string {
  const { name, symbol, outputs, threads, levels } = network;
  const recorded = `${symbol}_recorded`;
  return render('cpu/check.c.hbs', {
    ...network,
    recorded,
    recordedFile: `${name}_recorded`,
    types: [...new Set(outputs.map((p) => p.type))].map((type) => ({ type })),
    includes: levels || threads > 1 ? ['<string.h>'] : [],
    body: [levels ? 'levels' : 'run', ...(threads > 1 ? ['threads'] : [])]
      .map((part) =>
        render(`cpu/check/${part}.c.hbs`, { ...network, recorded, levels: levels ?? [], most: threads }).trimEnd(),
      )
      .join('\n'),
  });
}
