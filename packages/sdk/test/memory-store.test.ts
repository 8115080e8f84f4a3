import { memoryStore } from '../src/acceptance/index.ts';
import { storeConformance } from './store-conformance.ts';

storeConformance('memory', async () => ({
  store: memoryStore(),
  reopen: undefined,
  dispose: () => undefined,
}));
