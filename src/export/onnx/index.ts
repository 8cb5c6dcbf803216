/** ONNX files: operators of the standard alone, pictures as [n, c, h, w], everything dense unless asked otherwise. */
import type { Graph } from '../../graph/graph.ts';
import { baseName } from '../../import/names.ts';
import type { Exporter } from '../exporter.ts';
import type { Finished } from './names.ts';
import { finish } from './names.ts';
import { modelBytes } from './proto.ts';
import { writeGraph } from './write-graph.ts';

export const onnx: Exporter = {
  name: 'onnx',
  doc: 'an ONNX model (.onnx)',
  quantised: 'pairs',
  accepts: (file) => /\.onnx$/i.test(file),

  export(graph, { file, report, options }) {
    const opset = opsetFor(graph);
    const { content, outputs } = writeGraph(graph, opset);
    const finished = finish(content, { outputs, file, report });
    const bytes = bytesOf(finished);
    if (bytes > mostBytes) {
      report({
        severity: 'error',
        code: 'export/too-large',
        message: `the weights take ${bytes} bytes, and an ONNX file can hold ${mostBytes}`,
        origin: { file },
        hint: 'write a ".graph" instead, or prune the model further',
      });
      return null;
    }
    return [{ path: baseName(file), contents: modelBytes(finished, { graphName: graph.name, opset, options }) }];
  },
};

/** A protocol buffer ends at 2 GiB; nodes and names need some of that as well. */
const mostBytes = 2 ** 31 - 2 ** 24;

const bytesOf = ({ stored }: Finished): number => stored.reduce((sum, { data }) => sum + data.byteLength, 0);

/** 17 is read by every runtime of the last years. Bits of whole numbers came with 18. */
const opsetFor = ({ nodes }: Graph): number =>
  nodes.some((n) => n.kind === 'call' && n.op.kind === 'binary' && n.op.fn.startsWith('bit-')) ? 18 : 17;
