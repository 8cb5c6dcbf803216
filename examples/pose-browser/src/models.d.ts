// Written by Espalier, for models that are imported. It takes the place of "espalier/client".

// ../blazepose-detector/model.json
declare module '*/blazepose-detector/model.json?target=webgpu&espalier' {
  /**
   * The model blazepose_detector, compiled by Espalier to WebGPU. Runs in browsers and workers, and in Node with an implementation of WebGPU;
   * where there is none, or one that is too small, the same model runs as WebAssembly, from the folder "wasm" beside this file.
   */
  /** Values of the inputs, row-major, or buffers of the model's device that hold them and can be copied from. */
  export type Inputs = {
      /** 1x224x224x3 */
      readonly input: Float32Array | GpuBuffer;
  };
  /** Values of the outputs, row-major. They belong to the caller. */
  export type Outputs = {
      /** 1x2254x13 */
      readonly person: Float32Array;
  };
  /** The same as buffers of the model's device, for storage and copies. They belong to the caller, who destroys them. */
  export type Buffers = {
      readonly person: GpuBuffer;
  };
  /** Sizes of inputs and outputs, outermost first. */
  export const shapes: {
      readonly inputs: {
          readonly input: readonly [1, 224, 224, 3];
      };
      readonly outputs: {
          readonly person: readonly [1, 2254, 13];
      };
  };
  /** What runs the model. */
  export type Backend = 'webgpu' | 'wasm';
  /** What numbers are multiplied as. Sums are f32. */
  export type Arithmetic = 'f32' | 'f16';
  export interface Options {
      /** What has to run the model. Unless given, WebGPU where it can, and otherwise WebAssembly. */
      readonly backend?: Backend;
      /** An implementation of WebGPU; `navigator.gpu` unless given. */
      readonly gpu?: Gpu;
      /** A device to share, with limits as large as the model needs. It is not destroyed with the model. */
      readonly device?: GpuDevice;
      /**
       * What products in tiles are computed in: those of dense layers, of matrices, and of attention. In f16 they are faster where a GPU has
       * it, wrong by some thousandths, and infinite beyond 65504. f32 unless given, and where there is no "shader-f16".
       */
      readonly arithmetic?: Arithmetic;
      /** Whether invocations may put together by subgroups what they have summed up: false does without. Where the adapter has none, nothing does. */
      readonly subgroups?: boolean;
      /** Where the weights come from: blazepose_detector.bin beside this file unless given. */
      readonly weights?: URL | Response | BufferSource;
      /** Where the shaders come from: blazepose_detector.wgsl beside this file unless given. Text is taken as it is. */
      readonly shaders?: URL | Response | string;
  }
  export interface Model {
      readonly backend: Backend;
      /** Why WebAssembly runs the model; undefined where WebGPU does. */
      readonly reason: string | undefined;
      readonly arithmetic: Arithmetic;
      /** Why it is not what was asked for; undefined where it is. */
      readonly arithmeticReason: string | undefined;
      /** Whether sums, largest numbers and the like are put together by subgroups. */
      readonly subgroups: boolean;
      /** Why they are not; undefined where they are. */
      readonly subgroupsReason: string | undefined;
      /** The device that runs the model, whose buffers it takes and gives. */
      readonly device: GpuDevice | undefined;
      /**
       * Computes the outputs: one submission, after which they are copied where they can be read. Runs may overlap. Rejects with
       * InputError when an input is missing, unknown, or not an array of its type and length, or a buffer that can be copied from,
       * and with ModelError. A run that is under way when the model is disposed of, or its device lost, rejects as well.
       */
      run(inputs: Inputs, options?: {
          readonly output?: 'array';
      }): Promise<Outputs>;
      /** Computes the outputs and leaves them on the device, where what is submitted next can read them: it does not wait for the run. */
      run(inputs: Inputs, options: {
          readonly output: 'buffer';
      }): Promise<Buffers>;
      /** Lets go of all memory, and of the device with all of its buffers unless it was given. Running the model afterwards is an error. */
      dispose(): void;
  }
  /**
   * Why a model cannot be loaded or run.
   *
   *   engine    there is no WebGPU, or nothing that it may use
   *   limit     the adapter allows less than the model needs
   *   source    shaders or weights cannot be fetched, are not whole, or are not those that this file was written with
   *   shader    the implementation does not take a shader
   *   memory    there is not as much as the model needs
   *   lost      the device went away: load the model anew
   *   disposed  the model was told to let go of its memory
   *   failed    the implementation gave up a run
   */
  export type Reason = 'engine' | 'limit' | 'source' | 'shader' | 'memory' | 'lost' | 'disposed' | 'failed';
  /** What is wrong with an input, and with which. */
  export class InputError extends TypeError {
      readonly name = "InputError";
      readonly input: string;
      constructor(input: string, message: string);
  }
  export class ModelError extends Error {
      readonly name = "ModelError";
      readonly reason: Reason;
      constructor(reason: Reason, message: string, cause?: unknown);
  }
  /** As much of WebGPU as this file uses. */
  export interface Gpu {
      requestAdapter(options?: object): Promise<GpuAdapter | null>;
  }
  export interface GpuFeatures {
      has(name: string): boolean;
  }
  export interface GpuAdapter {
      readonly limits: object;
      readonly features?: GpuFeatures;
      requestDevice(descriptor?: {
          requiredLimits?: Record<string, number>;
          requiredFeatures?: Iterable<never>;
      }): Promise<GpuDevice>;
  }
  export interface GpuBuffer {
      readonly size: number;
      readonly usage: number;
      mapAsync(mode: number): Promise<unknown>;
      getMappedRange(offset?: number, size?: number): ArrayBuffer;
      unmap(): unknown;
      destroy(): unknown;
  }
  export interface GpuDevice {
      readonly limits: object;
      readonly features?: GpuFeatures;
      readonly queue: object;
      readonly lost: Promise<{
          readonly message: string;
      }>;
      destroy(): unknown;
  }
  /** Loads the model: from blazepose_detector.wgsl and blazepose_detector.bin beside this file, or from where it is told. Rejects with a ModelError. */
  export function load(options?: Options): Promise<Model>;
}

