/** Weights in files beside the model: only in its folder, and only as many bytes as they say. */
import type { ImportContext } from '../importer.ts';
import type { OpenFile } from '../open-file.ts';
import { openFile } from '../open-file.ts';
import { pathFault } from '../shards.ts';
import type { TensorProto } from './schema.ts';
import type { ReadExternal } from './tensors.ts';
import { ownData } from './without-data.ts';

/** `own` is the model's own file, where tensors lie that `withoutData` left there. */
export function externalReader(own: OpenFile, context: Pick<ImportContext, 'open' | 'read'>): ReadExternal {
  const files = new Map<string, OpenFile | undefined>();
  const fileOf = (path: string): OpenFile | undefined => {
    if (!files.has(path)) files.set(path, openFile(path, context));
    return files.get(path);
  };
  return (tensor) => {
    const entry = entriesOf(tensor);
    const isOwn = entry.has(ownData);
    const path = entry.get('location') ?? '';
    const fault = isOwn ? undefined : pathFault(path);
    if (fault !== undefined) return `lies in "${path}", a path that ${fault}; it must be beside the model`;
    const file = isOwn ? own : fileOf(path);
    if (!file) return `lies in "${path}", which is not beside the model or cannot be read`;
    const offset = numberOf(entry.get('offset') ?? '0');
    const length = numberOf(entry.get('length') ?? String(file.length - (offset ?? 0)));
    if (offset === undefined || length === undefined || offset + length > file.length)
      return `lies in "${path}" at ${entry.get('offset') ?? '0'}, ${entry.get('length') ?? 'all'} bytes of it, and the file has ${file.length}`;
    return file.part(offset, offset + length);
  };
}

const entriesOf = ({ externalData }: TensorProto): ReadonlyMap<string, string> =>
  new Map(externalData.map(({ key, value }) => [key, value]));

const numberOf = (text: string): number | undefined => (/^\d{1,15}$/.test(text) ? Number(text) : undefined);
