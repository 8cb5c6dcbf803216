/** The dense layers of a sweep in ONNX Runtime: as floats, and as 8-bit integers. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { bug, type Report } from '../../diagnostic.ts';
import type { Graph } from '../../graph/graph.ts';
import type { ModelProto } from '../../import/onnx/schema.ts';
import { decode } from '../../import/onnx/schema.ts';
import { exportWith } from '../../make/export.ts';
import { moduleExtension } from '../../make/package.ts';
import type { Dialogue } from '../../toolchain/dialogue.ts';
import { startDialogue } from '../../toolchain/dialogue.ts';
import { nodeCommand } from '../../toolchain/node.ts';
import { quantise, tensorsToSee } from '../qdq.ts';
import type { Candidate } from './layers.ts';
import { graphOf } from './layers.ts';
import type { OrtOrders } from './ort-child.ts';

export interface OrtLayers {
  /** Milliseconds at best of one layer, by its place among the layers, over so many runs. Undefined after a report. */
  readonly time: (layer: number, kind: 'float' | 'int8', runs: number) => Promise<number | undefined>;
  readonly dispose: () => void;
}

export interface OrtLayersOptions {
  readonly folder: string;
  readonly threads: number;
  readonly pin: readonly string[];
  readonly signal: AbortSignal;
}

/** Starts a process that times the dense layers. Undefined after a report. */
export function openOrtLayers(
  layers: readonly Candidate[],
  { folder, threads, pin, signal }: OrtLayersOptions,
  report: Report,
): OrtLayers | undefined {
  const own = join(folder, 'ort');
  mkdirSync(own, { recursive: true });
  const models: string[] = [];
  for (const [i, layer] of layers.entries()) {
    const files = modelsOf(graphOf([layer]), report);
    if (!files) return undefined;
    for (const [kind, bytes] of Object.entries(files)) {
      const file = join(own, `layer${i}-${kind}.onnx`);
      writeFileSync(file, bytes);
      models.push(file);
    }
  }
  const orders: OrtOrders = { models, folder: own, threads };
  const file = join(own, 'orders.json');
  writeFileSync(file, JSON.stringify(orders));
  const module = new URL(`./ort-child.${moduleExtension}`, import.meta.url);
  const dialogue = startDialogue([...pin, ...nodeCommand(module, 'serveLayers', file)], { signal });
  return {
    time: (layer, kind, runs) => timeLayer(dialogue, `${2 * layer + (kind === 'float' ? 0 : 1)} ${runs}`, report),
    dispose: dialogue.end,
  };
}

async function timeLayer(dialogue: Dialogue, order: string, report: Report): Promise<number | undefined> {
  const said = await dialogue.ask(order);
  if (!said.ok) {
    const missing = said.reason.includes('ERR_MODULE_NOT_FOUND') || said.reason.includes('Cannot find');
    report({
      severity: 'error',
      code: 'bench/contender',
      message: `"ort": the process ${said.reason}`,
      hint: missing ? 'npm install --save-dev onnxruntime-node@1.30.0' : 'report it: its models are ours',
    });
    return undefined;
  }
  const times = z.array(z.number()).parse(said.value);
  return times.length > 0 ? Math.min(...times) / 1000 : bug('its profile holds no layer');
}

/** In the order in which they are numbered. */
function modelsOf(graph: Graph, report: Report) {
  const float = exportWith(graph, { out: 'layer.onnx' }, report)?.files[0].contents;
  if (!float) return undefined;
  const model = decode<ModelProto>('ModelProto', float);
  const own = model.graph ?? bug('a layer without a graph');
  // Times do not depend on the numbers: any extent will do.
  const extents = new Map(tensorsToSee(own).map((name) => [name, { min: -1, max: 1 }]));
  return { float, int8: quantise(model, own, extents) };
}
