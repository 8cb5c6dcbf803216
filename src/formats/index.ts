import { csr } from './csr.ts';
import { dense } from './dense.ts';
import type { Format } from './format.ts';

/** Every storage format. Dense comes first, so it wins ties. */
export const formats: readonly Format[] = [dense, csr] as readonly Format[];

export const formatNamed = (name: string): Format | undefined => formats.find((f) => f.name === name);
