/** ONNX's recurrent layers. */
import type { Row, Rows } from '../layer.ts';
import type { Recurrence } from './recurrent.ts';
import { recurrent } from './recurrent.ts';
import { gruCell, lstmCell, plainCell } from './recurrent-cells.ts';

const row =
  (recurrence: Recurrence, outputs: number): Row =>
  (l) =>
    recurrent(l, recurrence).slice(0, outputs);

export const recurrentRows: Rows = {
  GRU: row({ gates: 3, cell: gruCell, functions: ['Sigmoid', 'Tanh'] }, 2),
  LSTM: row({ gates: 4, cell: lstmCell, functions: ['Sigmoid', 'Tanh', 'Tanh'] }, 3),
  RNN: row({ gates: 1, cell: plainCell, functions: ['Tanh'] }, 2),
};
