/** What it takes to turn an artefact's sources into binaries, as data. The toolchain runs it. */

export type Recipe = readonly Task[];

export type Task = AssembleWat | RunCompiler;

/** WebAssembly text → a module, with sections that the text never spells out: others that it carries, and data. */
export interface AssembleWat {
  readonly kind: 'assemble-wat';
  readonly source: string;
  readonly output: string;
  readonly data: readonly { readonly offset: number; readonly bytes: Uint8Array<ArrayBuffer> }[];
  /** Engine features beyond WebAssembly 2.0, e.g. `relaxed_simd`. */
  readonly features: readonly string[];
  /** Modules in custom sections, for its loader to compile where the engine can. */
  readonly carries: readonly Carried[];
}

export interface Carried {
  readonly section: string;
  readonly source: string;
  readonly features: readonly string[];
}

/** One run of a C compiler driver in the output folder. */
export interface RunCompiler {
  readonly kind: 'run-compiler';
  /** Programs to try, in order, e.g. `['clang', 'gcc']`; the first one found is used. */
  readonly compilers: readonly string[];
  readonly args: readonly string[];
  /**
   * Arguments before these where the compiler makes code for a machine whose name, which `-dumpmachine` prints, begins so.
   * For others the sources hold nothing.
   */
  readonly only?: { readonly machine: string; readonly args: readonly string[] };
  /** That the compiler says what each kernel takes of a GPU, as ptxas does. */
  readonly says?: 'ptxas';
  readonly output: string;
  /** What the user gets: a library, an executable. */
  readonly doc: string;
}
