/** A layer of adders and shifts alone, as C++: every sum of a window by itself, and no multiplier. */
import type { Adder, Term, UnrolledPlan } from '../contract/engine.ts';
import type { Layer } from '../contract/layer.ts';
import { columnsOf } from '../contract/layer.ts';
import type { Compute } from '../pipeline/pipeline.ts';
import { beatType, leastShift, literal, numberType } from './cpp.ts';
import type { Desk, Printed } from './stage.ts';
import { functionOf, parametersOf, streamName, streamOf, titleOf } from './stage.ts';

/** Lines of one function. */
const mostLines = 200;

export function printUnrolled(stage: Compute, plan: UnrolledPlan, { pipeline, header, render }: Desk): Printed {
  const { layer, name } = stage;
  const { input, pad, taps, dilation, stride, output, rows, channels, ending, inputBits } = layer;
  const [from, to] = [streamOf(pipeline, stage.inputs[0]), streamOf(pipeline, stage.outputs[0])];
  const params = parametersOf(stage, pipeline).join(', ');
  const columns = columnsOf(layer);
  const least = leastShift(ending?.shift);
  const adders = plan.adders.map((adder, i) => adderLine(adder, i));
  const results = plan.results.map((term, row) => `r[${row}] = ${term ? termOf(term) : '0'};`);
  const parts = [...chunks(adders, `${name}_adders`), ...chunks(results, `${name}_results`)];
  const view = {
    doc: [titleOf(stage), docOf(plan, layer)],
    header,
    fn: functionOf(stage),
    params,
    sums: Math.max(1, adders.length),
    rows,
    columns,
    parts: parts.map(({ fn, lines }) => ({ fn, lines: lines.map((line) => ({ line })) })),
    calls: parts.map(({ fn }) => ({ fn })),
    number: numberType(inputBits),
    inBeat: beatType(from.bits, from.beat),
    outBeat: beatType(to.bits, to.beat),
    result: numberType(to.bits),
    inSize: from.beat,
    outSize: to.beat,
    channels,
    height: input[0] + pad[0] + pad[2],
    pitch: input[1] + pad[1] + pad[3],
    padTop: pad[0],
    padLeft: pad[1],
    bottom: pad[0] + input[0],
    right: pad[1] + input[1],
    down: (taps[0] - 1) * dilation[0] + 1,
    across: (taps[1] - 1) * dilation[1] + 1,
    lines: Math.max(1, (taps[0] - 1) * dilation[0]),
    tapsDown: taps[0],
    tapsAcross: taps[1],
    dilationY: dilation[0],
    dilationX: dilation[1],
    strideY: stride[0],
    strideX: stride[1],
    outHeight: output[0],
    outWidth: output[1],
    bias: list(layer.bias),
    multiplier: list(ending?.multiplier ?? [0]),
    shift: list(ending?.shift.map((s) => s - least) ?? [0]),
    count: ending ? rows : 1,
    finished: ending
      ? `requantised<${least}>(whole, multiplier[row], shift[row], ${ending.zero}, ${literal(ending.low)}, ${ending.high})`
      : 'whole',
  };
  return {
    function: view.fn,
    head: `void ${view.fn}(${params})`,
    passed: [...stage.inputs, ...stage.outputs].map(streamName),
    artefacts: [{ path: `src/${name}.cpp`, contents: render('fpga/hls/src/unrolled.cpp.hbs', view), role: 'source' }],
  };
}

const list = (values: ArrayLike<number>): string => Array.from(values, literal).join(', ');

const docOf = ({ adders, levels }: UnrolledPlan, { rows, channels, taps, weights }: Layer): string =>
  `Every sum at once: ${adders.length} adders in ${levels} levels, for ${weights.column.length} of ${rows * channels * taps[0] * taps[1]} weights that are not 0.`;

/** ± number · 2^shift: whole numbers below zero are not shifted to the left in C++14. */
function termOf({ from, of, shift, negative }: Term): string {
  const plain = `${from === 'column' ? 'c' : 'a'}[${of}]`;
  return `${negative ? '-' : ''}${shift === 0 ? plain : `shifted<${shift}>(${plain})`}`;
}

function adderLine({ left, right, bits }: Adder, at: number): string {
  const sum = right.negative
    ? `${termOf(left)} - ${termOf({ ...right, negative: false })}`
    : `${termOf(left)} + ${termOf(right)}`;
  return `a[${at}] = within<${bits}>(${sum});`;
}

function chunks(lines: readonly string[], stem: string) {
  const out: { readonly fn: string; readonly lines: readonly string[] }[] = [];
  for (let at = 0; at < lines.length; at += mostLines)
    out.push({ fn: `${stem}_${out.length}`, lines: lines.slice(at, at + mostLines) });
  return out;
}