declare module '*target=webgpu&espalier' {
  export type Inputs = Readonly<Record<string, Float32Array | Int32Array | GpuBuffer>>;
  export type Outputs = Readonly<Record<string, Float32Array>>;
  /** On the model's device; they belong to the caller, who destroys them. */
  export type Buffers = Readonly<Record<string, GpuBuffer>>;

  /** Sizes of inputs and outputs, outermost first. */
  export const shapes: {
    readonly inputs: Readonly<Record<string, readonly number[]>>;
    readonly outputs: Readonly<Record<string, readonly number[]>>;
  };

  /** What runs the model. */
  export type Backend = 'webgpu' | 'wasm';

  /** What numbers are multiplied as. Sums are f32. */
  export type Arithmetic = 'f32' | 'f16';

  export interface Options {
    /** What has to run the model. Unless given, WebGPU where it can, and otherwise WebAssembly. */
    readonly backend?: Backend;
    /**
     * What products in tiles are computed in: those of dense layers, of matrices, and of attention. In f16 they are faster where a GPU
     * has it, wrong by some thousandths, and infinite beyond 65504. f32 unless given, and where there is no "shader-f16".
     */
    readonly arithmetic?: Arithmetic;
    /** Whether invocations may put together by subgroups what they have summed up: false does without. Where the adapter has none, nothing does. */
    readonly subgroups?: boolean;
    /** An implementation of WebGPU; `navigator.gpu` unless given. */
    readonly gpu?: Gpu;
    /** A device to share, with limits as large as the model needs. It is not destroyed with the model. */
    readonly device?: GpuDevice;
    /** Where the weights come from: what the bundler ships unless given. */
    readonly weights?: URL | Response | BufferSource;
    /** Where the shaders come from: what the bundler ships unless given. Text is taken as it is. */
    readonly shaders?: URL | Response | string;
  }

  export interface Model {
    readonly backend: Backend;
    readonly arithmetic: Arithmetic;
    /** Why it is not what was asked for; undefined where it is. */
    readonly arithmeticReason: string | undefined;
    /** Whether sums, largest numbers and the like are put together by subgroups. */
    readonly subgroups: boolean;
    /** Why they are not; undefined where they are. */
    readonly subgroupsReason: string | undefined;
    /** Why WebAssembly runs the model; undefined where WebGPU does. */
    readonly reason: string | undefined;
    /** The device that runs the model, whose buffers it takes and gives. */
    readonly device: GpuDevice | undefined;
    /** Computes the outputs, which belong to the caller. Rejects with InputError when an input does not fit, and with ModelError. */
    run(inputs: Inputs, options?: { readonly output?: 'array' }): Promise<Outputs>;
    /** Computes the outputs and leaves them on the device. */
    run(inputs: Inputs, options: { readonly output: 'buffer' }): Promise<Buffers>;
    /** Lets go of all memory. Running the model afterwards is an error. */
    dispose(): void;
  }

  /** What is wrong with an input, and with which. */
  export class InputError extends TypeError {
    readonly name: 'InputError';
    readonly input: string;
    constructor(input: string, message: string);
  }

  /** Why a model cannot be loaded or run: see the binding that `espalier build` writes. */
  export type Reason = 'engine' | 'limit' | 'source' | 'shader' | 'memory' | 'lost' | 'disposed' | 'failed';

