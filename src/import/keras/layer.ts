/** One call of a Keras layer as its reader sees it: operands, weights, and fields of its configuration, checked as they are taken. */
import type { Value } from '../builder.ts';
import type { Scope } from '../scope.ts';
import type { Config } from './json.ts';

export interface KerasLayer extends Scope {
  readonly inputs: readonly Value[];
  /** The only operand. */
  input(): Value;
  /** A weight by its name within the layer. */
  weight(name: string): Value;
  has(field: string): boolean;
  number(field: string, otherwise?: number): number;
  whole(field: string, otherwise?: number): number;
  flag(field: string, otherwise: boolean): boolean;
  text(field: string, otherwise: string): string;
  /** Whole numbers; one number stands for `count` of it. */
  wholes(field: string, count: number, otherwise?: readonly number[]): readonly number[];
  /** A list of any length; one number is a list of one. */
  list(field: string, otherwise?: readonly number[]): readonly number[];
  field(name: string): unknown;
}

export type KerasRow = (layer: KerasLayer) => Value;

export type KerasRows = Readonly<Record<string, KerasRow>>;

export interface KerasContext {
  readonly config: Config;
  readonly inputs: readonly Value[];
  readonly weight: (name: string) => Value | undefined;
}

const isWhole = (v: unknown): v is number => typeof v === 'number' && Number.isInteger(v);

export function kerasLayerOf(scope: Scope, { config, inputs, weight }: KerasContext): KerasLayer {
  // Keras writes null where a field has its default.
  const field = (name: string): unknown => (Object.hasOwn(config, name) ? (config[name] ?? undefined) : undefined);
  const take = <T>(name: string, kind: string, is: (v: unknown) => v is T, otherwise: T | undefined, any: T): T => {
    const value = field(name) ?? otherwise;
    if (is(value)) return value;
    scope.fail(`has no ${kind} as "${name}"`, 'the topology is damaged; convert the model again');
    return any;
  };
  const list = (name: string, otherwise?: readonly number[]): readonly number[] => {
    const given = field(name);
    // Sizes that are open are null.
    const value: unknown = Array.isArray(given) ? given.map((v: unknown) => v ?? -1) : given;
    const is = (v: unknown): v is readonly number[] => Array.isArray(v) && v.every(isWhole);
    if (isWhole(value)) return [value];
    return is(value) ? value : take(name, 'list of whole numbers', is, otherwise, []);
  };
  return {
    ...scope,
    get failed() {
      return scope.failed;
    },
    inputs,
    input: () =>
      inputs.length === 1
        ? inputs[0]
        : scope.fail(`takes one input and is given ${inputs.length}`, 'convert the model again'),
    weight: (name) =>
      weight(name) ??
      scope.fail(
        `has no weight "${name}": "weightsManifest" does not list it`,
        'the weights belong to another model; convert it again',
      ),
    has: (name) => field(name) !== undefined,
    number: (name, otherwise) => take(name, 'number', (v): v is number => typeof v === 'number', otherwise, 0),
    whole: (name, otherwise) => take(name, 'whole number', isWhole, otherwise, 0),
    flag: (name, otherwise) =>
      take(name, 'truth value', (v): v is boolean => typeof v === 'boolean', otherwise, otherwise),
    text: (name, otherwise) => take(name, 'text', (v): v is string => typeof v === 'string', otherwise, otherwise),
    wholes(name, count, otherwise) {
      const value = list(name, otherwise);
      if (value.length === 1) return Array<number>(count).fill(value[0]);
      if (value.length === count) return value;
      scope.fail(`has ${value.length} numbers as "${name}", where ${count} are meant`);
      return Array<number>(count).fill(1);
    },
    list,
    field,
  };
}
