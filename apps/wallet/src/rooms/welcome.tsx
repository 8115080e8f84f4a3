/** The first minute: what this is, a name, a PIN, money. */
import {
  Banner,
  Button,
  catalogue,
  Field,
  LANGUAGES,
  late,
  Mark,
  Money,
  PinPad,
  Segments,
  Shell,
  useLanguage,
  useTexts,
} from '@sokkin/ui';
import { useEffect, useState } from 'react';
import { useBrought } from '../wallet/brought.ts';
import type { Wallet } from '../wallet/wallet.ts';
import { saysWhy } from '../words.ts';
import { CodeForm } from './losing/code-form.tsx';
import type { NewPasskey } from './passkey/offer.tsx';

const OfferPasskey = late(() => import('./passkey/offer.tsx'));

const TEXTS = catalogue(
  {
    language: 'Language',
    hello: 'Money in your phone',
    what: 'Pay people and shops by holding your phone to theirs. It works without a network, and what you receive you can spend at once.',
    begin: 'Get started',
    before: 'I had a wallet before',
    lost: 'What was in the lost phone, or in the cleared data, is refunded to your account by a date: under Settings, Lost or new phone.',
    anew: 'A PIN for the new purse',
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
    before: '以前のウォレットがある',
    lost: '紛失したスマホや消したデータの中のお金は、後日口座に返金されます。設定の「紛失・機種変更」で手続きしてください。',
    anew: '新しいウォレットの暗証番号',
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

type Step = 'hello' | 'code' | 'name' | 'pin' | 'pin_again' | 'passkey' | 'first' | 'working';
const FIRST = [5_000n, 10_000n, 20_000n] as const;

export function Welcome({ wallet }: { readonly wallet: Wallet }) {
  const t = useTexts(TEXTS);
  const { language } = useLanguage();
  const before = wallet.parts.showing.now();
  const [brought, taken] = useBrought();
  const [code, setCode] = useState(() => (brought?.kind === 'join' ? brought.code : undefined));
  // One that was renewed has its account already, and one that was torn in the middle.
  const isAnew = before.account !== '';
  const [step, setStep] = useState<Step>(isAnew ? 'pin' : code === undefined ? 'hello' : 'name');
  const [name, setName] = useState(before.name);
  const [pin, setPin] = useState('');
  const [passkey, setPasskey] = useState<NewPasskey>();
  const [fault, setFault] = useState<string>();
  const home = useBroughtHome(wallet);
  const begin = async (first: bigint, made = passkey) => {
    // What comes next is fetched while the purse is made. If not now, then when it is opened.
    void import('./rooms.tsx').catch(() => undefined);
    setStep('working');
    setFault(undefined);
    const done = await wallet.begin({ name: name.trim(), pin, first, code });
    if (brought?.kind === 'join') taken();
    if (made !== undefined && wallet.parts.showing.now().stage === 'ready') await made.seal(wallet, pin);
    if (done.status === 'ok') return wallet.parts.store.put('broughtHome', 0n);
    setFault(saysWhy(done, { language }));
    setStep(code === undefined ? 'first' : 'code');
  };
  return (
    <Shell title="Sokkin">
      {step === 'hello' && <Hello onNext={() => setStep('name')} onBefore={() => setStep('code')} />}
      {step === 'code' && (
        <CodeForm
          title={t.before}
          action={t.next}
          fault={fault}
          onDone={(typed) => {
            setCode(typed);
            setStep('name');
          }}
        >
          <p className="sk-soft">{t.lost}</p>
        </CodeForm>
      )}
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
          label={isAnew ? t.anew : t.pin}
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
            if (typed === pin) return setStep('passkey');
            setFault(t.different);
            setStep('pin');
          }}
        />
      )}
      {step === 'passkey' && (
        <OfferPasskey
          name={name.trim()}
          onDone={(made) => {
            setPasskey(made);
            // The account of a code is seen only once it was used: topping up is the next step, at home.
            if (code === undefined) setStep('first');
            else void begin(0n, made);
          }}
        />
      )}
      {step === 'first' && (
        <section className="w-stack">
          <h1>{t.first}</h1>
          {fault !== undefined && <Banner mood="bad" title={fault} />}
          {!isAnew && <p className="sk-soft">{t.firstWhy}</p>}
          {home > 0n && (
            <Button wide tone="primary" onPress={() => void begin(home)}>
              <Money amount={home} />
            </Button>
          )}
          {FIRST.filter((amount) => amount !== home).map((amount) => (
            <Button
              key={amount.toString()}
              wide
              tone={amount === 10_000n && home === 0n ? 'primary' : 'plain'}
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

/** What the purse before brought home: it is offered first. */
function useBroughtHome(wallet: Wallet): bigint {
  const [amount, setAmount] = useState(0n);
  useEffect(() => {
    void wallet.parts.store.get('broughtHome').then((found = 0n) => setAmount(found));
  }, [wallet]);
  return amount;
}

function Hello({ onNext, onBefore }: { readonly onNext: () => void; readonly onBefore: () => void }) {
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
      <Button tone="quiet" wide onPress={onBefore}>
        {t.before}
      </Button>
    </section>
  );
}
