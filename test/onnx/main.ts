/** `npm run onnx:table`: runs the standard's tests and writes what became of them. */
import { writeFileSync } from 'node:fs';
import { nodeTests } from './node-test.ts';
import { countOf, printRows, printTable, resultsFile, rowsOf } from './table.ts';

const rows = await rowsOf(nodeTests());
writeFileSync(resultsFile('json'), printRows(rows));
writeFileSync(resultsFile('md'), printTable(rows));
for (const target of ['evaluate', 'cpu'] as const)
  console.log(
    `${target}: ${(['passed', 'refused', 'failed'] as const).map((r) => `${countOf(rows, target, r)} ${r}`).join(', ')}`,
  );
