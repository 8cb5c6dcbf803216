/** What graphs and values are called. */
import { expect, test } from 'vitest';
import { graphName, identifier, uniqueIds } from '../src/import/names.ts';
import { nearest } from '../src/import/nearest.ts';

test('graphs are called as their file, or as its folder', () => {
  expect(graphName('iris.json')).toBe('iris');
  expect(graphName('math.json')).toBe('math_model');
  expect(graphName('Cuda_Runtime.onnx')).toBe('Cuda_Runtime_model');
  expect(graphName('models/handlandmark-full.json')).toBe('handlandmark_full');
  expect(graphName('examples/blazepose-detector/model.json')).toBe('blazepose_detector');
  expect(graphName('C:\\models\\face mesh\\model.json')).toBe('face_mesh');
  expect(graphName('model.json')).toBe('model');
  expect(graphName('../model.json')).toBe('model');
  expect(graphName('a/b.json', 'my net')).toBe('my_net');
});

test('no graph is called as a keyword, and every name begins with a letter', () => {
  expect(graphName('int.json')).toBe('int_model');
  expect(graphName('class.json')).toBe('class_model');
  expect(graphName('123.json')).toBe('v_123');
  expect(graphName('модель.json')).toBe('v');
});

test('ids say where values come from', () => {
  expect(identifier('StatefulPartitionedCall/model/conv2d/BiasAdd')).toBe('model_conv2d_BiasAdd');
  expect(identifier('a'.repeat(1000))).toHaveLength(80);
});

test('ids are unique, also where a name looks like one that was made', () => {
  const fresh = uniqueIds();
  expect(['a', 'a', 'a_1', 'a', 'b'].map(fresh)).toEqual(['a', 'a_1', 'a_1_1', 'a_2', 'b']);
});

test('the nearest name is near, or there is none', () => {
  expect(nearest('Conv2d', ['Conv2D', 'Conv1D'])).toBe('Conv2D');
  expect(nearest('NotAtAllLike', ['Add', 'Mul'])).toBeUndefined();
  expect(nearest('x', [])).toBeUndefined();
});
