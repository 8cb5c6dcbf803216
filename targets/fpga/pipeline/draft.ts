/** A pipeline before engines are chosen: stages and the values between them. */
import type { Layer } from '../contract/layer.ts';
import type { Compute, Port, Stage } from './pipeline.ts';

/** Stages know everything but how long they take, and layers which engine they have. */
export interface Draft {
  readonly stages: readonly DraftStage[];
  readonly values: readonly DraftValue[];
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
}

export interface DraftValue {
  readonly id: string;
  readonly shape: readonly number[];
  /** Of one element, signed. */
  readonly bits: number;
}

type Without<S, K extends string> = S extends unknown ? Omit<S, K> : never;

export type DraftLayer = Omit<Compute, 'cycles' | 'engine' | 'plan'>;
export type DraftGlue = Without<Exclude<Stage, Compute>, 'cycles'>;
export type DraftStage = DraftLayer | DraftGlue;

/** What a stage does, apart from where it stands. */
export type Work = Without<DraftStage, 'name' | 'origin' | 'inputs' | 'outputs'>;

export const isLayer = (stage: DraftStage): stage is DraftLayer & { readonly layer: Layer } => stage.kind === 'compute';
