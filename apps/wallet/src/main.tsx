/** The wallet's page. */
import { LanguageProvider, signals } from '@sokkin/ui';
import { createRoot } from 'react-dom/client';
import '@sokkin/ui/theme.css';
import './wallet.css';
import { App } from './app.tsx';
import { beginAtOnce, nameToBegin } from './wallet/at-once.ts';
import { sharedField, startWallet, walletName } from './wallet/start.ts';

const name = walletName(location.search);
const started = startWallet(name);
const beginner = nameToBegin(location.search, window);
if (beginner !== undefined) void beginAtOnce(started, beginner);
const root = document.getElementById('root');
if (root === null) throw new Error('Bug: the page has no root');
createRoot(root).render(
  <LanguageProvider>
    <App started={started} field={sharedField(name)} signals={signals()} />
  </LanguageProvider>,
);

// Without it everything works but a start without a network.
void navigator.serviceWorker?.register('./offline.js').catch(() => undefined);
