/** Weights become powers of two and small bases: see src/smartdeal/. On request alone, since results change. */
import type { Pass } from '../src/pass.ts';
import type { Decomposed, DecomposeOptions } from '../src/smartdeal/graph.ts';
import { decomposeGraph } from '../src/smartdeal/graph.ts';

/** Before all other passes, so that layers have the weights that they were trained with. `tell` hears what became of each. */
export const decomposeSmartdeal = (options: DecomposeOptions, tell: (made: Decomposed) => void = () => {}): Pass => ({
  name: 'decompose-smartdeal',
  doc: 'makes the weights of each layer of powers of two and small bases, where that takes less than bytes',

  run(graph, report) {
    const decomposed = decomposeGraph(graph, options);
    tell(decomposed);
    const { layers } = decomposed;
    const left = layers.filter(
      ({ reason }, i) => reason !== null && layers.findIndex((l) => l.reason === reason) === i,
    );
    for (const { name, reason } of left) {
      const others = layers.filter((layer) => layer.reason === reason).length - 1;
      const message = others === 0 ? `the layer ${reason}` : `the layer, and ${others} more like it: each ${reason}`;
      report({ severity: 'note', code: 'smartdeal/left', message, origin: { file: graph.file, name } });
    }
    for (const { name, dropped } of layers.filter((layer) => layer.dropped > 0)) {
      const message = `${dropped} coefficients are too small for codes of 4 bits beside the largest of their unit, and become 0`;
      report({ severity: 'warning', code: 'smartdeal/dropped', message, origin: { file: graph.file, name } });
    }
    return decomposed.graph;
  },
});
