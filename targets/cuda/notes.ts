/** What of the options not all architectures have, and what there is instead. */
import type { Fault } from '../../src/target.ts';
import type { Arch } from './archs.ts';
import { haveTensorCores } from './archs.ts';
import type { Arithmetic } from './arithmetic.ts';

export function notesOn(archs: readonly Arch[], arithmetic: Arithmetic): readonly Fault[] {
  const lacking = archs.find((arch) => !haveTensorCores([arch]));
  if (arithmetic !== 'f32' && lacking)
    return [
      {
        code: 'cuda/no-tensor-cores',
        message: `layers multiply in f32 and not in ${arithmetic}, since "${lacking.name}" has no tensor cores for these kernels`,
        hint: 'leave it out of --arch, or give --arithmetic f32',
      },
    ];
  const without = archs.find(({ alone }) => !alone);
  if (without && archs.some(({ alone }) => alone) && (arithmetic === 'f16' || arithmetic === 'bf16'))
    return [
      {
        code: 'cuda/no-warpgroups',
        message: `layers are multiplied by warps and not by warpgroups, since "${without.name}" has none and there is one source for all architectures`,
        hint: 'build for --arch sm_90a alone, and for the others apart',
      },
    ];
  return [];
}
