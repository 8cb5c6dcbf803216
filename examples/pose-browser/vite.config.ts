import { espalier } from 'espalier/vite';
import { defineConfig } from 'vite';

export default defineConfig({
  // Wherever the folder is put, its files find each other.
  base: './',
  // The picture and the meaning of the model's numbers lie in the folder above.
  server: { fs: { allow: ['..'] } },
  plugins: [espalier({ types: 'src/models.d.ts' })],
});
