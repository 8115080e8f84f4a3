/** To a new phone while this one works: the new one joins the account, this one empties itself into it. */
import { Banner, Button, catalogue, Money, ResultStage, useLanguage, useTexts } from '@sokkin/ui';
import { ArrowLeft, ArrowUpFromLine, SmartphoneNfc } from 'lucide-react';
import { useState } from 'react';
import { joinText, linkTo } from '../../wallet/links.ts';
import { bringHome, type Code, makeCode } from '../../wallet/losing.ts';
import { useView } from '../../wallet/view.ts';
import type { Done, Undone, Wallet } from '../../wallet/wallet.ts';
import { saysWhy } from '../../words.ts';
import { AskPin } from '../ask-pin.tsx';
import { Share } from '../people/share.tsx';

const TEXTS = catalogue(
  {
    title: 'Move to a new phone',
    why: 'Your money goes to your account, and from there into the new phone. Contacts and history stay here: they were never anywhere else.',
    first: '1. Open this on the new phone',
    firstWhy: 'It is good for one day, and once. The code for typing:',
    code: 'Link for the new phone',
    make: 'Show the link',
    second: '2. Empty this phone',
    secondWhy: 'Everything goes to your account.',
    empty: 'Nothing is in this phone any more.',
    empties: 'Move to the account',
    pin: 'Your PIN',
    done: 'This phone is empty',
    doneWhy: 'On the new phone press Top up. Then give this one up there, if you pass it on.',
    back: 'Back',
    close: 'Done',
  },
  {
    title: '新しいスマホに移る',
    why: 'お金は口座に移り、そこから新しいスマホに入ります。連絡先と履歴はこのスマホだけにあり、移りません。',
    first: '1. 新しいスマホでこれを開く',
    firstWhy: '1日だけ、1回使えます。入力用のコード：',
    code: '新しいスマホ用のリンク',
    make: 'リンクを表示',
    second: '2. このスマホを空にする',
    secondWhy: 'すべて口座に移ります。',
    empty: 'このスマホにはもうお金がありません。',
    empties: '口座に移す',
    pin: '暗証番号',
    done: 'このスマホは空になりました',
    doneWhy:
      '新しいスマホで「チャージ」を押してください。手放すときは、そちらでこのスマホを停止してください。',
    back: '戻る',
    close: '閉じる',
  },
);

type State = 'idle' | 'busy' | 'pin' | 'done';

export function MoveOn({ wallet, onClose }: { readonly wallet: Wallet; readonly onClose: () => void }) {
  const t = useTexts(TEXTS);
  const { language } = useLanguage();
  const { purse, limits } = useView(wallet.parts.showing);
  const [code, setCode] = useState<Done<Code>>();
  const [state, setState] = useState<State>('idle');
  const [fault, setFault] = useState<Undone>();
  const run = async (pin?: string) => {
    setState('busy');
    const done = await bringHome(wallet, pin);
    setFault(done.status === 'ok' || done.status === 'pin_required' ? undefined : done);
    setState(
      done.status === 'ok'
        ? 'done'
        : done.status === 'pin_required' || done.status === 'pin_wrong'
          ? 'pin'
          : 'idle',
    );
  };
  const why = fault && saysWhy(fault, { language, purse, limits });
  if (state === 'pin')
    return <AskPin wallet={wallet} label={t.pin} error={why} onDone={(pin) => void run(pin)} />;
  if (state === 'done')
    return (
      <ResultStage kind="done" title={t.done} detail={t.doneWhy}>
        <Button tone="primary" wide onPress={onClose}>
          {t.close}
        </Button>
      </ResultStage>
    );
  const balance = purse?.balance ?? 0n;
  return (
    <section className="w-stack">
      <h1>{t.title}</h1>
      <p>{t.why}</p>
      <div className="w-card">
        <h2>{t.first}</h2>
        {code?.status === 'ok' ? (
          <>
            <p className="sk-soft">{t.firstWhy}</p>
            <p className="w-code sk-number" translate="no">
              {code.value.code}
            </p>
            <Share name={t.code} link={linkTo(joinText(code.value.code))} />
          </>
        ) : (
          <Button wide icon={SmartphoneNfc} onPress={() => void makeCode(wallet, 1).then(setCode)}>
            {t.make}
          </Button>
        )}
        {code !== undefined && code.status !== 'ok' && (
          <Banner mood="bad" title={saysWhy(code, { language })} />
        )}
      </div>
      <div className="w-card">
        <h2>{t.second}</h2>
        {balance === 0n ? (
          <p className="sk-soft">{t.empty}</p>
        ) : (
          <>
            <p className="w-big">
              <Money amount={balance} size="large" />
            </p>
            <p className="sk-soft">{t.secondWhy}</p>
            {why !== undefined && <Banner mood="bad" title={why} />}
            <Button wide icon={ArrowUpFromLine} busy={state === 'busy'} onPress={() => void run()}>
              {t.empties}
            </Button>
          </>
        )}
      </div>
      <Button tone="quiet" wide icon={ArrowLeft} onPress={onClose}>
        {t.back}
      </Button>
    </section>
  );
}
