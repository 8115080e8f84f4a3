/** What stands between a page that was opened and the rooms of its wallet: it is new, locked, elsewhere, or cannot be opened. */
import {
  Button,
  catalogue,
  EmptyState,
  late,
  Shell,
  type Signals,
  useLanguage,
  useTexts,
  useTheme,
} from '@sokkin/ui';
import type { Wire } from '@sokkin/web';
import { AppWindow, TriangleAlert } from 'lucide-react';
import { type ReactNode, use, useEffect } from 'react';
import { Welcome } from './rooms/welcome.tsx';
import { onNetwork } from './wallet/network.ts';
import { anotherWallet, type Started, walletName } from './wallet/start.ts';
import { useView } from './wallet/view.ts';
import type { Wallet } from './wallet/wallet.ts';
import { saysWhy } from './words.ts';

/** A wallet that is only just made needs none of them yet. */
const Rooms = late(() => import('./rooms/rooms.tsx'));
const PurseAway = late(() => import('./rooms/place/away.tsx'));
const Locked = late(() => import('./rooms/passkey/locked.tsx'));

const TEXTS = catalogue(
  {
    title: 'Sokkin Wallet',
    opening: 'Opening your wallet',
    elsewhere: 'Open in another tab',
    elsewhereWhy: 'Your wallet can be open once. Use the other tab, or close it: then it opens here.',
    second: 'Open a second wallet here',
    broken: 'The wallet cannot be opened',
    again: 'Try again',
  },
  {
    title: 'ウォレット',
    opening: 'ウォレットを開いています',
    elsewhere: '別のタブで開いています',
    elsewhereWhy:
      'ウォレットは同時に1つのタブで使えます。もう一方を使うか、閉じてください。閉じるとここで開きます。',
    second: 'ここで2つ目のウォレットを開く',
    broken: 'ウォレットを開けません',
    again: 'もう一度',
  },
);

export interface AppProps {
  readonly started: Started;
  readonly field: Wire;
  readonly signals: Signals;
}

export function App({ started, field, signals }: AppProps) {
  const t = useTexts(TEXTS);
  const { language } = useLanguage();
  useTheme();
  const view = useView(started.showing);
  useEffect(() => onNetwork((isOnline) => started.showing.change({ isOnline })), [started]);
  useEffect(() => {
    const arm = () => signals.arm();
    window.addEventListener('pointerdown', arm);
    return () => window.removeEventListener('pointerdown', arm);
  }, [signals]);
  switch (view.stage) {
    case 'opening':
      return (
        <Shell title={t.title}>
          <p className="sk-soft" role="status">
            {t.opening}
          </p>
        </Shell>
      );
    case 'away':
      return <PurseAway away={view.away ?? 'empty'} walletName={walletName(location.search)} />;
    case 'elsewhere':
    case 'broken': {
      const isElsewhere = view.stage === 'elsewhere';
      return (
        <Shell title={t.title}>
          <h1 className="sk-unseen">{t.title}</h1>
          <EmptyState
            icon={isElsewhere ? AppWindow : TriangleAlert}
            title={isElsewhere ? t.elsewhere : t.broken}
          >
            <p>
              {isElsewhere
                ? t.elsewhereWhy
                : view.fault && saysWhy({ status: 'said', ...view.fault }, { language })}
            </p>
          </EmptyState>
          <Button tone="primary" wide onPress={() => location.reload()}>
            {t.again}
          </Button>
          {isElsewhere && (
            <Button wide onPress={() => location.assign(anotherWallet(location.href))}>
              {t.second}
            </Button>
          )}
        </Shell>
      );
    }
    case 'locked':
    case 'new':
    case 'ready':
      return (
        <Opened started={started}>
          {(wallet) =>
            view.stage === 'locked' ? (
              <Locked wallet={wallet} />
            ) : view.stage === 'new' ? (
              <Welcome wallet={wallet} />
            ) : (
              <Rooms wallet={wallet} field={field} signals={signals} />
            )
          }
        </Opened>
      );
  }
}

/** The wallet is there once the stage says so. */
function Opened({ started, children }: { started: Started; children: (wallet: Wallet) => ReactNode }) {
  const wallet = use(started.wallet);
  return wallet === undefined ? null : children(wallet);
}
