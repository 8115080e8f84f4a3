/** How much there is, what may be done with it, and what happened last. */
import { Banner, Button, catalogue, IconButton, keep, kept, Meter, Money, Rows, useTexts } from '@sokkin/ui';
import {
  ArrowDownToLine,
  ArrowUpFromLine,
  Eye,
  EyeOff,
  HandCoins,
  Nfc,
  ScanQrCode,
  Sparkles,
} from 'lucide-react';
import { useState } from 'react';
import { usePeople } from '../wallet/people.ts';
import type { Unfinished } from '../wallet/unfinished.ts';
import { useView } from '../wallet/view.ts';
import type { Wallet } from '../wallet/wallet.ts';
import { HIDDEN } from './hidden.ts';
import { LeftOver } from './left-over.tsx';
import { Care } from './people/care.tsx';
import { nameOf } from './people/names.ts';
import { RecordRow } from './record.tsx';

const TEXTS = catalogue(
  {
    balance: 'Balance',
    spendable: 'Ready to spend',
    waiting: 'On its way',
    hide: 'Hide amounts',
    pay: 'Pay',
    receive: 'Receive',
    scan: 'Scan a code',
    topUp: 'Top up',
    cashOut: 'Cash out',
    limits: 'What you can pay',
    once: 'At once',
    untilSync: 'Until you are online again',
    offline: 'You are offline',
    offlineWhy: 'Paying and receiving work as always.',
    last: 'Last activity',
    all: 'All',
    nothing: 'Nothing yet.',
    update: 'A new version is ready',
    updateWhy: 'Nothing is open now, so it can be started.',
    updateNow: 'Start it',
  },
  {
    balance: '残高',
    spendable: 'すぐ使えるお金',
    waiting: '送金中',
    hide: '金額を隠す',
    pay: '支払う',
    receive: '受け取る',
    scan: 'コードを読み取る',
    topUp: 'チャージ',
    cashOut: '口座に戻す',
    limits: '支払いの上限',
    once: '1回',
    untilSync: '次にオンラインになるまで',
    offline: 'オフラインです',
    offlineWhy: '支払いも受け取りもいつもどおり使えます。',
    last: '最近の取引',
    all: 'すべて',
    nothing: 'まだありません。',
    update: '新しいバージョンがあります',
    updateWhy: '今は何も途中ではないので、切り替えられます。',
    updateNow: '切り替える',
  },
);

/** What fills the screen until it is done. */
export type Act = 'pay' | 'scan' | 'receive' | 'top_up' | 'cash_out';

export interface HomeProps {
  readonly wallet: Wallet;
  readonly onAct: (act: Act) => void;
  readonly onGoOn: (left: Unfinished) => void;
  readonly onMore: () => void;
  readonly onRenew: () => void;
  readonly onLosing: () => void;
}

export function Home({ wallet, onAct, onGoOn, onMore, onRenew, onLosing }: HomeProps) {
  const t = useTexts(TEXTS);
  const { purse, limits, isOnline, records, update } = useView(wallet.parts.showing);
  const people = usePeople(wallet);
  const [hidden, setHidden] = useState(() => kept(HIDDEN) === 'yes');
  const hide = () => {
    keep(HIDDEN, hidden ? undefined : 'yes');
    setHidden(!hidden);
  };
  const balance = purse?.balance ?? 0n;
  const row = limits?.byClass[2];
  return (
    <>
      <section className="w-hero" aria-labelledby="balance">
        <h1 id="balance" className="sk-soft">
          {t.balance}
        </h1>
        <p className="w-balance">
          <Money amount={balance} size="large" hidden={hidden} />
          <IconButton icon={hidden ? EyeOff : Eye} name={t.hide} pressed={hidden} onPress={hide} />
        </p>
        <dl className="w-split sk-soft">
          <div>
            <dt>{t.spendable}</dt>
            <dd>
              <Money amount={balance} hidden={hidden} />
            </dd>
          </div>
          <div>
            <dt>{t.waiting}</dt>
            <dd>
              <Money amount={purse?.pending ?? 0n} hidden={hidden} />
            </dd>
          </div>
        </dl>
      </section>
      {!isOnline && (
        <Banner mood="wait" title={t.offline}>
          <p>{t.offlineWhy}</p>
        </Banner>
      )}
      <Care wallet={wallet} onRenew={onRenew} onLosing={onLosing} />
      {update !== undefined && (
        <Banner title={t.update}>
          <p>{t.updateWhy}</p>
          <Button icon={Sparkles} onPress={update}>
            {t.updateNow}
          </Button>
        </Banner>
      )}
      <LeftOver wallet={wallet} onGoOn={onGoOn} />
      <div className="w-two">
        <Button tone="primary" wide icon={Nfc} onPress={() => onAct('pay')}>
          {t.pay}
        </Button>
        <Button tone="primary" wide icon={HandCoins} onPress={() => onAct('receive')}>
          {t.receive}
        </Button>
        <div className="w-both">
          <Button wide icon={ScanQrCode} onPress={() => onAct('scan')}>
            {t.scan}
          </Button>
        </div>
        <Button wide icon={ArrowDownToLine} onPress={() => onAct('top_up')}>
          {t.topUp}
        </Button>
        <Button wide icon={ArrowUpFromLine} onPress={() => onAct('cash_out')}>
          {t.cashOut}
        </Button>
      </div>
      {row !== undefined && purse !== undefined && (
        <section className="w-card" aria-labelledby="limits">
          <h2 id="limits">{t.limits}</h2>
          <Meter label={t.once} used={0n} most={row.perPayment} />
          <Meter label={t.untilSync} used={purse.spent[2]} most={row.cumulative} />
        </section>
      )}
      <section className="w-stack" aria-labelledby="last">
        <div className="w-head">
          <h2 id="last">{t.last}</h2>
          {records.length > 0 && (
            <Button tone="quiet" onPress={onMore}>
              {t.all}
            </Button>
          )}
        </div>
        {records.length === 0 ? (
          <p className="sk-soft">{t.nothing}</p>
        ) : (
          <Rows name={t.last}>
            {records.slice(0, 3).map((record) => (
              <RecordRow
                key={record.id}
                record={record}
                hidden={hidden}
                who={nameOf(people, record.counterparty)}
                onPress={onMore}
              />
            ))}
          </Rows>
        )}
      </section>
    </>
  );
}
