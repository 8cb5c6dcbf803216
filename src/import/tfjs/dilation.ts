/**
 * Dilated convolutions as older versions of TensorFlow wrote them: the picture cut into pictures of every d-th pixel
 * (SpaceToBatchND), a convolution of those, and the results put back together (BatchToSpaceND). Read as what they mean.
 */
import type { Attribute, NodeDef } from './json.ts';
import { inputsOf } from './order.ts';
import { tensorOf } from './signature.ts';
import type { Weight } from './weights.ts';

const convolutions: readonly string[] = ['Conv2D', 'DepthwiseConv2dNative'];

/** The nodes, with a dilated convolution in place of each BatchToSpaceND that ends one. What came before it is left for others. */
export function withDilations(
  nodes: readonly NodeDef[],
  byName: ReadonlyMap<string, NodeDef>,
  weights: ReadonlyMap<string, Weight>,
): ReadonlyMap<string, NodeDef> {
  const found = nodes.flatMap((node) => dilated(node, byName, weights) ?? []);
  return found.length === 0 ? byName : new Map([...byName, ...found.map((node) => [node.name, node] as const)]);
}

function dilated(
  node: NodeDef,
  byName: ReadonlyMap<string, NodeDef>,
  weights: ReadonlyMap<string, Weight>,
): NodeDef | undefined {
  if (node.op !== 'BatchToSpaceND') return undefined;
  const producer = (name: string | undefined): NodeDef | undefined => byName.get(tensorOf(name ?? '').node);
  const numbers = (name: string | undefined, count: number): readonly number[] | undefined => {
    const data = weights.get(tensorOf(name ?? '').node)?.data;
    return producer(name)?.op === 'Const' && data?.length === count ? [...data] : undefined;
  };
  const [inner, blockName, cropsName] = inputsOf(node);
  const conv = producer(inner);
  if (!conv || !convolutions.includes(conv.op) || !isPlain(conv)) return undefined;
  const [pieces, kernel] = inputsOf(conv);
  const split = producer(pieces);
  if (split?.op !== 'SpaceToBatchND') return undefined;
  const [picture, splitName, padsName] = inputsOf(split);
  const [block, same] = [numbers(blockName, 2), numbers(splitName, 2)];
  const [crops, pads] = [numbers(cropsName, 4), numbers(padsName, 4)];
  if (!block || !same || !crops || !pads || block.some((b, i) => b !== same[i] || b < 1)) return undefined;
  // What is cut off afterwards is a border that need not have been put on.
  const border = pads.map((p, i) => p - crops[i]);
  if (border.some((b) => b < 0)) return undefined;
  const attr: Record<string, Attribute> = {
    ...conv.attr,
    dilations: { list: { i: [1, ...block, 1] } },
    padding: { s: Buffer.from('EXPLICIT').toString('base64') },
    explicit_paddings: { list: { i: [0, 0, ...border, 0, 0] } },
  };
  return { name: node.name, op: conv.op, input: [picture, kernel], attr };
}

/** Steps of one pixel, no dilation of its own, and no padding: the pieces meet at their borders nowhere. */
function isPlain({ attr = {} }: NodeDef): boolean {
  const own = (name: string): Attribute | undefined => (Object.hasOwn(attr, name) ? attr[name] : undefined);
  const ones = (name: string, otherwise: boolean): boolean => {
    const list = own(name)?.list?.i;
    return list ? list.every((v) => Number(v) === 1) : otherwise;
  };
  const padding = own('padding')?.s;
  const isValid = typeof padding === 'string' && Buffer.from(padding, 'base64').toString() === 'VALID';
  return isValid && ones('strides', false) && ones('dilations', true);
}
