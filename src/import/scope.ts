/**
 * What the reader of one layer may do: make calls under the layer's name, and refuse. A layer that refuses says so
 * once; what it gives after that is broken, and whatever uses that is silently broken too, so that the faults of
 * all layers are reported together, each once.
 */
import type { Report } from '../diagnostic.ts';
import type { Op } from '../ops/index.ts';
import type { Numbers } from '../tensor/numbers.ts';
import { dtypeOf } from '../tensor/numbers.ts';
import type { Quantity } from '../tensor/quantity.ts';
import type { Shape } from '../tensor/type.ts';
import { tensor } from '../tensor/type.ts';
import type { Builder, Value } from './builder.ts';
import { broken } from './builder.ts';

export interface Scope {
  /** The layer's name, and what the model calls its operator. */
  readonly name: string;
  readonly operator: string;
  call(op: Op, ...inputs: readonly Value[]): Value;
  /** A call whose whole numbers stand for these real ones. */
  quantised(quantity: Quantity, op: Op, ...inputs: readonly Value[]): Value;
  /** A value that the layer implies and the model does not hold; `what` it is within the layer. */
  known(data: Numbers, shape: Shape, what?: string): Value;
  /** The inputs that a value is computed from, as words: `the input "x"`. */
  sources(value: Value): string;
  /** Says why the layer cannot be read: the rest of a sentence that begins with the operator's name. */
  fail(message: string, hint?: string): Value;
  readonly failed: boolean;
}

export interface ScopeOptions {
  readonly name: string;
  readonly operator: string;
  readonly file: string;
  readonly builder: Builder;
  readonly report: Report;
  /** What to say where a shape does not fit and nothing better is known. */
  readonly shapeHint: string;
}

/** What can always be done. */
const remedy = 'convert the model again, or leave this layer out and do its work in the application';

export function scopeOf({ name, operator, file, builder, report, shapeHint }: ScopeOptions): Scope {
  let failed = false;
  const refuse = (code: string, message: string, hint = remedy): Value => {
    if (!failed) report({ severity: 'error', code, message: `"${operator}" ${message}`, origin: { file, name }, hint });
    failed = true;
    return broken;
  };
  const call = (quantity: Quantity | undefined, op: Op, inputs: readonly Value[]): Value => {
    if (failed) return broken;
    const result = builder.call(op, inputs, name, quantity);
    return typeof result === 'string' ? refuse('import/shape', result, shapeHint) : result;
  };
  return {
    name,
    operator,
    call: (op, ...inputs) => call(undefined, op, inputs),
    quantised: (quantity, op, ...inputs) => call(quantity, op, inputs),
    known: (data, shape, what = 'constant') => {
      if (!builder.affords(data.length))
        return refuse('import/layer', `makes ${data.length} elements, and the model has made too many before`);
      const dtype = dtypeOf(data) === 'i32' ? 'i32' : 'f32';
      return builder.known(tensor(dtype, shape), data, { origin: `${name}/${what}` });
    },
    sources(value) {
      const names = builder.sources(value).map((n) => `"${n}"`);
      const shown = names.length > 3 ? [...names.slice(0, 2), `${names.length - 2} others`] : names;
      return `the input${names.length > 1 ? 's' : ''} ${shown.join(', ').replace(/, (?=[^,]*$)/, ' and ')}`;
    },
    fail: (message, hint) => refuse('import/layer', message, hint),
    get failed() {
      return failed;
    },
  };
}
