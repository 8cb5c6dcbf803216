import type { Pass } from '../src/pass.ts';
import type { Target } from '../src/target.ts';
import { chooseFormats } from './choose-formats.ts';
import { commuteResize } from './commute-resize.ts';
import { dropDeadChannels } from './drop-dead-channels.ts';
import { foldConstants } from './fold-constants.ts';
import { foldPadding } from './fold-padding.ts';
import { fuseActivation } from './fuse-activation.ts';
import { fuseBatchNorm } from './fuse-batch-norm.ts';
import { fuseBias } from './fuse-bias.ts';
import { fuseResidual } from './fuse-residual.ts';
import { hoistActivations } from './hoist-activations.ts';
import { moveTransposes } from './move-transposes.ts';
import { recogniseActivations } from './recognise-activations.ts';
import { recogniseAttention } from './recognise-attention.ts';
import { recogniseLayers } from './recognise-layers.ts';
import { recogniseNormalisation } from './recognise-normalisation.ts';
import { reorderLayout } from './reorder-layout.ts';
import { shareCommon } from './share-common.ts';
import { simplifyShapes } from './simplify-shapes.ts';
import { sinkScales } from './sink-scales.ts';
import { splitLayers } from './split-layers.ts';

/** What runs for every target and for none, in order, and why there. */
export const portable: readonly Pass[] = [
  foldConstants, // first, so that all others find constants where a model computes them, and no users that nobody uses
  recogniseActivations, // before scales and biases are looked for: `x + 3` and `x / 6` belong to a hard-swish
  recogniseLayers, // before shapes: what it writes as reshapes may cancel
  recogniseNormalisation, // before scales are looked for: it takes its own
  recogniseAttention, // before transposes move: the moves around its products are how it is known
  moveTransposes, // while they are all there, and before anything looks for channels on the last axis
  simplifyShapes, // before fusion: a reshape between a layer and its bias hides one from the other
  fuseBias, // before scales: a layer that has its bias can be scaled as a whole
  fuseBatchNorm, // before channels are looked at: a factor of 0 makes a row dead
  foldPadding, // before channels: a constant channel with a padded border is constant no longer
  sinkScales, // after scales were fused where they stood
  dropDeadChannels,
  simplifyShapes, // again: pads and slices of channels that are gone do nothing
  fuseBias, // again, for what was added to a scaled layer, and for dead branches, which leave a constant
  splitLayers, // when layers have their bias, and before formats: each part has its own
  simplifyShapes, // again: what parts are reshaped to may cancel
  fuseResidual, // after the bias, and before activations: they come after the sum
  hoistActivations, // when layers have their bias and wait for an activation
  fuseActivation, // after the bias: an activation is the last thing that a layer does
  commuteResize, // when it is known what an activation costs apart
  shareCommon, // after all that makes calls alike
];

/** What runs for a target. */
export const pipeline = (target: Target): readonly Pass[] => [
  ...portable,
  ...(target.ownStorage === undefined ? [chooseFormats(target.price)] : []), // when every layer is final
  reorderLayout(target), // last: kernels are chosen by what a step has become
];

/** What takes out channels that are dead, and leaves the layers as they are. */
export const pruning: readonly Pass[] = [
  foldConstants,
  simplifyShapes, // before channels: a transpose that cancels hides none
  dropDeadChannels,
  simplifyShapes, // again: pads and slices of channels that are gone do nothing
];
