/** The wallet, built as files that any server can serve under /wallet/. */
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';
import { offline } from '../../scripts/offline-plugin.ts';
import { sharedWorker } from '../../scripts/shared-worker-plugin.ts';

export default defineConfig({
  root: import.meta.dirname,
  base: '/wallet/',
  plugins: [react(), sharedWorker('/adapters/web/src/purse/own.ts'), offline()],
  worker: { format: 'es' },
  build: {
    target: 'es2022',
    // Fonts are large, and only asked for where a device has none.
    assetsInlineLimit: 0,
  },
});
