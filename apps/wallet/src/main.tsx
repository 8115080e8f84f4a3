/** The wallet's page. */
import { LanguageProvider, signals } from '@sokkin/ui';
import { lazy, Suspense } from 'react';
import { createRoot } from 'react-dom/client';
import '@sokkin/ui/theme.css';
import './wallet.css';
import { App } from './app.tsx';
import { sharedField, startWallet, walletName } from './wallet/start.ts';

const root = document.getElementById('root');
if (root === null) throw new Error('Bug: the page has no root');
const card = new URLSearchParams(location.search).get('card');
const CardWindow = lazy(async () => ({ default: (await import('./card-window.tsx')).CardWindow }));
createRoot(root).render(
  <LanguageProvider>
    {card === null ? (
      <App started={startWallet(walletName(location.search))} field={sharedField()} signals={signals()} />
    ) : (
      <Suspense>
        <CardWindow name={card} field={sharedField()} />
      </Suspense>
    )}
  </LanguageProvider>,
);

// Without it everything works but a start without a network.
void navigator.serviceWorker?.register('./offline.js').catch(() => undefined);
