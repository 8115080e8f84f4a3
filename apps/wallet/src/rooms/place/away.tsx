/** The purse is a card, and it is not there: why, and what to do. It goes on by itself when the card is back. */
import { Button, catalogue, EmptyState, Shell, useTexts } from '@sokkin/ui';
import { CreditCard, Unplug } from 'lucide-react';
import { keepPlace } from '../../wallet/place.ts';
import type { Away } from '../../wallet/reader-purse.ts';
import { Connect } from './place.tsx';

const TEXTS = catalogue(
  {
    title: 'Sokkin Wallet',
    empty: 'Lay your card on the reader',
    emptyWhy: 'Your purse is on the card. What was begun goes on when it is there again.',
    other: 'That is another card',
    otherWhy: 'Lay the card on the reader that is the purse of this wallet.',
    bridge: 'The bridge to the reader does not run',
    bridgeWhy: 'Start it on this machine, then try again.',
    code: 'The bridge runs anew',
    codeWhy: 'Type the code that it shows.',
    taken: 'Another page has the reader',
    takenWhy: 'Close that page, then try again.',
    again: 'Try again',
    here: 'Use the purse in this browser',
  },
  {
    title: 'ウォレット',
    empty: 'カードをリーダーに置いてください',
    emptyWhy: 'お金はカードの中にあります。カードを置くと、途中の処理も続けられます。',
    other: '別のカードです',
    otherWhy: 'このウォレットのカードを置いてください。',
    bridge: 'リーダーへのブリッジが動いていません',
    bridgeWhy: 'このパソコンで起動してから、もう一度試してください。',
    code: 'ブリッジが起動し直されました',
    codeWhy: '表示されたコードを入力してください。',
    taken: '別のページがリーダーを使っています',
    takenWhy: 'そのページを閉じてから、もう一度試してください。',
    again: 'もう一度',
    here: 'このブラウザの中のウォレットを使う',
  },
);

export interface PurseAwayProps {
  readonly away: Away;
  readonly walletName: string;
}

export default function PurseAway({ away, walletName }: PurseAwayProps) {
  const t = useTexts(TEXTS);
  const isByItself = away === 'empty' || away === 'other';
  return (
    <Shell title={t.title}>
      <h1 className="sk-unseen">{t.title}</h1>
      <div role="status">
        <EmptyState icon={isByItself ? CreditCard : Unplug} title={t[away]}>
          <p>{t[`${away}Why`]}</p>
        </EmptyState>
      </div>
      {!isByItself && <Connect walletName={walletName} />}
      <div className="sk-actions">
        {!isByItself && (
          <Button wide onPress={() => location.reload()}>
            {t.again}
          </Button>
        )}
        <Button
          tone="quiet"
          wide
          onPress={() => {
            keepPlace(walletName, undefined);
            location.reload();
          }}
        >
          {t.here}
        </Button>
      </div>
    </Shell>
  );
}
