/** Domains whose operators are those of the standard. */
export const standard = (domain: string): boolean => domain === '' || domain === 'ai.onnx';
