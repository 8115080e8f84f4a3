/** The page of the shop's app. */
import { LanguageProvider, signals } from '@sokkin/ui';
import { createRoot } from 'react-dom/client';
import '@sokkin/ui/theme.css';
import { App } from './app.tsx';
import { sharedField, shopName, startShop } from './shop/start.ts';

const shop = startShop(shopName(location.search), sharedField());
const root = document.getElementById('root');
if (root === null) throw new Error('Bug: the page has no root');
createRoot(root).render(
  <LanguageProvider>
    <App shop={shop} signals={signals()} />
  </LanguageProvider>,
);
