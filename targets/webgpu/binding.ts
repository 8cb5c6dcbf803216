/** The JavaScript that loads shaders and weights and runs them, written as TypeScript, and emitted with its types. */
import { bug } from '../../src/diagnostic.ts';
import type { Plan, Port } from '../../src/plan/plan.ts';
import type { Render } from '../../src/target.ts';
import { bytesPer } from '../../src/tensor/type.ts';
import type { Places } from '../gpu/places.ts';
import type { Binding } from '../typescript.ts';
import { emitTypeScript, portView, quotedName } from '../typescript.ts';
import { gains } from './features.ts';
import type { Module } from './module.ts';
import { multiplier, stampOf } from './stamp.ts';

export function binding(plan: Plan, places: Places, module: Module, render: Render): Binding {
  return emitTypeScript(`${plan.name}.ts`, bindingText(plan, places, module, render));
}

export function bindingText({ name, inputs, outputs }: Plan, places: Places, module: Module, render: Render): string {
  const offsetOf = ({ array }: Port): number => places.at.get(array)?.offset ?? bug(`"${array.name}" has no place`);
  const port = (p: Port) => portView(p, offsetOf(p));
  const ends = outputs.map((p) => offsetOf(p) + p.array.length * bytesPer[p.array.dtype]);
  const [from, to] = [Math.min(...outputs.map(offsetOf)), Math.max(...ends)];
  const { groupBytes, groupSize } = module.needs;
  const buffer = Math.max(places.memory, places.weights.length);
  return render('webgpu/binding.ts.hbs', {
    name,
    inputs: inputs.map(port),
    outputs: outputs.map(port),
    memory: places.memory,
    weights: places.weights.length,
    stamps: { shaders: stampOf(new TextEncoder().encode(module.text)), weights: stampOf(places.weights), multiplier },
    read: { at: from, bytes: to - from },
    // By the names that WebGPU gives them.
    limits: Object.entries({
      maxBufferSize: buffer,
      maxStorageBufferBindingSize: buffer,
      maxComputeWorkgroupStorageSize: groupBytes,
      maxComputeInvocationsPerWorkgroup: groupSize,
      maxComputeWorkgroupSizeX: groupSize,
      maxComputeWorkgroupsPerDimension: Math.max(1, ...module.calls.flatMap(({ groups }) => groups)),
    }).map(([limit, needs]) => ({ limit, needs })),
    gainsBySubgroups: gains(module.text, 'subgroups'),
    entries: module.entries.map((entry) => ({ ...entry, name: quotedName(entry.name) })),
    calls: module.calls.map(({ entry, groups, args, step }) => ({
      entry,
      groups: groups.join(', '),
      args: args.join(', '),
      layer: quotedName(step.call.origin ?? step.call.id),
    })),
  });
}
