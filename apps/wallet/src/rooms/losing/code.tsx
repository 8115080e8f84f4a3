/** The code on a slip of paper: with it a new phone, or this one after its data was cleared, is its holder's again. */
import { Banner, Button, catalogue, dateText, useLanguage, useTexts } from '@sokkin/ui';
import { ArrowLeft, KeyRound, Printer } from 'lucide-react';
import { useState } from 'react';
import { type Code, makeCode } from '../../wallet/losing.ts';
import type { Done, Wallet } from '../../wallet/wallet.ts';
import { saysWhy } from '../../words.ts';

const TEXTS = catalogue(
  {
    title: 'Recovery code',
    why: 'If this phone is lost, or the data of this browser is cleared: type the code on another phone. It is then a wallet of yours, reaches your account, and can block the one that is gone.',
    secret: 'Who has the code can use your account. Keep it like a key, not in this phone.',
    make: 'Make a code',
    anew: 'A code that you made before ends.',
    until: (day: string) => `Good once, until ${day}.`,
    now: 'Write it down now: it is not shown again.',
    print: 'Print',
    back: 'Back',
    done: 'I have written it down',
  },
  {
    title: '復旧コード',
    why: 'スマホをなくしたり、ブラウザのデータを消したときは、別のスマホでこのコードを入力してください。そのスマホがあなたのウォレットになり、口座を使え、なくしたほうを停止できます。',
    secret: 'コードを持つ人は口座を使えます。このスマホの中ではなく、鍵のように保管してください。',
    make: 'コードを作る',
    anew: '以前に作ったコードは使えなくなります。',
    until: (day: string) => `${day}まで、1回だけ使えます。`,
    now: '今すぐ書き留めてください。再表示はできません。',
    print: '印刷',
    back: '戻る',
    done: '書き留めました',
  },
);
/** It has to outlive the phone that it stands for. */
const DAYS = 400;

export function CodeRoom({ wallet, onClose }: { readonly wallet: Wallet; readonly onClose: () => void }) {
  const t = useTexts(TEXTS);
  const { language } = useLanguage();
  const [state, setState] = useState<Done<Code> | 'busy'>();
  const make = async () => {
    setState('busy');
    setState(await makeCode(wallet, DAYS));
  };
  const made = state !== undefined && state !== 'busy' && state.status === 'ok' ? state.value : undefined;
  const fault = state !== undefined && state !== 'busy' && state.status !== 'ok' ? state : undefined;
  return (
    <section className="w-stack">
      <h1>{t.title}</h1>
      {made === undefined ? (
        <>
          <p>{t.why}</p>
          <Banner mood="wait" title={t.secret} />
          {fault !== undefined && <Banner mood="bad" title={saysWhy(fault, { language })} />}
          <Button tone="primary" wide icon={KeyRound} busy={state === 'busy'} onPress={() => void make()}>
            {t.make}
          </Button>
          <p className="sk-soft">{t.anew}</p>
        </>
      ) : (
        <>
          <Banner mood="wait" title={t.now} />
          <p className="w-code sk-number" translate="no">
            {made.code}
          </p>
          <p className="sk-soft">{t.until(dateText(made.until, language))}</p>
          <Button wide icon={Printer} onPress={() => window.print()}>
            {t.print}
          </Button>
          <section className="w-paper" aria-hidden>
            <p>Sokkin: {t.title}</p>
            <p className="w-paper-amount">{made.code}</p>
            <p>{t.until(dateText(made.until, language))}</p>
            <p>{t.secret}</p>
          </section>
        </>
      )}
      <Button tone={made === undefined ? 'quiet' : 'primary'} wide onPress={onClose} icon={ArrowLeft}>
        {made === undefined ? t.back : t.done}
      </Button>
    </section>
  );
}
