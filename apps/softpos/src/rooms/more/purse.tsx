/** The purse of the shop: what phones and purse cards have paid, and moving it to the account. What must hold: near its most it says so, before a sale is refused for it. */
import {
  Banner,
  Button,
  catalogue,
  Meter,
  Money,
  momentText,
  useLanguage,
  useMoneyWords,
  useTexts,
} from '@sokkin/ui';
import { Landmark } from 'lucide-react';
import { useState } from 'react';
import { useNoWords } from '../../no-words.ts';
import type { Done } from '../../shop/view.ts';
import { useNow, useShop } from '../shop-context.tsx';

const TEXTS = catalogue(
  {
    none: 'The shop has no purse yet.',
    balance: 'In the purse',
    room: 'Room for more',
    synced: (at: string) => `Compared with the bank: ${at}`,
    sweep: 'Move all to the account',
    sweeping: 'Moving',
    moved: (amount: string) => `${amount} moved to the account`,
    manager: 'A manager moves money.',
    account: (number: string) => `Account ${number}`,
  },
  {
    none: 'お店のウォレットはまだありません。',
    balance: 'ウォレットの残高',
    room: '受け取れる残り',
    synced: (at: string) => `銀行との照合：${at}`,
    sweep: 'すべて口座へ移す',
    sweeping: '移しています',
    moved: (amount: string) => `${amount}を口座へ移しました`,
    manager: '口座への移動は店長が行います。',
    account: (number: string) => `口座 ${number}`,
  },
);

export function Purse() {
  const t = useTexts(TEXTS);
  const { language } = useLanguage();
  const { text } = useMoneyWords();
  const shop = useShop();
  const no = useNoWords();
  const { purse, shop: shown } = useNow();
  const [state, setState] = useState<'idle' | 'busy' | Done<bigint>>('idle');
  if (purse === undefined) return <p className="sk-soft">{t.none}</p>;
  const sweep = async () => {
    setState('busy');
    setState(await shop.sweep());
  };
  const came = typeof state === 'string' ? undefined : state;
  return (
    <>
      <div className="t-card">
        <div className="t-amount">
          <p className="sk-soft">{t.balance}</p>
          <Money amount={purse.balance} size="large" />
        </div>
        <Meter label={t.room} used={purse.balance} most={purse.most} />
        {purse.syncedAt !== undefined && (
          <p className="sk-soft">{t.synced(momentText(new Date(purse.syncedAt), language))}</p>
        )}
      </div>
      {came?.status === 'ok' && <Banner mood="good" title={t.moved(text(came.value))} />}
      {came?.status === 'no' && <Banner mood="bad" title={no(came)} />}
      <Button
        tone="primary"
        wide
        icon={Landmark}
        busy={state === 'busy'}
        disabled={!shop.may('sweep') || purse.balance === 0n}
        onPress={() => void sweep()}
      >
        {state === 'busy' ? t.sweeping : t.sweep}
      </Button>
      {!shop.may('sweep') && <p className="sk-soft">{t.manager}</p>}
      {shown !== undefined && <p className="sk-soft">{t.account(shown.account)}</p>}
    </>
  );
}
