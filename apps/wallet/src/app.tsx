/** The rooms of the wallet, and ways between them. */
import {
  Button,
  catalogue,
  EmptyState,
  NetworkBadge,
  Shell,
  type Signals,
  useLanguage,
  useTexts,
  useTheme,
} from '@sokkin/ui';
import type { Wire } from '@sokkin/web';
import {
  AppWindow,
  CreditCard,
  History,
  House,
  Settings as SettingsIcon,
  TriangleAlert,
  Users,
} from 'lucide-react';
import { lazy, type ReactNode, Suspense, use, useEffect, useState } from 'react';
import type { MoneyRequest } from './keep/people-store.ts';
import { Activity } from './rooms/activity.tsx';
import { OutOfReach } from './rooms/air/meeting.tsx';
import { Coming } from './rooms/coming.tsx';
import { type Act, Home } from './rooms/home.tsx';
import { Move } from './rooms/move.tsx';
import { Pay } from './rooms/pay.tsx';
import { NewsBell, useTelling } from './rooms/people/news.tsx';
import { Receive } from './rooms/receive.tsx';
import { Roomy } from './rooms/roomy.tsx';
import { Settings } from './rooms/settings.tsx';
import { Welcome } from './rooms/welcome.tsx';
import { useBrought } from './wallet/brought.ts';
import { onNetwork } from './wallet/network.ts';
import { prepareTap } from './wallet/requests.ts';
import { refillShopCard } from './wallet/shop-card.ts';
import { type Started, walletName } from './wallet/start.ts';
import { type Unfinished, unfinishedIn } from './wallet/unfinished.ts';
import { useView } from './wallet/view.ts';
import type { Wallet } from './wallet/wallet.ts';
import { saysWhy } from './words.ts';

/** Comes when it is opened first. */
const CardsRoom = lazy(() => import('./rooms/cards/room.tsx'));
const PurseAway = lazy(() => import('./rooms/place/away.tsx'));
const Locked = lazy(() => import('./rooms/passkey/locked.tsx'));
const PinRoom = lazy(() => import('./rooms/passkey/pin-room.tsx'));

const TEXTS = catalogue(
  {
    title: 'Sokkin Wallet',
    home: 'Home',
    activity: 'Activity',
    cards: 'Cards',
    people: 'People',
    settings: 'Settings',
    opening: 'Opening your wallet',
    elsewhere: 'Open in another tab',
    elsewhereWhy: 'Your wallet can be open once. Use the other tab, or close it and try here again.',
    broken: 'The wallet cannot be opened',
    again: 'Try again',
  },
  {
    title: 'ウォレット',
    home: 'ホーム',
    activity: '取引',
    cards: 'カード',
    people: '相手',
    settings: '設定',
    opening: 'ウォレットを開いています',
    elsewhere: '別のタブで開いています',
    elsewhereWhy: 'ウォレットは同時に1つのタブで使えます。もう一方を使うか、閉じてからやり直してください。',
    broken: 'ウォレットを開けません',
    again: 'もう一度',
  },
);

/** Reading codes takes as much as all the rest: it comes when somebody wants it. */
const PayByCode = lazy(() => import('./rooms/qr/pay-by-code.tsx'));
/** What is not needed at once comes when it is. */
const PeopleRoom = lazy(() => import('./rooms/people/people.tsx'));
const Losing = lazy(() => import('./rooms/losing/losing.tsx'));

type RoomName = 'home' | 'activity' | 'cards' | 'people' | 'settings';

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
      return (
        <Suspense>
          <PurseAway away={view.away ?? 'empty'} walletName={walletName(location.search)} />
        </Suspense>
      );
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
              <Suspense>
                <Locked wallet={wallet} />
              </Suspense>
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

interface RoomsProps {
  readonly wallet: Wallet;
  readonly field: Wire;
  readonly signals: Signals;
}

