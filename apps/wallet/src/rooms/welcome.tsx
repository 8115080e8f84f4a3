/** The first minute: what this is, a name, a PIN, money. */
import {
  Banner,
  Button,
  catalogue,
  Field,
  LANGUAGES,
  Mark,
  Money,
  PinPad,
  Segments,
  Shell,
  useLanguage,
  useTexts,
} from '@sokkin/ui';
import { useState } from 'react';
import type { Wallet } from '../wallet/wallet.ts';
import { saysWhy } from '../words.ts';

const TEXTS = catalogue(
  {
    language: 'Language',
    hello: 'Money in your phone',
    what: 'Pay people and shops by holding your phone to theirs. It works without a network, and what you receive you can spend at once.',
    begin: 'Get started',
    name: 'Your name',
    nameHint: 'Only your bank knows it; who you pay does not see it.',
    next: 'Next',
    pin: 'Choose a PIN',
    again: 'Type it once more',
    different: 'These were two different PINs. Choose again.',
    first: 'Put some money in',
    firstWhy: 'This is a sandbox: your new account has ¥50,000 of play money.',
    none: 'Later',
    working: 'Making your wallet',
    workingWhy: 'A key is made in this browser. It never leaves it.',
  },
  {
    language: '言語',
    hello: 'スマホの中のお金',
    what: 'スマホをかざすだけで、人にもお店にも支払えます。電波がなくても使え、受け取ったお金はすぐに使えます。',
    begin: 'はじめる',
    name: 'お名前',
    nameHint: '銀行だけが知っています。支払う相手には見えません。',
    next: '次へ',
    pin: '暗証番号を決める',
    again: 'もう一度入力',
    different: '2つの暗証番号が違います。もう一度決めてください。',
    first: '最初のチャージ',
    firstWhy: 'これは試用環境です。新しい口座に50,000円の練習用のお金があります。',
    none: 'あとで',
    working: 'ウォレットを作っています',
    workingWhy: 'この端末の中で鍵を作ります。鍵は外に出ません。',
  },
);

type Step = 'hello' | 'name' | 'pin' | 'pin_again' | 'first' | 'working';
const FIRST = [5_000n, 10_000n, 20_000n] as const;

export function Welcome({ wallet }: { readonly wallet: Wallet }) {
  const t = useTexts(TEXTS);
  const { language } = useLanguage();
  const before = wallet.parts.showing.now();
  const [step, setStep] = useState<Step>('hello');
  const [name, setName] = useState(before.name);
  const [pin, setPin] = useState('');
  const [fault, setFault] = useState<string>();
  const begin = async (first: bigint) => {
    setStep('working');
    setFault(undefined);
    const done = await wallet.begin({ name: name.trim(), pin, first });
    if (done.status === 'ok') return;
    setFault(saysWhy(done, { language }));
    setStep('first');
  };
  return (
    <Shell title="Sokkin">
      {step === 'hello' && <Hello onNext={() => setStep('name')} />}
      {step === 'name' && (
        <form
          className="w-stack"
          onSubmit={(event) => {
            event.preventDefault();
            if (name.trim() !== '') setStep('pin');
          }}
        >
          <h1>{t.name}</h1>
          <Field
            label={t.name}
            value={name}
            onChange={setName}
            hint={t.nameHint}
            maxLength={40}
            autoComplete="name"
          />
          <Button tone="primary" wide submits disabled={name.trim() === ''}>
            {t.next}
          </Button>
        </form>
      )}
      {step === 'pin' && (
        <PinPad
          key="pin"
          label={t.pin}
          error={fault}
          onDone={(typed) => {
            setPin(typed);
            setFault(undefined);
            setStep('pin_again');
          }}
        />
      )}
      {step === 'pin_again' && (
        <PinPad
          key="again"
          label={t.again}
          onDone={(typed) => {
            if (typed === pin) return setStep('first');
            setFault(t.different);
            setStep('pin');
          }}
        />
      )}
      {step === 'first' && (
        <section className="w-stack">
          <h1>{t.first}</h1>
          {fault !== undefined && <Banner mood="bad" title={fault} />}
          <p className="sk-soft">{t.firstWhy}</p>
          {FIRST.map((amount) => (
            <Button
              key={amount.toString()}
              wide
              tone={amount === 10_000n ? 'primary' : 'plain'}
              onPress={() => void begin(amount)}
            >
              <Money amount={amount} />
            </Button>
          ))}
          <Button tone="quiet" wide onPress={() => void begin(0n)}>
            {t.none}
          </Button>
        </section>
      )}
      {step === 'working' && (
        <section className="w-centre" role="status">
          <Mark size={64} />
          <h1>{t.working}</h1>
          <p className="sk-soft">{t.workingWhy}</p>
        </section>
      )}
    </Shell>
  );
}

function Hello({ onNext }: { readonly onNext: () => void }) {
  const t = useTexts(TEXTS);
  const { language, choose } = useLanguage();
  const names = { ja: '日本語', en: 'English' };
  return (
    <section className="w-centre">
      <Mark size={88} />
      <h1>{t.hello}</h1>
      <p className="sk-soft">{t.what}</p>
      <Segments
        name={t.language}
        choices={LANGUAGES.map((value) => ({ value, label: names[value] }))}
        value={language}
        onChange={choose}
      />
      <Button tone="primary" wide onPress={onNext}>
        {t.begin}
      </Button>
    </section>
  );
}
