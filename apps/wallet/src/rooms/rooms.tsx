/** The rooms of a wallet that is open, and ways between them. */
import { catalogue, late, NetworkBadge, Shell, type Signals, useTexts } from '@sokkin/ui';
import type { Wire } from '@sokkin/web';
import { CreditCard, History, House, Settings as SettingsIcon, Users } from 'lucide-react';
import { useEffect, useState } from 'react';
import type { MoneyRequest } from '../keep/people-store.ts';
import { useBrought } from '../wallet/brought.ts';
import { prepareTap } from '../wallet/requests.ts';
import { refillShopCard } from '../wallet/shop-card.ts';
import { walletName } from '../wallet/start.ts';
import { type Unfinished, unfinishedIn } from '../wallet/unfinished.ts';
import { useView } from '../wallet/view.ts';
import type { Wallet } from '../wallet/wallet.ts';
import { Activity } from './activity.tsx';
import { OutOfReach } from './air/meeting.tsx';
import { type Act, Home } from './home.tsx';
import { Move } from './move.tsx';
import { Pay } from './pay.tsx';
import { NewsBell, useTelling } from './people/news.tsx';
import { Receive } from './receive.tsx';
import { Roomy } from './roomy.tsx';
import { Settings } from './settings.tsx';

const TEXTS = catalogue(
  {
    title: 'Sokkin Wallet',
    home: 'Home',
    activity: 'Activity',
    cards: 'Cards',
    people: 'People',
    settings: 'Settings',
  },
  {
    title: 'ウォレット',
    home: 'ホーム',
    activity: '取引',
    cards: 'カード',
    people: '相手',
    settings: '設定',
  },
);

/** What is not needed at once comes when it is. */
const CardsRoom = late(() => import('./cards/room.tsx'));
const PeopleRoom = late(() => import('./people/people.tsx'));
const Losing = late(() => import('./losing/losing.tsx'));
const PinRoom = late(() => import('./passkey/pin-room.tsx'));
/** Reading codes takes as much as all the rest. */
const PayByCode = late(() => import('./qr/pay-by-code.tsx'));

type RoomName = 'home' | 'activity' | 'cards' | 'people' | 'settings';

export interface RoomsProps {
  readonly wallet: Wallet;
  readonly field: Wire;
  readonly signals: Signals;
}

export default function Rooms({ wallet, field, signals }: RoomsProps) {
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
          <Losing wallet={wallet} first={act === 'renew' ? 'renew' : 'list'} onClose={close} />
        )}
        {act === 'protect' && <PinRoom wallet={wallet} onClose={close} />}
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
            {act === 'scan' && <PayByCode wallet={wallet} signals={signals} onClose={close} />}
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
        <CardsRoom wallet={wallet} walletName={walletName(location.search)} {...{ field, signals }} />
      )}
      {room === 'people' && (
        <PeopleRoom
          wallet={wallet}
          brought={brought}
          onTaken={taken}
          onTap={(request) => void tapFor(request)}
        />
      )}
      {room === 'settings' && (
        <Settings wallet={wallet} onLosing={() => setAct('losing')} onProtect={() => setAct('protect')} />
      )}
    </Shell>
  );
}
