/** Weights as they are stored, and the masks beside them. */
import { describe, expect, test } from 'vitest';
import { faults, messages } from './import/bad.ts';
import type { TestModel } from './import/kit.ts';
import { bytes, filesOf, importFiles, denseLayer as model, modelJson, noise, real, whole } from './import/kit.ts';

describe('numbers that are not finite', () => {
  test('are kept, with a warning', () => {
    const odd = {
      ...model,
      constants: { w: model.constants.w, b: real([Number.NaN, Number.POSITIVE_INFINITY, 1]) },
    };
    const { graph, diagnostics } = importFiles(filesOf(odd));
    expect(diagnostics).toMatchObject([
      {
        severity: 'warning',
        code: 'import/not-finite',
        message: 'of 3 numbers 1 are NaN and 1 are infinite; they are kept',
        origin: { name: 'b' },
      },
    ]);
    const b = graph?.nodes.find((n) => n.origin === 'b');
    expect(b?.kind === 'constant' && [...b.data]).toEqual([Number.NaN, Number.POSITIVE_INFINITY, 1]);
  });
});

describe('stored forms', () => {
  const stored = (entry: object, data: Uint8Array<ArrayBuffer>, shape = [3]): readonly number[] => {
    const small: TestModel = {
      ...model,
      constants: { w: real([0, 0, 0], shape) },
      nodes: [{ name: 'sum', op: 'AddV2', input: ['x', 'w'] }],
      inputs: { x: noise(1, 3) },
    };
    const json = modelJson(small);
    Object.assign(json.weightsManifest[0].weights[0], entry);
    const { graph, diagnostics } = importFiles({ 'model.json': bytes(JSON.stringify(json)), 'weights.bin': data });
    expect(diagnostics).toEqual([]);
    const w = graph?.nodes.find((n) => n.origin === 'w');
    return w?.kind === 'constant' ? [...w.data] : [];
  };

  test('f16, subnormals and infinities too', () => {
    expect(
      stored(
        { quantization: { dtype: 'float16', original_dtype: 'float32' } },
        new Uint8Array(Uint16Array.of(0x3c00, 0xc100, 0x0001).buffer),
      ),
    ).toEqual([1, -2.5, 2 ** -24]);
  });

  test('u8 and u16, scaled', () => {
    expect(stored({ quantization: { dtype: 'uint8', scale: 0.5, min: -1 } }, Uint8Array.of(0, 2, 255))).toEqual([
      -1, 0, 126.5,
    ]);
    // A scale that f32 does not hold is rounded to it where weights count from a whole zero; vectors stay as they are.
    const bytes = Uint8Array.of(0, 131, 255);
    const affine = { quantization: { dtype: 'uint8', scale: 0.1, min: -13.1 } };
    expect(stored(affine, bytes)).toEqual([0, 131, 255].map((v) => Math.fround(v * 0.1 - 13.1)));
    expect(stored(affine, bytes, [1, 3])).toEqual([-131, 0, 124].map((steps) => Math.fround(steps * Math.fround(0.1))));
    expect(
      stored(
        { quantization: { dtype: 'uint16', scale: 2, min: 1 } },
        new Uint8Array(Uint16Array.of(0, 1, 65535).buffer),
      ),
    ).toEqual([1, 3, 131071]);
  });
});

describe('masks', () => {
  const mask = (...kept: number[]) => Uint8Array.from(kept);

  test('belong to weights, and what is not kept is 0', () => {
    const kept = mask(1, 0, 1, 1, 1, 0, 1, 1, 1, 1, 1, 0);
    const { graph, diagnostics } = importFiles(filesOf(model), { masks: { w: kept } });
    expect(diagnostics).toEqual([]);
    const w = graph?.nodes.find((n) => n.origin === 'w');
    if (w?.kind !== 'constant') throw new Error('no weight');
    // [in, out] in the file, and [out, in] in the graph.
    expect([...(w.mask ?? [])]).toEqual([1, 1, 1, 1, 0, 1, 1, 1, 1, 0, 1, 0]);
    expect([...w.data].map((v) => Number(v !== 0))).toEqual([...(w.mask ?? [])]);
  });

  test('of a live zero keep it', () => {
    const live = { ...model, constants: { ...model.constants, w: real(Array<number>(12).fill(0), [4, 3]) } };
    const { graph } = importFiles(filesOf(live), { masks: { w: new Uint8Array(12).fill(1) } });
    const w = graph?.nodes.find((n) => n.origin === 'w');
    expect(w?.kind === 'constant' && w.mask?.every((m) => m === 1)).toBe(true);
  });

  test('that do not fit', () => {
    expect(messages(filesOf(model), { masks: { w: mask(1, 0) } })).toEqual([
      'import/mask w: the mask has 2 elements and the weight 12',
    ]);
    const [fault] = faults(filesOf(model), { masks: { ww: mask(1) } });
    expect(fault.message).toBe('there is a mask for a weight that the model does not have');
    expect(fault.hint).toBe('did you mean "w"?');
  });

  test('of whole numbers', () => {
    const gather: TestModel = {
      inputs: { x: noise(1, 4) },
      constants: { i: whole([0, 2]) },
      nodes: [{ name: 'y', op: 'Gather', input: ['x', 'i'] }],
      outputs: ['y'],
    };
    expect(messages(filesOf(gather), { masks: { i: mask(1, 1) } })).toEqual([
      'import/mask i: there is a mask for a weight of whole numbers',
    ]);
  });
});
