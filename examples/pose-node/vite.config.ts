import { espalier } from 'espalier/vite';
import { defineConfig } from 'vite';

export default defineConfig({
  // With it the output is a folder that depends on nothing.
  ssr: { noExternal: true },
  plugins: [espalier()],
});
