/** The wallet's page. */
import { Caught, LanguageProvider, late, onUpdate, signals } from '@sokkin/ui';
import type { ReactNode } from 'react';
import { createRoot } from 'react-dom/client';
import '@sokkin/ui/theme.css';
import './wallet.css';
import { App } from './app.tsx';
import { MeetingPlaceProvider } from './rooms/air/meeting.tsx';
import { beginAtOnce, nameToBegin } from './wallet/at-once.ts';
import { meetingOf } from './wallet/field.ts';
import { startWallet, walletName } from './wallet/start.ts';

const root = document.getElementById('root');
if (root === null) throw new Error('Bug: the page has no root');

/** `?card=NAME`: this window is a card, and no wallet is opened in it. */
const card = new URLSearchParams(location.search).get('card');
const CardWindow = late(async () => ({ default: (await import('./card-window.tsx')).CardWindow }));

function page(): ReactNode {
  if (card !== null) {
    onUpdate(() => undefined);
    return <CardWindow name={card} field={meetingOf(location.search, `card ${card}`).wire} />;
  }
  const name = walletName(location.search);
  const started = startWallet(name);
  const start = onUpdate(() => started.showing.change({ update: start }));
  const meeting = meetingOf(location.search, name);
  const beginner = nameToBegin(location.search, window);
  if (beginner !== undefined) void beginAtOnce(started, beginner);
  return (
    <MeetingPlaceProvider meeting={meeting}>
      <App started={started} field={meeting.wire} signals={signals()} />
    </MeetingPlaceProvider>
  );
}

createRoot(root).render(
  <LanguageProvider>
    <Caught onAgain={() => location.reload()}>{page()}</Caught>
  </LanguageProvider>,
);
