/**
 * The rooms of the shop, and ways between them.
 *
 * What must hold: a sale under way is all there is on the screen; a new version of the app is offered and never taken while somebody pays; rooms that a
 * cashier seldom needs are not part of the first load.
 */

import {
  Banner,
  Button,
  CurrencyProvider,
  catalogue,
  EmptyState,
  Shell,
  type Signals,
  useTexts,
  useTheme,
} from '@sokkin/ui';
import {
  AppWindow,
  ChartColumn,
  EllipsisVertical,
  History as HistoryIcon,
  Store,
  TriangleAlert,
} from 'lucide-react';
import { lazy, type ReactNode, Suspense, useEffect, useState } from 'react';
import './softpos.css';
import { currencyOf } from './rooms/currency.ts';
import { Sale } from './rooms/sale.tsx';
import { Sell } from './rooms/sell/sell.tsx';
import { ShopProvider, useNow, useShop } from './rooms/shop-context.tsx';
import { SignIn } from './rooms/sign-in.tsx';
import { Status } from './rooms/status.tsx';
import type { Shop } from './shop/view.ts';

const Welcome = lazy(() => import('./rooms/welcome/welcome.tsx'));
const History = lazy(() => import('./rooms/history/history.tsx'));
const Day = lazy(() => import('./rooms/day/day.tsx'));
const More = lazy(() => import('./rooms/more/more.tsx'));

const TEXTS = catalogue(
  {
    title: 'Sokkin Shop',
    opening: 'Opening the till',
    elsewhere: 'The till is open in another tab',
    elsewhereWhy: 'Only one tab takes payments. Use that one, or close it and try here again.',
    broken: 'The till cannot be opened',
    brokenWhy: 'Do not clear the data of this browser: sales that were not sent yet are in it.',
    again: 'Try again',
    sell: 'Sell',
    history: 'History',
    day: 'Day',
    more: 'More',
    loading: 'One moment',
    update: 'A new version is ready',
    start: 'Start it',
  },
  {
    title: 'Sokkin ショップ',
    opening: 'レジを開いています',
    elsewhere: 'レジは別のタブで開いています',
    elsewhereWhy: '会計は1つのタブで行います。そちらを使うか、閉じてからやり直してください。',
    broken: 'レジを開けません',
    brokenWhy: 'ブラウザのデータを消さないでください。未送信の会計が入っています。',
    again: 'もう一度',
    sell: '会計',
    history: '履歴',
    day: '日計',
    more: 'その他',
    loading: 'お待ちください',
    update: '新しいバージョンがあります',
    start: '更新する',
  },
);

export interface AppProps {
  readonly shop: Shop;
  readonly signals: Signals;
}

export function App({ shop, signals }: AppProps) {
  useTheme();
  useEffect(() => {
    const arm = () => signals.arm();
    window.addEventListener('pointerdown', arm);
    window.addEventListener('keydown', arm);
    return () => {
      window.removeEventListener('pointerdown', arm);
      window.removeEventListener('keydown', arm);
    };
  }, [signals]);
  return (
    <ShopProvider shop={shop}>
      <Stages signals={signals} />
    </ShopProvider>
  );
}

function Stages({ signals }: { readonly signals: Signals }) {
  const t = useTexts(TEXTS);
  const view = useNow();
  switch (view.stage) {
    case 'opening':
      return (
        <Shell title={t.title}>
          <Waiting says={t.opening} />
        </Shell>
      );
    case 'elsewhere':
      return <Closed icon={AppWindow} title={t.elsewhere} why={t.elsewhereWhy} />;
    case 'broken':
      return <Closed icon={TriangleAlert} title={t.broken} why={t.brokenWhy} fault={view.fault} />;
    case 'new':
      return (
        <Shell title={t.title}>
          <Suspense fallback={<Waiting says={t.loading} />}>
            <Welcome />
          </Suspense>
        </Shell>
      );
    case 'locked':
      return (
        <Shell title={view.shop?.name ?? t.title} status={<Status />}>
          <SignIn />
        </Shell>
      );
    case 'ready':
      return (
        <CurrencyProvider currency={currencyOf(view.configuration)}>
          {view.sale === undefined ? <Rooms /> : <Sale sale={view.sale} signals={signals} />}
        </CurrencyProvider>
      );
  }
}

function Waiting({ says }: { readonly says: string }) {
  return (
    <p className="sk-soft" role="status" data-waiting>
      {says}
    </p>
  );
}

interface ClosedProps {
  readonly icon: typeof AppWindow;
  readonly title: string;
  readonly why: string;
  readonly fault?: string | undefined;
}

function Closed({ icon, title, why, fault }: ClosedProps) {
  const t = useTexts(TEXTS);
  return (
    <Shell title={t.title}>
      <h1 className="sk-unseen">{t.title}</h1>
      <EmptyState icon={icon} title={title}>
        {fault !== undefined && <p>{fault}</p>}
        <p>{why}</p>
      </EmptyState>
      <Button tone="primary" wide onPress={() => location.reload()}>
        {t.again}
      </Button>
    </Shell>
  );
}

type RoomName = 'sell' | 'history' | 'day' | 'more';
const ROOMS: Readonly<Record<RoomName, () => ReactNode>> = {
  sell: () => <Sell />,
  history: () => <History />,
  day: () => <Day />,
  more: () => <More />,
};

function Rooms() {
  const t = useTexts(TEXTS);
  const { shop } = useNow();
  const [room, setRoom] = useState<RoomName>('sell');
  const Inside = ROOMS[room];
  const rooms = [
    { value: 'sell', label: t.sell, icon: Store },
    { value: 'history', label: t.history, icon: HistoryIcon },
    { value: 'day', label: t.day, icon: ChartColumn },
    { value: 'more', label: t.more, icon: EllipsisVertical },
  ] as const;
  return (
    <Shell title={shop?.name ?? t.title} status={<Status />} rooms={rooms} room={room} onRoom={setRoom} wide>
      <Update />
      <Suspense fallback={<Waiting says={t.loading} />}>
        <Inside />
      </Suspense>
    </Shell>
  );
}

function Update() {
  const t = useTexts(TEXTS);
  const shop = useShop();
  const { hasUpdate } = useNow();
  if (!hasUpdate) return null;
  return (
    <Banner
      title={t.update}
      action={
        <Button tone="primary" onPress={() => shop.update()}>
          {t.start}
        </Button>
      }
    />
  );
}
