/**
 * What only some adapters have. Shaders are written for all: a line that ends with a comment that begins with the name of a feature
 * is what the comment says where the feature is used. The loader makes it so in the same way.
 */

/** By the names that WebGPU gives them, what a shader enables. */
export const enabledBy = { 'shader-f16': 'f16', subgroups: 'subgroups' } as const;

export type Feature = keyof typeof enabledBy;

/** Whether a shader has something to gain from it. */
export const gains = (text: string, feature: Feature): boolean => text.includes(`// ${feature}: `);

/** The lines stay where they were. */
export const withFeature = (text: string, feature: Feature): string =>
  `enable ${enabledBy[feature]}; ${text.replace(new RegExp(`^( *).*// ${feature}: `, 'gm'), '$1')}`;
