/** The compiler's own text, with the long constants beside it: what the importer `text` reads. Loses nothing. */
import { print } from '../graph/print.ts';
import { packSidecar, sidecarPath } from '../graph/sidecar.ts';
import { baseName } from '../import/names.ts';
import type { Exporter } from './exporter.ts';

export const text: Exporter = {
  name: 'text',
  doc: 'the compiler’s own text (.graph), with its constants beside it (.graph.npz)',
  accepts: (file) => file.endsWith('.graph'),

  export(graph, { file }) {
    const printed = print(graph);
    const path = baseName(file);
    const beside =
      printed.sidecar.size === 0 ? [] : [{ path: sidecarPath(path), contents: packSidecar(printed.sidecar) }];
    return [{ path, contents: new TextEncoder().encode(printed.text) }, ...beside];
  },
};
