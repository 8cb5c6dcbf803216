/**
 * `npm run bench:cuda`: pruned layers on the GPU that is there against PyTorch's libraries and our own dense kernels, as data under
 * test/bench/results/ with its name. Layers are timed one by one: replays of a CUDA graph, rotating inputs, nothing in the second cache.
 * `SIZE` makes large layers smaller, `CASES` is a part of the names of what is timed, `ARCH` is what is built for: sm_90a on an H100,
 * whose warpgroups nothing else uses.
 */
import { benchModel } from '../../src/bench/bench.ts';
import type { PeerName } from '../../src/bench/peer-names.ts';
import type { BenchReport } from '../../src/bench/report.ts';
import type { Diagnostic } from '../../src/diagnostic.ts';
import { printDiagnostic } from '../../src/diagnostic.ts';
import { partsFor } from '../../src/make/parts.ts';
import type { BenchLayer } from './cuda-models.ts';
import { anywhere, blocks, convolution, linear, networkOf, resnet50, twoOfFour } from './cuda-models.ts';
import { keep } from './keep.ts';

const { SIZE, CASES = '', ARCH } = process.env;
const large = Number(SIZE ?? 4096);

/** Behind the names of layers that are there a second time, to be computed with all weights. */
const plain = ', all weights';

interface Group {
  readonly name: string;
  readonly arithmetic: string;
  readonly layers: readonly BenchLayer[];
  readonly against: readonly PeerName[];
  /** How many times faster than whom; "dense" is our own kernel. */
  readonly wanted: Readonly<Record<string, number>>;
}

const spread = (name: string, size: number, channels: number, batch: number): BenchLayer =>
  convolution(name, { kernel: 3, size, from: channels, to: channels, batch }, anywhere(0.1));

const groups: readonly Group[] = [
  {
    name: '2 of 4 weights',
    arithmetic: 'f16',
    layers: [
      linear(`${large} x ${large} of ${large}`, [large, large, large], twoOfFour),
      linear(`${large} x ${large} of ${large / 4}`, [large, large, large / 4], twoOfFour),
      linear(`${2 * large} x ${large} of ${large / 2}`, [2 * large, large, large / 2], twoOfFour),
    ],
    against: ['torch-f16', 'torch-sparse24'],
    wanted: { 'torch-f16': 1.3, 'torch-sparse24': 1 },
  },
  {
    name: 'blocks',
    arithmetic: 'f16',
    layers: [16, 32, 64].map((side) =>
      linear(`20 % in ${side}x${side} of ${large}`, [large, large, large / 2], blocks(side, 0.2)),
    ),
    against: ['torch-f16'],
    wanted: { 'torch-f16': 2 },
  },
  {
    name: 'unstructured',
    arithmetic: 'f32',
    layers: [1, 16].flatMap((batch) => [
      spread(`3x3 56 64, ${batch}`, 56, 64, batch),
      spread(`3x3 28 128, ${batch}`, 28, 128, batch),
      spread(`3x3 14 256, ${batch}`, 14, 256, batch),
      spread(`3x3 7 512, ${batch}`, 7, 512, batch),
    ]),
    against: ['torch', 'torch-csr'],
    wanted: { torch: 1.5 },
  },
  {
    name: 'ResNet-50',
    arithmetic: 'f16',
    layers: resnet50(twoOfFour).flatMap((layer) => [layer, { ...layer, name: `${layer.name}${plain}` }]),
    against: ['torch-f16', 'torch-sparse24'],
    wanted: { dense: 1 },
  },
];

function say(diagnostic: Diagnostic): void {
  console.error(printDiagnostic(diagnostic));
}

async function measured({ name, arithmetic, layers, against }: Group): Promise<BenchReport> {
  const options = {
    target: 'cuda',
    arithmetic,
    ...(ARCH && { arch: ARCH }),
    layers: { [`*${plain}`]: { format: 'dense' } },
  };
  const parts = partsFor(options, say);
  if (!parts) throw new Error(`"${name}" cannot be built`);
  const graph = networkOf('layers', layers);
  const outcome = await benchModel({
    ...{ loaded: { file: name, files: [], graph, constants: {} }, model: name, options, parts, against },
    ...{ threads: 1, starts: 0, link: 1e7, layers: true, seconds: 1, command: `CASES='${name}' npm run bench:cuda` },
    journal: { hold: () => {}, release: () => {}, keep: () => {} },
    ...{ signal: new AbortController().signal, report: say, doing: (what) => console.error(`${name}: ${what}`) },
  });
  if (!outcome?.ok) throw new Error(`"${name}" was not measured${outcome ? ': it computes something else' : ''}`);
  return outcome.bench;
}

const rounded = (x: number): number => Math.round(100 * x) / 100;

/** Each layer with the times of the others and how many times faster ours is. */
function compared({ wanted }: Group, { layers, layerPeers }: BenchReport) {
  const times = new Map((layers ?? []).map((layer) => [layer.name, layer.medianMs]));
  return (layers ?? [])
    .filter(({ name, format }) => format !== null && !name.endsWith(plain))
    .map(({ name, kernel, format, medianMs }) => {
      const others = (layerPeers ?? []).map((peer) => ({
        by: peer.name,
        ms: peer.layers.find((layer) => layer.name === name)?.medianMs,
      }));
      const against = [{ by: 'dense', ms: times.get(`${name}${plain}`) }, ...others].flatMap(({ by, ms }) =>
        ms === undefined ? [] : [{ by, ms, faster: rounded(ms / medianMs), wanted: wanted[by] ?? null }],
      );
      return { name, kernel, format, ms: medianMs, against };
    });
}

const results: unknown[] = [];
for (const group of groups.filter(({ name }) => name.includes(CASES))) {
  const bench = await measured(group);
  const layers = compared(group, bench);
  for (const { name, format, ms, against } of layers) {
    const ratios = against.map(({ by, faster, wanted }) => {
      const verdict = wanted === null ? '' : faster >= wanted ? ' met' : ` wanted ${wanted}x`;
      return `${by} ${faster}x${verdict}`;
    });
    console.log(name.padEnd(28), String(format).padEnd(10), `${ms} ms`.padEnd(12), ratios.join(', '));
  }
  results.push({ name: group.name, arithmetic: group.arithmetic, device: bench.device, absent: bench.absent, layers });
}
keep(results, 'cuda-layers');
