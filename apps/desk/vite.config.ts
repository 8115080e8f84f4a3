/** The desk, built as files that a back-end serves under /desk/. */
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

export default defineConfig({
  root: import.meta.dirname,
  base: '/desk/',
  plugins: [react()],
  worker: { format: 'es' },
  build: {
    target: 'es2022',
    // Fonts are large, and only asked for where a device has none.
    assetsInlineLimit: 0,
  },
});
