/** The rooms of the till over a shop that is played: for eyes, pictures and tests of what is on the screen. */
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

export default defineConfig({
  root: import.meta.dirname,
  base: './',
  plugins: [react()],
  build: { outDir: '../../../../.cache/softpos-gallery', emptyOutDir: true },
});
