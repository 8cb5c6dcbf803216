/**
 * What kernels of this target are made of. A routine is a template with one `__global__` function: its view has `name`, under which it is
 * called, and `parameters`, declared in the order of a call's arguments. Arrays are pointers to their numbers, of which halves are
 * `uint16_t`; whole numbers are `int`, and others `float`. What a call does not have is no parameter, and makes another routine. A call says how
 * many blocks there are (`groups`), how many threads each has (`threads`), and how many bytes of shared memory a launch gives it
 * beyond what is declared (`shared`), which kernels find as `extern __shared__ __align__(128) unsigned char dynamic_shared[]`.
 */
import type { Argument, Routine, RoutineCall } from '../../src/plan/kernel.ts';

export interface Parameter {
  /** As C++ declares it: `const float *__restrict__ x`. */
  readonly declare: string;
  readonly argument: Argument;
}

export const real = (name: string, argument: Argument): Parameter => ({
  declare: `const float *__restrict__ ${name}`,
  argument,
});
export const result = (name: string, argument: Argument): Parameter => ({
  declare: `float *__restrict__ ${name}`,
  argument,
});
export const words = (name: string, argument: Argument): Parameter => ({
  declare: `const uint32_t *__restrict__ ${name}`,
  argument,
});
export const whole = (name: string, argument: number): Parameter => ({ declare: `int ${name}`, argument });

interface Launch {
  readonly name: string;
  /** Path below templates/cuda/kernels/. */
  readonly template: string;
  readonly view: object;
  readonly needs?: readonly Routine[];
  readonly parameters: readonly Parameter[];
  readonly groups: readonly number[];
  readonly threads: number;
  readonly shared?: number;
}

/** A call of a kernel: its signature and its arguments are one list. */
export function callOf({ name, template, view, needs = [], parameters, groups, threads, shared }: Launch): RoutineCall {
  return {
    routine: {
      name,
      template: `cuda/kernels/${template}.cu.hbs`,
      view: { ...view, name: functionName(name), threads, parameters: wrapped(parameters.map((p) => p.declare)) },
      needs,
    },
    args: parameters.map((p) => p.argument),
    groups,
    threads,
    ...(shared !== undefined && { shared }),
  };
}

export const functionName = (name: string): string => name.replaceAll('-', '_');

/** Several to a line. */
export function wrapped(words: readonly string[], width = 120): string {
  const lines = [''];
  for (const word of words) {
    const last = lines[lines.length - 1];
    if (last !== '' && last.length + word.length + 2 > width) lines.push(word);
    else lines[lines.length - 1] = last === '' ? word : `${last}, ${word}`;
  }
  return lines.join(',\n    ');
}
