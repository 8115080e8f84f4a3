/**
 * What the back-end has not heard yet: how much, since when, and sending it now.
 *
 * What must hold: as long as something waits it says not to clear the data of this browser; what was refused for good is told, not hidden.
 */
import { Banner, Button, catalogue, Figures, Money, useLanguage, useTexts } from '@sokkin/ui';
import { CloudUpload } from 'lucide-react';
import { useState } from 'react';
import { useNoWords } from '../no-words.ts';
import type { No } from '../shop/view.ts';
import { ageText } from './age.ts';
import { useNow, useShop } from './shop-context.tsx';

const TEXTS = catalogue(
  {
    nothing: 'Everything was sent',
    count: 'Items',
    value: 'Value',
    age: 'Oldest',
    keep: 'Do not clear the data of this browser',
    keepWhy: 'These payments are only here until they are sent.',
    notKept: 'The browser has not promised to keep its data. Install the app, or send now.',
    send: 'Send now',
    sending: 'Sending',
    sent: (n: number) => `Sent: ${n}`,
    refused: (n: number) => `Refused for good: ${n}. Look at them in the history.`,
    offline: 'It sends by itself as soon as there is a network.',
  },
  {
    nothing: 'すべて送信済みです',
    count: '件数',
    value: '金額',
    age: '最も古いもの',
    keep: 'このブラウザのデータを消さないでください',
    keepWhy: '送信が終わるまで、これらの会計はこの端末だけにあります。',
    notKept: 'ブラウザがデータの保持を約束していません。アプリをインストールするか、今すぐ送信してください。',
    send: '今すぐ送信',
    sending: '送信中',
    sent: (n: number) => `送信しました：${n}件`,
    refused: (n: number) => `受け付けられなかったもの：${n}件。履歴で確認してください。`,
    offline: 'ネットワークが戻ると自動で送信します。',
  },
);

export function Queue() {
  const t = useTexts(TEXTS);
  const shop = useShop();
  const { language } = useLanguage();
  const no = useNoWords();
  const { queue, network, isKept } = useNow();
  const [came, setCame] = useState<No | { readonly sent: number; readonly refused: number }>();
  const send = async () => {
    const done = await shop.flush();
    setCame(done.status === 'ok' ? done.value : done);
  };
  return (
    <div className="t-stack">
      {queue.count === 0 ? (
        <Banner mood="good" title={t.nothing} />
      ) : (
        <>
          <Figures
            figures={[
              { label: t.count, value: queue.count },
              { label: t.value, value: <Money amount={queue.value} /> },
              ...(queue.since === undefined
                ? []
                : [{ label: t.age, value: ageText(queue.since, Date.now(), language) }]),
            ]}
          />
          <Banner mood="wait" title={t.keep}>
            <p>{t.keepWhy}</p>
            {isKept === false && <p>{t.notKept}</p>}
          </Banner>
        </>
      )}
      {came !== undefined && 'sent' in came && <Banner mood="good" title={t.sent(came.sent)} />}
      {came !== undefined && 'refused' in came && came.refused > 0 && (
        <Banner mood="bad" title={t.refused(came.refused)} />
      )}
      {came !== undefined && 'status' in came && <Banner mood="bad" title={no(came)} />}
      {network === 'offline' && <p className="sk-soft">{t.offline}</p>}
      <Button
        wide
        tone="primary"
        icon={CloudUpload}
        busy={queue.isSending}
        disabled={queue.count === 0}
        onPress={() => void send()}
      >
        {queue.isSending ? t.sending : t.send}
      </Button>
    </div>
  );
}
