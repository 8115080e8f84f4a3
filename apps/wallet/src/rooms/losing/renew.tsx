/** A certificate ends: the money goes home, and into a purse with a new one. */
import { Banner, Button, catalogue, dateText, Mark, useLanguage, useTexts } from '@sokkin/ui';
import { ArrowLeft, RefreshCw } from 'lucide-react';
import { useState } from 'react';
import { renewPurse } from '../../wallet/losing.ts';
import { dayOf } from '../../wallet/news.ts';
import { useView } from '../../wallet/view.ts';
import type { Undone, Wallet } from '../../wallet/wallet.ts';
import { saysWhy } from '../../words.ts';
import { AskPin } from '../ask-pin.tsx';

const TEXTS = catalogue(
  {
    title: 'Renew this wallet',
    until: (day: string) =>
      `This wallet is good until ${day}. After that it neither pays nor is paid; its money still goes home.`,
    why: 'Your money goes to your account, a new purse is made with a PIN of your choice, and the money goes into it. You need a network for it.',
    offline: 'Without a network it cannot be done now. Nothing is lost by waiting.',
    do: 'Renew now',
    working: 'Bringing your money home',
    pin: 'Your PIN',
    back: 'Back',
  },
  {
    title: 'ウォレットを更新する',
    until: (day: string) =>
      `このウォレットは${day}まで使えます。その後は支払いも受け取りもできませんが、お金は口座に戻せます。`,
    why: 'お金を口座に移し、新しい暗証番号で新しいウォレットを作り、お金を入れ直します。ネットワークが必要です。',
    offline: '今はネットワークがないため更新できません。待ってもお金は失われません。',
    do: '今すぐ更新',
    working: 'お金を口座に戻しています',
    pin: '暗証番号',
    back: '戻る',
  },
);

export interface RenewProps {
  readonly wallet: Wallet;
  /** What this purse held was refunded: it is not asked for anything any more. */
  readonly isOver: boolean;
  readonly onClose: () => void;
}

export function Renew({ wallet, isOver, onClose }: RenewProps) {
  const t = useTexts(TEXTS);
  const { language } = useLanguage();
  const { purse, limits, lastDay, isOnline } = useView(wallet.parts.showing);
  const [state, setState] = useState<'idle' | 'busy' | 'pin'>('idle');
  const [fault, setFault] = useState<Undone>();
  const run = async (pin?: string) => {
    setState('busy');
    const done = await renewPurse(wallet, pin, isOver || purse?.lifecycle === 'terminated');
    if (done.status === 'ok') return location.reload();
    const asksPin = done.status === 'pin_required' || done.status === 'pin_wrong';
    setFault(done.status === 'pin_required' ? undefined : done);
    setState(asksPin ? 'pin' : 'idle');
  };
  const why = fault && saysWhy(fault, { language, purse, limits });
  if (state === 'pin')
    return <AskPin wallet={wallet} label={t.pin} error={why} onDone={(pin) => void run(pin)} />;
  if (state === 'busy')
    return (
      <section className="w-centre" role="status">
        <Mark size={64} />
        <h1>{t.working}</h1>
      </section>
    );
  return (
    <section className="w-stack">
      <h1>{t.title}</h1>
      {lastDay !== undefined && <p>{t.until(dateText(dayOf(lastDay), language))}</p>}
      <p>{t.why}</p>
      {!isOnline && <Banner mood="wait" title={t.offline} />}
      {why !== undefined && <Banner mood="bad" title={why} />}
      <Button tone="primary" wide icon={RefreshCw} onPress={() => void run()}>
        {t.do}
      </Button>
      <Button tone="quiet" wide icon={ArrowLeft} onPress={onClose}>
        {t.back}
      </Button>
    </section>
  );
}
