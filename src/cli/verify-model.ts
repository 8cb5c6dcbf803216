/** What `espalier verify` does. Loaded only when it runs, so that help comes at once. */
import type { Divergence } from '../check/bisect.ts';
import { incomparable } from '../check/compare.ts';
import { loadPeer } from '../check/load-peer.ts';
import type { Peer, PeerName } from '../check/peer.ts';
import { peerTitles } from '../check/peer.ts';
import type { Verdict } from '../check/verify.ts';
import { verifyModel } from '../check/verify.ts';
import { visible } from '../diagnostic.ts';
import type { LoadedModel } from '../make/load.ts';
import { loadModel } from '../make/load.ts';
import { partsFor } from '../make/parts.ts';
import { exact } from '../make/storage.ts';
import { buildAndOpen } from '../make/temporary.ts';
import { printAdapter } from '../toolchain/adapter.ts';
import type { Desk } from './desk.ts';
import { modelOf } from './model.ts';
import { choicesOf } from './options.ts';
import type { Paint } from './paint.ts';
import { printError, table } from './paint.ts';
import { tunedOptionsOf } from './tuned.ts';
import type { Flags } from './verify.ts';

export async function verify(
  model: string | undefined,
  { samples, against, ...flags }: Flags,
  desk: Desk,
): Promise<boolean> {
  const { io, report, doing } = desk;
  const choices = await choicesOf(model, flags, desk);
  const path = choices && modelOf(choices, report);
  if (!choices || path === undefined) return false;
  const tuned = await tunedOptionsOf(choices, flags.tuning, desk);
  const parts = tuned && partsFor(tuned.options, report);
  if (!tuned || !parts) return false;
  const { options } = tuned;
  const rounded = choices.weights === exact ? undefined : choices.weights;
  if ((choices.quantize ?? rounded) !== undefined && against !== 'evaluate') {
    report({
      severity: 'error',
      code: 'verify/quantised',
      message: `${peerTitles[against]} would run the model as it was before it was quantised`,
      hint: 'leave out --against: the artefact is compared with what the quantised graph means; espalier quantize says what that loses',
    });
    return false;
  }
  doing(`reading ${path}`);
  const loaded = loadModel(path, choices, report);
  if (!loaded) return false;
  const peer = against === 'evaluate' ? undefined : await peerFor(against, loaded, desk);
  if (peer === null) return false;
  try {
    const verdict = await verifyModel({
      ...parts,
      graph: loaded.graph,
      samples,
      open: (compiled) =>
        buildAndOpen(
          compiled,
          { ...options, journal: io.journal, signal: io.signal, onTask: (task) => task && doing(`building ${task}`) },
          report,
        ),
      ...(peer && { peer }),
      report,
      doing,
    });
    if (!verdict) return false;
    desk.print(verdict, (paint) => verdictAsText(verdict, path, samples, paint));
    return verdict.ok;
  } finally {
    peer?.dispose();
  }
}

/** Null after a report. */
async function peerFor(name: PeerName, loaded: LoadedModel, { report, doing }: Desk): Promise<Peer | null> {
  doing(`loading ${peerTitles[name]}`);
  return (await loadPeer(name, loaded.file, loaded.graph, loaded, report)) ?? null;
}

export function verdictAsText(
  { ok, target, against, adapter, limit, outputs, divergedAt }: Verdict,
  model: string,
  samples: number,
  paint: Paint,
): readonly string[] {
  const rows = outputs.map(({ name, shape, maxError }) => {
    const error = maxError === incomparable ? 'not comparable' : printError(maxError);
    return [paint.bold(visible(name)), `[${shape.join(', ')}]`, maxError <= limit ? error : paint.red(error)];
  });
  const head = ['output', 'shape', 'largest error'].map((word) => paint.dim(word));
  const inputs = samples === 1 ? 'one random input' : `${samples} random inputs`;
  return [
    `${ok ? paint.green('equal') : paint.red('different')}: ${model} on ${target} against ${against}, ${inputs}, error at most ${limit}`,
    '',
    ...table([head, ...rows], ['left', 'left', 'right']),
    ...(adapter ? ['', `adapter: ${visible(printAdapter(adapter))}`] : []),
    ...(divergedAt ? ['', ...blame(divergedAt, limit, paint)] : []),
  ];
}

/** Sentences that say who is to blame. */
function blame(
  { stage, pass, layer, op, kernel, maxError }: Divergence,
  limit: number,
  paint: Paint,
): readonly string[] {
  const off = `error ${printError(maxError)}`;
  const where = layer === null ? '' : ` at layer ${paint.bold(`"${visible(layer)}"`)}${op === null ? '' : ` (${op})`}`;
  if (stage === 'import') return [`diverges when the model is read${where}: ${off}`];
  if (stage === 'pass') return [`diverges in pass ${paint.bold(`"${pass}"`)}${where}: ${off}`];
  // Below the limit of a whole output no layer can be called wrong.
  const how =
    maxError <= limit ? 'no layer is wrong by itself, but errors add up: most is added' : 'diverges in the artefact';
  return [`${how}${where}, computed by ${kernel === null ? 'its loops' : `kernel "${kernel}"`}: ${off}`];
}
