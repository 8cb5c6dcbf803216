/** Layers-models that cannot be compiled: one clear message for each fault, that names file, layer and remedy. */
import { expect, test } from 'vitest';
import { faults, type Json, messages } from './import/bad.ts';
import type { Files } from './import/kit.ts';
import { bytes, importFiles } from './import/kit.ts';

interface Layer {
  readonly class_name: string;
  readonly name: string;
  readonly config?: object;
  readonly from?: readonly string[];
}

/** A functional model on pictures of 4 x 4 with 2 channels, whose output is its last layer. */
function filesOf(layers: readonly Layer[], change: (json: Json) => void = () => {}): Files {
  const all: readonly Layer[] = [
    { class_name: 'InputLayer', name: 'x', config: { batch_input_shape: [null, 4, 4, 2] } },
    ...layers,
  ];
  const json = {
    modelTopology: {
      class_name: 'Model',
      config: {
        layers: all.map(({ class_name, name, config, from = [] }) => ({
          class_name,
          name,
          config: { name, ...config },
          inbound_nodes: from.length > 0 ? [from.map((f) => [f, 0, 0, {}])] : [],
        })),
        input_layers: [['x', 0, 0]],
        output_layers: [[all[all.length - 1].name, 0, 0]],
      },
    },
    weightsManifest: [{ paths: [], weights: [] }],
  };
  change(json);
  return { 'model.json': bytes(JSON.stringify(json)) };
}

const relu = (name: string, ...from: string[]): Layer => ({ class_name: 'ReLU', name, from });

test('a model that is fine is fine', () => {
  expect(importFiles(filesOf([relu('y', 'x')])).diagnostics).toEqual([]);
});

test('layers that are unknown are all reported at once, those of inner models too', () => {
  const inner = JSON.parse(
    new TextDecoder().decode(filesOf([{ class_name: 'Densee', name: 'deep', from: ['x'] }])['model.json']),
  ).modelTopology;
  const found = faults(
    filesOf([
      { class_name: 'Relu', name: 'a', from: ['x'] },
      { class_name: 'LSTM', name: 'b', from: ['a'] },
      { class_name: 'Lambda', name: 'c', from: ['b'] },
      { ...inner, name: 'd', from: ['c'] },
    ]),
  );
  expect(found.map(({ origin, message }) => [origin?.name, message])).toEqual([
    ['a', 'there is no reader for the layer "Relu"'],
    ['b', 'the layer "LSTM" is recurrent'],
    ['c', 'the layer "Lambda" is code'],
    ['deep', 'there is no reader for the layer "Densee"'],
  ]);
  expect(found[0].hint).toBe('did you mean "ReLU"?');
});

test('weights that are not there are named', () => {
  expect(messages(filesOf([{ class_name: 'Dense', name: 'y', config: { units: 3 }, from: ['x'] }]))).toEqual([
    'import/layer y: "Dense" has no weight "kernel": "weightsManifest" does not list it',
  ]);
});

test('fields of another kind are named', () => {
  const said = (class_name: string, config: object) =>
    messages(filesOf([{ class_name, name: 'y', config, from: ['x'] }]))[0];
  expect(said('ReLU', { max_value: 'six' })).toBe('import/layer y: "ReLU" has no number as "max_value"');
  expect(said('MaxPooling2D', { pool_size: [2, 2, 2] })).toBe(
    'import/layer y: "MaxPooling2D" has 3 numbers as "pool_size", where 2 are meant',
  );
  expect(said('MaxPooling2D', { pool_size: [9, 9] })).toMatch(/^import\/shape y: "MaxPooling2D" /);
  expect(
    said('ZeroPadding2D', {
      padding: [
        [1, -1],
        [0, 0],
      ],
    }),
  ).toBe('import/layer y: "ZeroPadding2D" has no widths of borders as "padding"');
  expect(said('Activation', { activation: 'reluu' })).toBe(
    'import/layer y: "Activation" has the activation "reluu", which is not read',
  );
  expect(said('Flatten', { data_format: 'channels_first' })).toBe(
    'import/layer y: "Flatten" has its channels first: data_format "channels_first"',
  );
  expect(said('Reshape', { target_shape: [5] })).toMatch(/^import\/shape y: "Reshape" /);
});

test('topologies that do not hold together', () => {
  expect(messages(filesOf([relu('a', 'b'), relu('b', 'a')]))).toEqual([
    'import/cycle a: layers use each other in a circle: "a" and "b" are on it',
  ]);
  expect(messages(filesOf([relu('y', 'y')]))[0]).toMatch(/^import\/cycle y: /);
  expect(messages(filesOf([relu('y', 'z')]))).toEqual([
    'import/missing-node z: the layer is used, and there is none of this name',
  ]);
  expect(messages(filesOf([relu('y', 'x'), relu('y', 'x')]))).toEqual([
    'import/duplicate-name y: two layers have this name',
  ]);
  expect(messages(filesOf([relu('y', 'x'), { class_name: 'ReLU', name: 'z' }]))[0]).toBe(
    'import/missing-node z: call 0 of the layer is used, and there is none',
  );
  const second = filesOf([relu('y', 'x')], (json) => {
    json.modelTopology.config.output_layers = [['y', 0, 1]];
  });
  expect(messages(second)).toEqual(['import/output -: the output "y" is a result that its layer does not have']);
});

test('models within models without end', () => {
  const nest = (depth: number): object => ({
    class_name: 'Sequential',
    name: `s${depth}`,
    config: {
      layers:
        depth === 0 ? [{ class_name: 'ReLU', config: { name: 'r', batch_input_shape: [null, 2] } }] : [nest(depth - 1)],
    },
  });
  const json = (depth: number) => ({ modelTopology: nest(depth), weightsManifest: [] });
  expect(importFiles({ 'model.json': bytes(JSON.stringify(json(10))) }).diagnostics).toEqual([]);
  expect(messages({ 'model.json': bytes(JSON.stringify(json(200))) })[0]).toMatch(
    /^import\/json -: ".*" is a model within 17 models$/,
  );
});

test('a chain deeper than the stack of the language', () => {
  const chain = Array.from({ length: 5000 }, (_, i) => relu(`r${i}`, i === 0 ? 'x' : `r${i - 1}`));
  expect(importFiles(filesOf(chain)).diagnostics).toEqual([]);
});

test('open sizes are asked for by the input’s name', () => {
  const files = filesOf([{ class_name: 'MaxPooling2D', name: 'y', config: {}, from: ['x'] }], (json) => {
    json.modelTopology.config.layers[0].config.batch_input_shape = [null, null, null, 2];
  });
  const [fault] = faults(files);
  expect(fault.hint).toBe('the model leaves sizes open, which were taken to be 1: give them with --shape x=1,64,64,2');
  expect(importFiles(files, { shapes: { x: [1, 6, 6, 2] } }).diagnostics).toEqual([]);
});
