/** Every format that can hold a layer's weights, with its price: what choose-formats decides by, and reports show. */

import type { Cost } from '../formats/format.ts';
import { formats } from '../formats/index.ts';
import type { Weights } from '../graph/weights.ts';
import type { Encoding } from '../tensor/type.ts';

export interface Offer {
  readonly encoding: Encoding;
  readonly cost: Cost;
}

export interface Refusal {
  readonly encoding: Encoding;
  /** The rest of a sentence: `row 3 has 3 nonzeros in columns 8..11`. */
  readonly reason: string;
}

export interface Offers {
  readonly offers: readonly Offer[];
  readonly refused: readonly Refusal[];
}

export function offersFor({ matrix }: Pick<Weights, 'matrix'>): Offers {
  const detections = formats.map((format) => ({ format, found: format.detect(matrix) }));
  return {
    offers: detections.flatMap(({ format, found }) =>
      found.fits.map((params) => ({ encoding: { format: format.name, params }, cost: format.cost(matrix, params) })),
    ),
    refused: detections.flatMap(({ format, found }) =>
      found.refused.map(({ params, reason }) => ({ encoding: { format: format.name, params }, reason })),
    ),
  };
}
