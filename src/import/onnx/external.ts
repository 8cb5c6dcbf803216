/** Weights in files beside the model: only in its folder, and only as many bytes as they say. */
import type { ImportContext } from '../importer.ts';
import { pathFault } from '../shards.ts';
import type { TensorProto } from './schema.ts';
import type { ReadExternal } from './tensors.ts';

/** Files are read once, however many tensors they hold. */
export function externalReader({ read }: Pick<ImportContext, 'read'>): ReadExternal {
  const files = new Map<string, Uint8Array | undefined>();
  const fileOf = (path: string): Uint8Array | undefined => {
    if (!files.has(path)) files.set(path, read(path));
    return files.get(path);
  };
  return (tensor) => {
    const entry = entriesOf(tensor);
    const path = entry.get('location') ?? '';
    const fault = pathFault(path);
    if (fault !== undefined) return `lies in "${path}", a path that ${fault}; it must be beside the model`;
    const bytes = fileOf(path);
    if (!bytes) return `lies in "${path}", which is not beside the model or cannot be read`;
    const offset = numberOf(entry.get('offset') ?? '0');
    const length = numberOf(entry.get('length') ?? String(bytes.length - (offset ?? 0)));
    if (offset === undefined || length === undefined || offset + length > bytes.length)
      return `lies in "${path}" at ${entry.get('offset') ?? '0'}, ${entry.get('length') ?? 'all'} bytes of it, and the file has ${bytes.length}`;
    return bytes.subarray(offset, offset + length);
  };
}

const entriesOf = ({ externalData }: TensorProto): ReadonlyMap<string, string> =>
  new Map(externalData.map(({ key, value }) => [key, value]));

const numberOf = (text: string): number | undefined => (/^\d{1,15}$/.test(text) ? Number(text) : undefined);
