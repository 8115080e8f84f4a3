/** ?scene=... shows one of played.ts; the browser's language and theme are followed. */
import { createRoot } from 'react-dom/client';
import '@sokkin/ui/theme.css';
import { LanguageProvider, type Signal } from '@sokkin/ui';
import { App } from '../../src/app.tsx';
import { isScene, PlayedShop } from './played.ts';

const query = new URLSearchParams(location.search);
const scene = query.get('scene') ?? 'sell';
const shop = new PlayedShop(
  isScene(scene) ? scene : 'sell',
  navigator.language.startsWith('ja') ? 'ja' : 'en',
);
/** What a test looks at: what was asked of the shop, and what was heard and felt. */
const heard: Signal[] = [];
Object.assign(globalThis, { played: shop, heard });

const root = document.getElementById('root');
if (root === null) throw new Error('Bug: the page has no root');
createRoot(root).render(
  <LanguageProvider>
    <App shop={shop} signals={{ arm: () => undefined, give: (signal) => heard.push(signal) }} />
  </LanguageProvider>,
);
