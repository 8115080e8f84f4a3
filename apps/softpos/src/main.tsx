/** The page of the shop's app. */
import { LanguageProvider, signals } from '@sokkin/ui';
import { createRoot } from 'react-dom/client';
import '@sokkin/ui/theme.css';
import { App } from './app.tsx';
import { beginAtOnce, nameToBegin } from './shop/at-once.ts';
import { sharedField, shopName, startShop } from './shop/start.ts';

const name = shopName(location.search);
const shop = startShop(name, sharedField(name));
const beginner = nameToBegin(location.search, window);
if (beginner !== undefined) beginAtOnce(shop, beginner);
const root = document.getElementById('root');
if (root === null) throw new Error('Bug: the page has no root');
createRoot(root).render(
  <LanguageProvider>
    <App shop={shop} signals={signals()} />
  </LanguageProvider>,
);
