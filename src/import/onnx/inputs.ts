/** The inputs of an ONNX model: their types and shapes, and those that the caller fixes to a value. */
import type { Numbers } from '../../tensor/numbers.ts';
import type { Shape } from '../../tensor/type.ts';
import { elements, tensor } from '../../tensor/type.ts';
import type { Builder } from '../builder.ts';
import type { Fixed, ImportContext } from '../importer.ts';
import { checkInputNames, checkShapeNames, shapeOfInput, shapeOption } from '../inputs.ts';
import type { Named } from './bound.ts';
import type { Element } from './elements.ts';
import { dtypeOfElement, elementName, elementNames, elementOf } from './elements.ts';
import type { Dimension, NodeProto, ValueInfoProto } from './schema.ts';

/** The inputs by name, or undefined after reports. */
export function placeInputs(
  ports: readonly ValueInfoProto[],
  nodes: readonly NodeProto[],
  builder: Builder,
  file: string,
  context: ImportContext,
): ReadonlyMap<string, Named> | undefined {
  const { report, options } = context;
  const { constants = {} } = options;
  const names = ports.map((p) => p.name);
  let complete = checkShapeNames(names, file, options, report);
  complete = checkInputNames('value', Object.keys(constants), names, file, report) && complete;
  const values = new Map<string, Named>();
  for (const { name, type } of ports) {
    const fault = (code: string, message: string, hint: string): void =>
      report({ severity: 'error', code, message, origin: { file, name }, hint });
    const element = type?.tensorType && elementOf(type.tensorType.elemType);
    if (!element) {
      complete = false;
      const what = type?.tensorType
        ? `of type ${elementName(type.tensorType.elemType)}`
        : 'that is no tensor but a sequence, a map or an optional value';
      fault(
        'import/dtype',
        `an input ${what}, as ${users(name, nodes)} takes it, is not read; tensors of ${elementNames.join(', ')} are`,
        'export the model with tensors of numbers as inputs',
      );
      continue;
    }
    const dims = type.tensorType.shape?.dim;
    const fixed = Object.hasOwn(constants, name) ? constants[name] : undefined;
    const value = fixed
      ? fixedTo(fixed, name, element, dims?.map(sizeOfDim), builder)
      : openInput({ name, element, dims, takenBy: () => users(name, nodes) }, builder, file, context);
    if (typeof value === 'object') values.set(name, { element, value });
    else complete = false;
    if (typeof value === 'string')
      fault('import/constant', `the value given for it ${value}`, 'give another with --constant');
  }
  return complete ? values : undefined;
}

const users = (name: string, nodes: readonly NodeProto[]): string => {
  const direct = nodes.filter(({ input }) => input.includes(name));
  return operatorsIn(direct.length > 0 ? direct : nodes);
};

/** Operators by name, the first few of them. */
export function operatorsIn(nodes: readonly NodeProto[]): string {
  const names = [...new Set(nodes.map(({ opType }) => `"${opType}"`))];
  return names.length > 4 ? `${names.slice(0, 3).join(', ')} and ${names.length - 3} others` : names.join(', ');
}

/** −1 for sizes that are left open; protobufjs gives 0 for those that are not there. */
function sizeOfDim(dim: Dimension): number {
  const size = Object.hasOwn(dim, 'dimValue') && dim.dimValue ? dim.dimValue.toNumber() : -1;
  return size >= 0 ? size : -1;
}

interface OpenInput {
  readonly name: string;
  readonly element: Element;
  readonly dims: readonly Dimension[] | undefined;
  /** Looked for only where it is said: there may be many nodes. */
  readonly takenBy: () => string;
}

function openInput(
  { name, element, dims, takenBy }: OpenInput,
  builder: Builder,
  file: string,
  { report, options }: ImportContext,
) {
  const sizes = dims?.map(sizeOfDim);
  const open = sizes?.some((d, axis) => d < 0 && axis > 0) && !Object.hasOwn(options.shapes ?? {}, name);
  if (dims && open) {
    const words = dims.flatMap(({ dimParam }, axis) =>
      (sizes?.[axis] ?? -1) < 0
        ? [dimParam === undefined || dimParam === '' ? `that of axis ${axis}` : `"${dimParam}"`]
        : [],
    );
    report({
      severity: 'error',
      code: 'import/input-shape',
      message: `the model leaves ${words.length === 1 ? 'a size' : 'sizes'} of this input open: ${words.join(', ')}`,
      origin: { file, name },
      hint: `give the shape to compile for, e.g. ${shapeOption(name, sizes)}`,
    });
    return undefined;
  }
  const shaped = shapeOfInput({ name, sizes, takenBy }, file, options, report);
  return shaped && builder.input(name, tensor(dtypeOfElement(element), shaped.shape));
}

/** The value of an input that is none any longer, or why it does not fit: the rest of a sentence. */
function fixedTo(
  { data, shape }: Fixed,
  name: string,
  element: Element,
  declared: Shape | undefined,
  builder: Builder,
) {
  const whole = declared?.every((d) => d >= 0) ? declared : undefined;
  const own = shape ?? (whole && elements(whole) === data.length ? whole : [data.length]);
  const written = `[${own.join(', ')}]`;
  if (elements(own) !== data.length) return `has ${data.length} numbers and the shape ${written}`;
  if (declared && (declared.length !== own.length || declared.some((d, i) => d >= 0 && d !== own[i])))
    return `has the shape ${written}, which does not fit [${declared.map((d) => (d < 0 ? '?' : d)).join(', ')}]`;
  const dtype = dtypeOfElement(element);
  const isWhole = Array.from(data).every((v) => Number.isInteger(v) && Math.abs(v) < 2 ** 31);
  if (dtype === 'i32' && !isWhole) return 'holds something else than whole numbers of 32 bits';
  const numbers: Numbers = dtype === 'f32' ? Float32Array.from(data) : Int32Array.from(data);
  return builder.known(tensor(dtype, own), numbers, { origin: name });
}
