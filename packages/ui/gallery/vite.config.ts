/** The gallery: every part in every state, for eyes and for tests. */
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

export default defineConfig({
  root: import.meta.dirname,
  base: './',
  plugins: [react()],
  build: { outDir: '../../../.cache/gallery', emptyOutDir: true },
});
