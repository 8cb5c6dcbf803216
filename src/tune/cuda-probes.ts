/** What is measured on a GPU by CUDA: layers off the tensor cores, and on them where there are any. */
import { archsOf, haveTensorCores } from '../../targets/cuda/archs.ts';
import { judge } from '../../targets/cuda/contest.ts';
import { contendersFor } from '../../targets/cuda/kernels/index.ts';
import type { Setting } from '../../targets/cuda/rates/rates.ts';
import type { Counted } from '../plan/rates.ts';
import type { Work } from '../target.ts';
import { quickGpuGrid, quickTensorGrid, wholeGpuGrid, wholeTensorGrid } from './grid.ts';
import type { Probes } from './probes.ts';
import { probesFor } from './probes.ts';

type Measured = 'f32' | 'f16';

/** Of each arithmetic, which is built by itself. */
export function probesOf(arch: string, setting: Setting, quick: boolean): readonly (readonly [Measured, Probes])[] {
  const off = probesFor(quick ? quickGpuGrid : wholeGpuGrid, countedBy(arch, setting, 'f32'));
  if (!haveTensorCores(archsOf(arch))) return [['f32', off]];
  const on = probesFor(quick ? quickTensorGrid : wholeTensorGrid, countedBy(arch, setting, 'f16'), 'tensor');
  return [
    ['f32', off],
    ['f16', on],
  ];
}

/** What computes a layer is who wins it. */
export function countedBy(arch: string, setting: Setting, arithmetic: Measured): (work: Work) => Counted {
  const contenders = contendersFor({ archs: archsOf(arch), arithmetic, ...setting });
  return (work) => judge(contenders, work).prediction.counted;
}
