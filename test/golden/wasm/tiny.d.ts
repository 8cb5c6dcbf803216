/** The model tiny, compiled by Espalier to WebAssembly. Runs in browsers, workers and Node, and imports nothing. */
/** Values of the inputs, row-major. */
export type Inputs = {
    /** 1x4x7x2 */
    readonly image: Float32Array;
};
/** Values of the outputs, row-major. */
export type Outputs = {
    /** 1x4x7x4 */
    readonly probability: Float32Array;
};
/** Sizes of inputs and outputs, outermost first. */
export declare const shapes: {
    readonly inputs: {
        readonly image: readonly [1, 4, 7, 2];
    };
    readonly outputs: {
        readonly probability: readonly [1, 4, 7, 4];
    };
};
/** Kernels of WebAssembly 2.0, or those with relaxed SIMD: faster, and different in the last bits, which depend on the machine. */
export type Kernels = 'portable' | 'relaxed';
export interface Options {
    /** The kernels that have to be used. Unless given, those with relaxed SIMD where the engine and the model have them. */
    readonly kernels?: Kernels;
}
export interface Model {
    /** The kernels that run. */
    readonly kernels: Kernels;
    /** The model's own memory: write into these, call `run()` without an argument, and nothing is copied. */
    readonly inputs: Inputs;
    /** The model's own memory: what the last run computed, and the next one writes over. */
    readonly outputs: Outputs;
    /**
     * Computes the outputs, from `inputs` or from what `model.inputs` holds. Returns `model.outputs`: copy what has to
     * outlive the next run. Throws InputError when an input is missing, unknown, or not an array of its type and length,
     * and ModelError when the model is disposed.
     */
    run(inputs?: Inputs): Outputs;
    /** Lets go of the memory. Running the model afterwards is an error. */
    dispose(): void;
}
/** Where a module may come from: its bytes, an answer to a request, a compiled module, or the address of any of them. */
export type Source = BufferSource | Response | WebAssembly.Module | URL;
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
/** What is wrong with an input, and with which. */
export declare class InputError extends TypeError {
    readonly name = "InputError";
    readonly input: string;
    constructor(input: string, message: string);
}
export declare class ModelError extends Error {
    readonly name = "ModelError";
    readonly reason: Reason;
    constructor(reason: Reason, message: string, cause?: unknown);
}
/** Loads the model: from tiny.wasm beside this file, or from `source`. May be called more than once. Rejects with a ModelError. */
export declare function load(source?: Source | PromiseLike<Source>, { kernels: wanted }?: Options): Promise<Model>;
