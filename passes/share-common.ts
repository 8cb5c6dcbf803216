/** What is computed twice is computed once. */
import { createHash } from 'node:crypto';
import type { Id, Node } from '../src/graph/graph.ts';
import { rewriteNodes } from '../src/graph/rewrite.ts';
import { printAttributes, printType } from '../src/graph/text.ts';
import type { Pass } from '../src/pass.ts';
import { bytesOf } from '../src/tensor/numbers.ts';

export const shareCommon: Pass = {
  name: 'share-common',
  doc: 'uses one call for calls alike, and one constant for constants alike bit for bit',

  run(graph) {
    const seen = new Map<string, Id>();
    return rewriteNodes(graph, (node) => {
      const key = keyOf(node);
      const earlier = key === undefined ? undefined : seen.get(key);
      if (earlier !== undefined) return earlier;
      if (key !== undefined) seen.set(key, node.id);
      return node;
    });
  },
};

/** Equal for nodes of equal value. A relayout is left alone: two outputs may each need a copy. */
function keyOf(node: Node): string | undefined {
  const type = printType(node.type);
  if (node.kind === 'call') {
    const { kind, ...attributes } = node.op;
    return kind === 'relayout' ? undefined : [kind, ...node.inputs, printAttributes(attributes), type].join(' ');
  }
  if (node.kind === 'input') return undefined;
  const hash = createHash('sha256').update(bytesOf(node.data));
  if (node.mask) hash.update(' mask ').update(node.mask);
  return `constant ${type} ${hash.digest('hex')}`;
}
