/** The compiler's own text, as `print` writes it, with the long constants beside it: see graph/sidecar.ts. */
import type { Report } from '../diagnostic.ts';
import type { Graph } from '../graph/graph.ts';
import { parse } from '../graph/parse.ts';
import type { Sidecar } from '../graph/print.ts';
import { sidecarPath, unpackSidecar } from '../graph/sidecar.ts';
import { verify } from '../graph/verify.ts';
import type { ImportContext, Importer } from './importer.ts';
import { missingFile } from './missing-file.ts';
import { baseName } from './names.ts';

export const text: Importer = {
  name: 'text',
  doc: 'the compiler’s own text (.graph), with its constants beside it (.graph.npz)',
  accepts: (file) => file.endsWith('.graph'),

  import(file, { read, report, options }) {
    const bytes = read(baseName(file));
    if (!bytes) return missingFile(file, report);
    if (options.batch !== undefined || options.shapes || options.masks)
      report({
        severity: 'warning',
        code: 'import/option',
        message: 'batch, shapes and masks are those of the text, and the ones given are not used',
        origin: { file },
      });
    return graphIn(bytes, file, read, report);
  },
};

/** The graph as it stands in the text, if nothing is wrong with it. */
function graphIn(bytes: Uint8Array, file: string, read: ImportContext['read'], report: Report): Graph | null {
  try {
    const graph = parse(new TextDecoder().decode(bytes), sidecarOf(file, read));
    let fine = true;
    verify(graph, (diagnostic) => {
      fine = false;
      report({ ...diagnostic, origin: { ...diagnostic.origin, file } });
    });
    return fine ? graph : null;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    report({
      severity: 'error',
      code: 'import/syntax',
      message: error.message,
      origin: { file },
      hint: `the text is one that "--print-ir-after" wrote, with its constants beside it in "${sidecarPath(baseName(file))}"`,
    });
    return null;
  }
}

function sidecarOf(file: string, read: ImportContext['read']): Sidecar {
  const archive = read(sidecarPath(baseName(file)));
  return archive ? unpackSidecar(archive) : new Map();
}
