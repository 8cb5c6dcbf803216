/** What the README of a network in parts says of this one: without a name that came with the model but escaped. */
import { visible } from '../../../src/diagnostic.ts';
import type { Crossing, Split } from '../../../src/graph/split.ts';
import { crossingBytes, figuresOf, leftOf } from '../../../src/graph/split.ts';
import type { HostContext } from '../../../src/target.ts';
import { printShape } from '../../../src/tensor/type.ts';
import type { Crossed, Names } from './steps.ts';

export function readmeView(split: Split, names: Names, { before, after }: HostContext) {
  const { macs, acceleratedMacs, bytesIn, bytesOut } = figuresOf(split);
  const count = (part: string): string => {
    const own = split.operators.filter((o) => o.part === part).length;
    return own === 1 ? '1 operator' : `${own} operators`;
  };
  const left = leftOf(split);
  return {
    parts: [
      ...(before ? [{ folder: 'before', doc: `${count('before')} on the CPU, a C library` }] : []),
      {
        folder: 'fpga',
        doc: `${count('accelerator')}, a Vitis HLS component; \`call/\` is the same as a C function`,
      },
      ...(after ? [{ folder: 'after', doc: `${count('after')} on the CPU, a C library` }] : []),
    ],
    share:
      `${((100 * acceleratedMacs) / macs).toFixed(1)} % of ${macs} multiply-adds are on the FPGA; ` +
      `${bytesIn} bytes go there for each input, and ${bytesOut} come back.`,
    compiled: [before && 'before', 'the host', 'the simulated component', after && 'after']
      .flatMap((part) => (part ? [part.startsWith('the') ? part : `\`${part}/\``] : []))
      .join(', '),
    lines: [...names.taken.map(portLine), ...names.given.map(portLine)],
    dma: dmaLines(split.accelerator.name, names),
    crossings: split.crossings.map(crossingLine),
    operators: left.map(
      ({ part, op, why, names: of, macs: own }) =>
        `${part}: ${of.length > 1 ? `${of.length} times ` : ''}"${op}" ${why}${own > 0 ? `; ${own} multiply-adds` : ''} (${of.slice(0, 4).join(', ')}${of.length > 4 ? ', ...' : ''})`,
    ),
  };
}

const portLine = ({ crossing, member }: Crossed): string => `${member}: ${crossingBytes(crossing)} bytes`;

function crossingLine(crossing: Crossing): string {
  const { name, from, to, outputs, shape, bus, dtype, quantity } = crossing;
  const ends = [...to.map((part) => placeName(part)), ...outputs.map((o) => `the output "${visible(o)}"`)];
  const width = bus ? `${bus}, ${crossingBytes(crossing)} bytes` : dtype;
  const [scale, zero] = [quantity?.scale ?? [], quantity?.zero ?? []];
  const real = scale.length === 1 ? `; real = (whole - ${zero[0]}) * ${scale[0]}` : '';
  return `\`${visible(name)}\`, ${placeName(from)} to ${ends.join(' and ')}: ${printShape(shape) || 'one number'}, ${width}${real}`;
}

const placeName = (part: string): string =>
  part === 'model' ? 'an input of the model' : part === 'accelerator' ? 'fpga' : part;

/** As the drivers of AXI DMA and of the component have it. */
function dmaLines(name: string, { symbol, taken, given }: Names): readonly string[] {
  const top = `${symbol}_accelerator`;
  const driver = `X${name.slice(0, 1).toUpperCase()}${name.slice(1)}_accelerator`;
  const rounded = (c: Crossing): number => Math.ceil(crossingBytes(c) / 4) * 4;
  return [
    `int ${symbol}_accelerate(const ${top}_inputs *inputs, const ${top}_outputs *outputs) {`,
    ...taken.map(({ crossing, member }) => `  Xil_DCacheFlushRange((UINTPTR)inputs->${member}, ${rounded(crossing)});`),
    ...given.flatMap(({ crossing, member }) => [
      `  Xil_DCacheFlushRange((UINTPTR)outputs->${member}, ${crossingBytes(crossing)});`,
      `  if (XAxiDma_SimpleTransfer(&${member}, (UINTPTR)outputs->${member}, ${rounded(crossing)}, XAXIDMA_DEVICE_TO_DMA)) return 1;`,
    ]),
    `  ${driver}_Start(&accelerator);`,
    ...taken.map(
      ({ crossing, member }) =>
        `  if (XAxiDma_SimpleTransfer(&${member}, (UINTPTR)inputs->${member}, ${rounded(crossing)}, XAXIDMA_DMA_TO_DEVICE)) return 1;`,
    ),
    ...given.flatMap(({ crossing, member }) => [
      `  while (XAxiDma_Busy(&${member}, XAXIDMA_DEVICE_TO_DMA)) {}`,
      `  Xil_DCacheInvalidateRange((UINTPTR)outputs->${member}, ${crossingBytes(crossing)});`,
    ]),
    '  return 0;',
    '}',
  ];
}
