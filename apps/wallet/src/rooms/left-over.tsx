/** What was begun and not finished, at home, each with the way to finish it. */
import { Button, catalogue, moneyText, useLanguage, useTexts } from '@sokkin/ui';
import { useState } from 'react';
import { leaveAlone } from '../wallet/leave-alone.ts';
import type { Unfinished } from '../wallet/unfinished.ts';
import { useView } from '../wallet/view.ts';
import type { Undone, Wallet } from '../wallet/wallet.ts';
import { saysWhy } from '../words.ts';

const TEXTS = catalogue(
  {
    title: 'Not finished',
    top_up: (amount: string) => `Top up ${amount}`,
    cash_out: (amount: string) => `Cash out ${amount}`,
    receive: (amount: string) => `Receive ${amount}`,
    moveWhy: 'It was cut off. Nothing moves twice when you go on.',
    receiveWhy: 'It was cut off. Hold the same phone or card here again: nothing is paid twice.',
    goOn: 'Go on',
    leave: 'Leave it',
  },
  {
    title: '途中の取引',
    top_up: (amount: string) => `${amount}のチャージ`,
    cash_out: (amount: string) => `${amount}を口座に戻す`,
    receive: (amount: string) => `${amount}の受け取り`,
    moveWhy: '途中で止まりました。続けても二重にはなりません。',
    receiveWhy: '途中で止まりました。同じスマホかカードをもう一度かざしてください。二重には支払われません。',
    goOn: '続ける',
    leave: '取り下げる',
  },
);

export interface LeftOverProps {
  readonly wallet: Wallet;
  readonly onGoOn: (left: Unfinished) => void;
}

export function LeftOver({ wallet, onGoOn }: LeftOverProps) {
  const t = useTexts(TEXTS);
  const { unfinished } = useView(wallet.parts.showing);
  if (unfinished.length === 0) return null;
  return (
    <section className="w-stack" aria-labelledby="left-over">
      <h2 id="left-over">{t.title}</h2>
      {unfinished.map((left) => (
        <One key={left.name} wallet={wallet} left={left} onGoOn={() => onGoOn(left)} />
      ))}
    </section>
  );
}

interface OneProps {
  readonly wallet: Wallet;
  readonly left: Unfinished;
  readonly onGoOn: () => void;
}

function One({ wallet, left, onGoOn }: OneProps) {
  const t = useTexts(TEXTS);
  const { language } = useLanguage();
  const [fault, setFault] = useState<Undone>();
  const isReceive = left.kind === 'receive';
  const leave = async () => {
    const done = await leaveAlone(wallet, left);
    if (done.status !== 'ok') setFault(done);
  };
  return (
    <div className="w-card">
      <div>
        <p className="sk-strong">{t[left.kind](moneyText(left.amount, language))}</p>
        <p className="sk-soft">
          {fault !== undefined ? saysWhy(fault, { language }) : isReceive ? t.receiveWhy : t.moveWhy}
        </p>
      </div>
      <Button wide tone="primary" onPress={onGoOn}>
        {t.goOn}
      </Button>
      {isReceive && (
        <Button wide tone="quiet" onPress={() => void leave()}>
          {t.leave}
        </Button>
      )}
    </div>
  );
}