  export class ModelError extends Error {
    readonly name: 'ModelError';
    readonly reason: Reason;
    constructor(reason: Reason, message: string, cause?: unknown);
  }

  /** As much of WebGPU as is used. */
  export interface Gpu {
    requestAdapter(options?: object): Promise<GpuAdapter | null>;
  }

  export interface GpuFeatures {
    has(name: string): boolean;
  }

  export interface GpuAdapter {
    readonly limits: object;
    readonly features?: GpuFeatures;
    requestDevice(descriptor?: {
      requiredLimits?: Record<string, number>;
      requiredFeatures?: Iterable<never>;
    }): Promise<GpuDevice>;
  }

  export interface GpuBuffer {
    readonly size: number;
    mapAsync(mode: number): Promise<unknown>;
    getMappedRange(offset?: number, size?: number): ArrayBuffer;
    unmap(): unknown;
    destroy(): unknown;
  }

  export interface GpuDevice {
    readonly limits: object;
    readonly features?: GpuFeatures;
    readonly queue: object;
    readonly lost: Promise<{ readonly message: string }>;
    destroy(): unknown;
  }

  /** Loads the model: what the bundler ships, unless told otherwise. Rejects with a ModelError. */
  export function load(options?: Options): Promise<Model>;
}

declare module '*?espalier' {
  /** Values by the name of an input or output, row-major. */
  export type Values = Readonly<Record<string, Float32Array>>;
  export type Inputs = Readonly<Record<string, Float32Array | Int32Array>>;
  export type Outputs = Values;

  /** Sizes of inputs and outputs, outermost first. */
  export const shapes: {
    readonly inputs: Readonly<Record<string, readonly number[]>>;
    readonly outputs: Readonly<Record<string, readonly number[]>>;
  };

  /** Kernels of WebAssembly 2.0, or those with relaxed SIMD: faster, and different in the last bits, which depend on the machine. */
  export type Kernels = 'portable' | 'relaxed';

  export interface Options {
    /** The kernels that have to be used. Unless given, those with relaxed SIMD where the engine and the model have them. */
    readonly kernels?: Kernels;
    /** Where the weights come from, if they have a file of their own: what the bundler ships unless given. */
    readonly weights?: BufferSource | Response | URL | PromiseLike<BufferSource | Response | URL>;
    /** Keep such weights in the browser's cache, under the hash of their contents; they are not loaded again then. */
    readonly cache?: boolean;
    /** Told how many bytes of such weights have come, and of how many, whenever some come. */
    readonly onProgress?: (loaded: number, total: number) => void;
    /** Of a model that is built for threads, how many run it together; as many as there are cores unless given. */
    readonly threads?: number;
  }

  export interface Model {
    /** The kernels that run. */
    readonly kernels: Kernels;
    /** The threads that run, if the model is built for threads. */
    readonly threads?: number;
    /** Why there are fewer than were wanted, if there are. */
    readonly threadsReason?: string | undefined;
    /** The model's own memory: write into these, call `run()` without an argument, and nothing is copied. */
    readonly inputs: Values;
    /** The model's own memory: what the last run computed, and the next one writes over. */
    readonly outputs: Outputs;
    /**
     * Computes the outputs: copy what has to outlive the next run. Throws InputError when an input does not fit, and
     * ModelError when the model is disposed.
     */
    run(inputs?: Inputs): Outputs;
    /** Lets go of the memory. Running the model afterwards is an error. */
    dispose(): void;
  }

  /** Where a module may come from: its bytes, an answer to a request, a compiled module, or the address of any of them. */
  export type Source = BufferSource | Response | WebAssembly.Module | URL;

  /** What is wrong with an input, and with which. */
  export class InputError extends TypeError {
    readonly name: 'InputError';
    readonly input: string;
    constructor(input: string, message: string);
  }

  /**
   * Why a model cannot be loaded or run.
   *
   *   engine    it lacks something that the model needs
   *   source    the module cannot be fetched, is not whole, or is not the one that this file was written with
   *   memory    there is not as much as the model needs
   *   disposed  the model was told to let go of its memory
   *   failed    the engine gave up a run
   */
  export type Reason = 'engine' | 'source' | 'memory' | 'disposed' | 'failed';

  export class ModelError extends Error {
    readonly name: 'ModelError';
    readonly reason: Reason;
    constructor(reason: Reason, message: string, cause?: unknown);
  }

  /** Loads the model: what the bundler ships, unless `source` is given. Rejects with a ModelError. */
  export function load(source?: Source | PromiseLike<Source>, options?: Options): Promise<Model>;
}

declare module '*&espalier' {
  export * from '*?espalier';
}
