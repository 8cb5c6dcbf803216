/** The model tiny, compiled by Espalier to WebAssembly. Runs in browsers, workers and Node, and imports nothing. */
/** Sizes of inputs and outputs, outermost first. */
export const shapes = {
    inputs: {
        ["image"]: [1, 4, 7, 2],
    },
    outputs: {
        ["probability"]: [1, 4, 7, 4],
    },
};
/** What is wrong with an input, and with which. */
export class InputError extends TypeError {
    name = 'InputError';
    input;
    constructor(input, message) {
        super(message);
        this.input = input;
    }
}
/** Loads the model: from tiny.wasm beside this file, or from `source`. May be called more than once. */
export async function load(source = new URL('./tiny.wasm', import.meta.url), { kernels: wanted } = {}) {
    if (!WebAssembly.validate(simd))
        throw new Error('this engine has no WebAssembly SIMD, which the model needs');
    const module = await compile(await source);
    const { exports } = await WebAssembly.instantiate(module);
    const memory = exports['memory'];
    const able = WebAssembly.validate(relaxedSimd);
    if (wanted === 'relaxed' && !able)
        throw new Error('this engine has no relaxed WebAssembly SIMD');
    const relaxed = able && wanted !== 'portable' ? await relaxedRun(module, memory) : undefined;
    if (wanted === 'relaxed' && !relaxed)
        throw new Error('the model was built without relaxed SIMD');
    const kernels = relaxed ? 'relaxed' : 'portable';
    const { buffer } = memory;
    const inputs = {
        ["image"]: new Float32Array(buffer, 0, 56),
    };
    const outputs = {
        ["probability"]: new Float32Array(buffer, 320, 112),
    };
    let live = {
        inputs,
        outputs,
        run: relaxed ?? exports['run'],
    };
    const model = () => {
        if (!live)
            throw new Error('the model is disposed');
        return live;
    };
    return {
        kernels,
        get inputs() {
            return model().inputs;
        },
        get outputs() {
            return model().outputs;
        },
        run(given) {
            const { inputs, outputs, run } = model();
            if (given !== undefined)
                accept(inputs, given);
            run();
            return outputs;
        },
        dispose() {
            live = undefined;
        },
    };
}
/** Copies what was given into the inputs, once all of it is known to fit. */
function accept(inputs, given) {
    for (const name of Object.keys(given))
        if (!Object.hasOwn(inputs, name))
            throw new InputError(name, `there is no input ${JSON.stringify(name)}: the inputs are ${list(inputs)}`);
    const checked = Object.entries(inputs).map(([name, view]) => {
        const value = Object.hasOwn(given, name) ? given[name] : undefined;
        const fail = (message) => {
            throw new InputError(name, `input ${JSON.stringify(name)} ${message}`);
        };
        if (value === undefined)
            return fail('is missing');
        const [want, have] = [kind(view), kind(value)];
        if (want !== have)
            return fail(`takes ${want} and is given ${have}`);
        const numbers = value;
        if (numbers.length !== view.length)
            return fail(`takes ${view.length} numbers and is given ${numbers.length}`);
        return () => {
            if (numbers !== view)
                view.set(numbers);
        };
    });
    for (const copy of checked)
        copy();
}
/** The name of a value's class, also where it comes from another window. */
const kind = (value) => Object.prototype.toString.call(value).slice(8, -1);
const list = (inputs) => Object.keys(inputs)
    .map((name) => JSON.stringify(name))
    .join(', ') || 'none';
async function compile(source) {
    const from = source instanceof URL ? await read(source) : source;
    if (typeof Response !== 'undefined' && from instanceof Response)
        return compileAnswer(from);
    return from instanceof WebAssembly.Module ? from : WebAssembly.compile(from);
}
async function compileAnswer(answer) {
    if (!answer.ok)
        throw new Error(`cannot load "${answer.url}": the server answers ${answer.status}`);
    // Engines compile while they load, but only what is served as WebAssembly.
    if (answer.headers.get('content-type')?.startsWith('application/wasm'))
        return WebAssembly.compileStreaming(answer);
    return WebAssembly.compile(await answer.arrayBuffer());
}
/** The same steps in relaxed SIMD, on the same memory: a module that the other one may carry. */
async function relaxedRun(module, memory) {
    const [code] = WebAssembly.Module.customSections(module, 'espalier.relaxed');
    if (!code)
        return undefined;
    const { instance } = await WebAssembly.instantiate(code, { 'espalier': { 'memory': memory } });
    return instance.exports['run'];
}
async function read(url) {
    if (url.protocol !== 'file:')
        return fetch(url);
    // Only Node comes here. Bundlers leave an import alone whose name is a variable.
    const name = 'node:fs/promises';
    const fs = (await import(/* webpackIgnore: true */ /* @vite-ignore */ name));
    return fs.readFile(url);
}
/** A module whose one function uses a vector: an engine without SIMD finds it invalid. */
const simd = Uint8Array.of(0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00, 0x01, 0x05, 0x01, 0x60, 0x00, 0x01, 0x7b, 0x03, 0x02, 0x01, 0x00, 0x0a, 0x08, 0x01, 0x06, 0x00, 0x41, 0x00, 0xfd, 0x0f, 0x0b);
/** Likewise for `f32x4.relaxed_madd`. */
const relaxedSimd = Uint8Array.of(0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00, 0x01, 0x06, 0x01, 0x60, 0x01, 0x7b, 0x01, 0x7b, 0x03, 0x02, 0x01, 0x00, 0x0a, 0x0d, 0x01, 0x0b, 0x00, 0x20, 0x00, 0x20, 0x00, 0x20, 0x00, 0xfd, 0x85, 0x02, 0x0b);
