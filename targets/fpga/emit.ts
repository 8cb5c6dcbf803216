/** A quantised graph as a Vitis HLS component, with what it is estimated to take. */
import { bug } from '../../src/diagnostic.ts';
import type { Graph } from '../../src/graph/graph.ts';
import type { Emission, EmitContext, Estimate, Hardware } from '../../src/target.ts';
import { tree } from './engines/tree.ts';
import { notQuantised } from './faults.ts';
import { clockOf } from './hardware.ts';
import { printHls } from './hls/print.ts';
import { partNamed } from './parts.ts';
import type { Built } from './pipeline/build.ts';
import { buildPipeline } from './pipeline/build.ts';
import { estimateOf, reportOf } from './report.ts';
import { printRtl } from './rtl/print.ts';
import { recordStreams } from './rtl/record.ts';
import { lacksVerilog } from './rtl/stage.ts';

const nothing: Emission = { artefacts: [], recipe: [] };

/** With `callable`, sources for programs that call it, whose symbols begin so. */
export function emit(
  graph: Graph,
  hardware: Hardware,
  { render, report, typical }: EmitContext,
  callable?: string,
): Emission {
  const part = partNamed(hardware.part ?? '') ?? bug('hardware without a part');
  const clock = clockOf(hardware);
  const fault = notQuantised(graph);
  if (fault) {
    report(fault);
    return nothing;
  }
  const { fps, reuse, dsp, lut, bram } = hardware;
  const options = { part, clock, fps, reuse, dsp, lut, bram, ...(hardware.gather && { also: [tree] }) };
  const built = buildPipeline(graph, options);
  if (!('pipeline' in built)) {
    for (const problem of built) report({ origin: { file: graph.file }, ...problem });
    return nothing;
  }
  const untold = hardware.rtl ? built.pipeline.stages.filter(lacksVerilog) : [];
  for (const { kind, origin } of untold)
    report({
      severity: 'error',
      code: 'fpga/no-verilog',
      message: `there is no Verilog of the stage "${kind}"`,
      origin: { file: graph.file, ...(origin !== undefined && { name: origin }) },
      hint: 'leave out --rtl: the HLS component has it',
    });
  if (untold.length > 0) return nothing;
  const estimate = estimateOf(reportOf(built, options));
  const artefacts = printHls(built.pipeline, graph, {
    part: part.name,
    clock,
    pictures: work(built) > manyProducts ? 1 : 2,
    ...(typical && { given: typical }),
    table: tableOf(estimate),
    callable,
    render,
  });
  const twin = hardware.rtl
    ? printRtl(built.pipeline, { name: graph.name, render, recorded: recordStreams(built.pipeline, graph, 1, typical) })
    : [];
  return { artefacts: [...artefacts, ...twin], recipe: [], estimate };
}

/** Products of one picture, zeros among them: with more of them one picture is recorded alone. */
const manyProducts = 1e9;

const work = ({ pipeline }: Built): number =>
  pipeline.stages.reduce((sum, stage) => {
    if (stage.kind !== 'compute') return sum;
    const { rows, channels, taps, output } = stage.layer;
    return sum + output[0] * output[1] * rows * channels * taps[0] * taps[1];
  }, 0);

/** As text, for the README: without names that came with the model. */
function tableOf({ columns, rows, notes }: Estimate): readonly string[] {
  const shown = columns.flatMap((column, i) => (column === 'layer' ? [] : [i]));
  const cells = [columns, ...rows.map((row) => row.map(String))].map((row) => shown.map((i) => row[i]));
  const widths = shown.map((_, i) => Math.max(...cells.map((row) => row[i].length)));
  const lines = cells.map((row) =>
    row.map((cell, i) => (i < 2 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join('  '),
  );
  return [...lines, '', ...notes];
}
