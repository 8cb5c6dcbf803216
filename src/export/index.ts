/** The exporters, in the order in which they are asked whether a file is theirs. */
import type { Graph } from '../graph/graph.ts';
import type { ExportContext, ExportedFile, Exporter } from './exporter.ts';
import { onnx } from './onnx/index.ts';
import { text } from './text.ts';

export const exporters: readonly Exporter[] = [text, onnx];

/** The exporter for a file, by its name; reports if there is none. */
export function exporterFor(file: string, { report }: Pick<ExportContext, 'report'>): Exporter | null {
  const exporter = exporters.find((e) => e.accepts(file));
  if (!exporter)
    report({
      severity: 'error',
      code: 'export/unknown-file',
      message: 'no exporter knows this kind of file',
      origin: { file },
      hint: `these are written: ${exporters.map((e) => e.doc).join('; ')}`,
    });
  return exporter ?? null;
}

/** The graph as the files that `context.file` asks for; null after reports of what cannot be written. */
export const exportGraph = (graph: Graph, context: ExportContext): readonly ExportedFile[] | null =>
  exporterFor(context.file, context)?.export(graph, context) ?? null;
