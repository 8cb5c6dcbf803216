/** Streams that more than one stage reads, each by a stage that copies it. */
import type { Draft, DraftStage } from './draft.ts';
import type { Port } from './pipeline.ts';

export function forked({ stages, values, inputs, outputs }: Draft): Draft {
  const readers = new Map<number, number>();
  for (const s of [...stages.flatMap((stage) => stage.inputs), ...outputs.map((port) => port.stream)])
    readers.set(s, (readers.get(s) ?? 0) + 1);
  const all = [...values];
  const copies = new Map<number, number[]>();
  const forkOf = (stream: number): readonly DraftStage[] => {
    const count = readers.get(stream) ?? 0;
    if (count < 2) return [];
    const made = Array.from({ length: count }, () => all.push(values[stream]) - 1);
    copies.set(stream, [...made]);
    const name = `fork_${values[stream].id}`;
    return [{ kind: 'fork', name, origin: undefined, inputs: [stream], outputs: made }];
  };
  const take = (stream: number): number => copies.get(stream)?.shift() ?? stream;
  const out: DraftStage[] = inputs.flatMap(({ stream }) => forkOf(stream));
  for (const stage of stages) {
    out.push({ ...stage, inputs: stage.inputs.map(take) });
    out.push(...stage.outputs.flatMap(forkOf));
  }
  const ports: readonly Port[] = outputs.map((port) => ({ ...port, stream: take(port.stream) }));
  return { stages: out, values: all, inputs, outputs: ports };
}
