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
export class ModelError extends Error {
    name = 'ModelError';
    reason;
    constructor(reason, message, cause) {
        super(message, cause === undefined ? undefined : { cause });
        this.reason = reason;
    }
}
const messageOf = (cause) => (cause instanceof Error ? cause.message : String(cause));
/** Loads the model: from tiny.wasm beside this file, or from `source`. May be called more than once. Rejects with a ModelError. */
export async function load(source = new URL('./tiny.wasm', import.meta.url), { kernels: wanted } = {}) {
    if (typeof WebAssembly === 'undefined')
        throw new ModelError('engine', 'this engine has no WebAssembly');
    if (!WebAssembly.validate(simd))
        throw new ModelError('engine', 'this engine has no WebAssembly SIMD, which the model needs');
    const able = WebAssembly.validate(relaxedSimd);
    if (wanted === 'relaxed' && !able)
        throw new ModelError('engine', 'this engine has no relaxed WebAssembly SIMD');
    const module = await compile(source);
    const portable = await instantiate(module, {});
    const memory = memoryOf(portable);
    const relaxed = able && wanted !== 'portable' ? await carried(module, 'espalier.relaxed') : undefined;
    if (wanted === 'relaxed' && !relaxed)
        throw new ModelError('source', 'the model was built without relaxed WebAssembly SIMD');
    const kernels = relaxed ? 'relaxed' : 'portable';
    const code = relaxed ? await instantiate(relaxed, { 'espalier': { 'memory': memory } }) : portable;
    const { run, warm } = code.exports;
    warm();
    const { buffer } = memory;
    const inputs = {
        ["image"]: new Float32Array(buffer, 0, 56),
    };
    const outputs = {
        ["probability"]: new Float32Array(buffer, 384, 112),
    };
    let live = {
        inputs,
        outputs,
        run,
    };
    const model = () => {
        if (!live)
            throw new ModelError('disposed', 'the model is disposed');
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
                accept(inputs, given ?? {});
            try {
                run();
            }
            catch (cause) {
                throw new ModelError('failed', `the run failed: ${messageOf(cause)}`, cause);
            }
            return outputs;
        },
        dispose() {
            live = undefined;
        },
    };
}
/** Copies what was given into the inputs, once all of it is known to fit. */
function accept(inputs, given) {
    if (ArrayBuffer.isView(given) || Array.isArray(given))
        throw new InputError(Object.keys(inputs)[0] ?? '', `run takes an object, of ${list(inputs)}, and is given ${kind(given)}`);
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
    let url;
    try {
        const given = noText(await source);
        if (given instanceof URL)
            url = given;
        const from = given instanceof URL ? await read(given) : given;
        // By its name, since Node takes longer to load this class than the model.
        if (kind(from) === 'Response')
            return await compileAnswer(from);
        return from instanceof WebAssembly.Module ? from : await WebAssembly.compile(from);
    }
    catch (cause) {
        throw notLoaded('tiny', url, cause);
    }
}
/** An address as text may be meant from the page or from the script. */
function noText(given) {
    if (typeof given !== 'string')
        return given;
    throw new TypeError(`an address is given as a URL, and not as text: new URL(${JSON.stringify(given)}, import.meta.url)`);
}
/** What could not be loaded, from where, and why. */
function notLoaded(what, url, cause) {
    if (cause instanceof ModelError)
        return cause;
    return new ModelError('source', `cannot load ${what}${url ? ` from "${url.href}"` : ''}: ${messageOf(cause)}`, cause);
}
/** Whether a server has what it was asked for: many answer with their first page instead. */
function checkAnswer({ ok, status, url, headers }) {
    const from = url === '' ? 'the server' : `"${url}"`;
    if (!ok)
        throw new Error(`${from} answers ${status}`);
    if (headers.get('content-type')?.startsWith('text/html'))
        throw new Error(`${from} answers with a page, text/html`);
}
async function compileAnswer(answer) {
    checkAnswer(answer);
    // Engines compile while they load, but only what is served as WebAssembly.
    if (answer.headers.get('content-type')?.startsWith('application/wasm'))
        return WebAssembly.compileStreaming(answer);
    return WebAssembly.compile(await answer.arrayBuffer());
}
async function instantiate(module, imports) {
    try {
        return await WebAssembly.instantiate(module, imports);
    }
    catch (cause) {
        if (cause instanceof RangeError)
            throw new ModelError('memory', `the model needs 65536 bytes of memory: ${messageOf(cause)}`, cause);
        throw new ModelError('source', `the module is not that of tiny: ${messageOf(cause)}`, cause);
    }
}
/** The memory of a module, which is this model's if it has the size and the stamp that this file knows. */
function memoryOf({ exports }) {
    const { memory } = exports;
    const own = memory instanceof WebAssembly.Memory &&
        memory.buffer.byteLength === 65536 &&
        new DataView(memory.buffer).getUint32(256, true) === 905770951;
    if (!own)
        throw new ModelError('source', 'the module is not that of tiny, or of another build');
    return memory;
}
/** Code for the memory of a module that the module may carry. */
async function carried(module, section) {
    const [bytes] = WebAssembly.Module.customSections(module, section);
    if (!bytes)
        return undefined;
    return compile(bytes);
}
async function read(url) {
    if (url.protocol !== 'file:')
        return fetch(url);
    return (await nodeModule('fs/promises')).readFile(url);
}
/** Only Node comes here. Bundlers leave an import alone whose name is a variable. */
async function nodeModule(name) {
    const specifier = `node:${name}`;
    return (await import(/* webpackIgnore: true */ /* @vite-ignore */ specifier));
}
/** A module whose one function uses a vector: an engine without SIMD finds it invalid. */
const simd = Uint8Array.of(0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00, 0x01, 0x05, 0x01, 0x60, 0x00, 0x01, 0x7b, 0x03, 0x02, 0x01, 0x00, 0x0a, 0x08, 0x01, 0x06, 0x00, 0x41, 0x00, 0xfd, 0x0f, 0x0b);
/** A module that uses `f32x4.relaxed_madd`: an engine without finds it invalid. */
const relaxedSimd = Uint8Array.of(0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00, 0x01, 0x06, 0x01, 0x60, 0x01, 0x7b, 0x01, 0x7b, 0x03, 0x02, 0x01, 0x00, 0x0a, 0x0d, 0x01, 0x0b, 0x00, 0x20, 0x00, 0x20, 0x00, 0x20, 0x00, 0xfd, 0x85, 0x02, 0x0b);