function Rooms({ wallet, field, signals }: RoomsProps) {
  const t = useTexts(TEXTS);
  const view = useView(wallet.parts.showing);
  const [room, setRoom] = useState<RoomName>('home');
  const [act, setAct] = useState<Act | 'losing' | 'renew' | 'protect'>();
  const [asked, setAsked] = useState<MoneyRequest>();
  const [goingOn, setGoingOn] = useState<bigint>();
  const [brought, taken] = useBrought();
  useTelling(wallet);
  const close = () => {
    setAct(undefined);
    setAsked(undefined);
    setGoingOn(undefined);
    // What came to an end is not open any more.
    const { store, showing } = wallet.parts;
    void unfinishedIn(store).then((unfinished) => showing.change({ unfinished }));
  };
  const goOn = ({ kind, amount }: Unfinished) => {
    setGoingOn(amount);
    setAct(kind);
  };
  const tapFor = async (request: MoneyRequest) => {
    if (request.by === 'mine') await prepareTap(wallet, request);
    setAsked(request);
    setAct(request.by === 'mine' ? 'receive' : 'pay');
  };
  useEffect(() => {
    if (brought !== undefined && brought.kind !== 'join') setRoom('people');
  }, [brought]);
  useEffect(() => {
    // What was paid while there was no network is told as soon as there is one.
    if (view.isOnline) void wallet.sync().then(() => refillShopCard(wallet));
  }, [view.isOnline, wallet]);
  const status = (
    <>
      <NewsBell wallet={wallet} />
      <NetworkBadge online={view.isOnline} />
    </>
  );
  if (act !== undefined)
    return (
      <Shell title={t.title} status={status}>
        <OutOfReach />
        {(act === 'losing' || act === 'renew') && (
          <Suspense fallback={<Coming />}>
            <Losing wallet={wallet} first={act === 'renew' ? 'renew' : 'list'} onClose={close} />
          </Suspense>
        )}
        {act === 'protect' && (
          <Suspense fallback={<Coming />}>
            <PinRoom wallet={wallet} onClose={close} />
          </Suspense>
        )}
        {act !== 'losing' && act !== 'renew' && act !== 'protect' && (
          <Roomy onClose={close}>
            {act === 'pay' && (
              <Pay
                wallet={wallet}
                field={field}
                signals={signals}
                onClose={close}
                asked={asked?.amount}
                onScan={() => setAct('scan')}
              />
            )}
            {act === 'scan' && (
              <Suspense fallback={<Coming />}>
                <PayByCode wallet={wallet} signals={signals} onClose={close} />
              </Suspense>
            )}
            {act === 'receive' && (
              <Receive
                wallet={wallet}
                field={field}
                signals={signals}
                onClose={close}
                asked={asked?.amount ?? goingOn}
                isGoingOn={goingOn !== undefined}
              />
            )}
            {(act === 'top_up' || act === 'cash_out') && (
              <Move wallet={wallet} way={act} signals={signals} onClose={close} asked={goingOn} />
            )}
          </Roomy>
        )}
      </Shell>
    );
  const rooms = [
    { value: 'home', label: t.home, icon: House },
    { value: 'activity', label: t.activity, icon: History },
    { value: 'cards', label: t.cards, icon: CreditCard },
    { value: 'people', label: t.people, icon: Users },
    { value: 'settings', label: t.settings, icon: SettingsIcon },
  ] as const;
  return (
    <Shell title={t.title} status={status} rooms={rooms} room={room} onRoom={setRoom}>
      {room === 'home' && (
        <Home
          wallet={wallet}
          onAct={setAct}
          onGoOn={goOn}
          onMore={() => setRoom('activity')}
          onRenew={() => setAct('renew')}
          onLosing={() => setAct('losing')}
        />
      )}
      {room === 'activity' && <Activity wallet={wallet} />}
      {room === 'cards' && (
        <Suspense>
          <CardsRoom wallet={wallet} walletName={walletName(location.search)} {...{ field, signals }} />
        </Suspense>
      )}
      {room === 'people' && (
        <Suspense>
          <PeopleRoom
            wallet={wallet}
            brought={brought}
            onTaken={taken}
            onTap={(request) => void tapFor(request)}
          />
        </Suspense>
      )}
      {room === 'settings' && (
        <Settings wallet={wallet} onLosing={() => setAct('losing')} onProtect={() => setAct('protect')} />
      )}
    </Shell>
  );
}
