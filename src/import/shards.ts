/** The files that hold weights: only those inside the model's folder, and only as long as the manifest says. */
import type { Report } from '../diagnostic.ts';
import type { ImportContext } from './importer.ts';

/** Why a path is not one of a file in the model's folder, if it is not. */
export function pathFault(path: string): string | undefined {
  if (path === '') return 'is empty';
  if (/\p{Cc}/u.test(path)) return 'holds a control character';
  if (/^[a-z][a-z\d+.-]*:/i.test(path)) return 'is a URL or has a drive letter';
  if (path.includes('\\')) return 'holds a backslash';
  if (path.startsWith('/')) return 'is absolute';
  return path.split('/').some((part) => part === '..') ? 'leaves the folder of the model' : undefined;
}

/** The bytes of the shards of one group, one after another; undefined after a report. */
export function readShards(
  paths: readonly string[],
  file: string,
  { read, report }: Pick<ImportContext, 'read' | 'report'>,
): Uint8Array<ArrayBuffer> | undefined {
  const parts = paths.map((path) => readShard(path, file, read, report));
  if (!parts.every((part) => part !== undefined)) return undefined;
  if (parts.length === 1) return parts[0];
  const bytes = new Uint8Array(parts.reduce((n, part) => n + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

function readShard(path: string, file: string, read: ImportContext['read'], report: Report) {
  const fault = pathFault(path);
  if (fault !== undefined) {
    report({
      severity: 'error',
      code: 'import/shard-path',
      message: `the path of the shard "${path}" ${fault}`,
      origin: { file },
      hint: 'put the shard beside "model.json" and name it in "weightsManifest" by its file name',
    });
    return undefined;
  }
  const bytes = read(path);
  if (!bytes)
    report({
      severity: 'error',
      code: 'import/shard-missing',
      message: `the shard "${path}" is not there or cannot be read`,
      origin: { file },
      hint: 'put every file that "weightsManifest" names beside "model.json"',
    });
  return bytes;
}
