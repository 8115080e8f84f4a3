/**
 * What stands before the money: the passkey in place of the PIN, and whether the wallet asks when it is opened.
 *
 * What must hold: a passkey is set up only by who knows the PIN; what this device cannot do is said, and why; taking it away leaves the PIN as it was.
 */
import { Banner, Button, catalogue, PinPad, Switch, useLanguage, useTexts } from '@sokkin/ui';
import { makePasskey, type PasskeySupport, passkeySupport } from '@sokkin/web/passkey';
import { ArrowLeft, Fingerprint } from 'lucide-react';
import { useCallback, useEffect, useState } from 'react';
import { checkPin, dropPasskey, sealPin } from '../../wallet/passkey.ts';
import type { Wallet } from '../../wallet/wallet.ts';
import { saysWhy } from '../../words.ts';

const TEXTS = catalogue(
  {
    title: 'PIN and passkey',
    passkey: 'Passkey',
    why: 'Your fingerprint or face, in place of typing the PIN. The PIN stays good.',
    on: 'A passkey stands in for your PIN',
    stale: 'The PIN has changed since the passkey was made',
    staleWhy: 'The passkey is not used any more. Set it up anew.',
    make: 'Set up a passkey',
    making: 'Follow your device',
    pin: 'Your PIN',
    take: 'Take the passkey away',
    takeWhy:
      'The PIN is asked for again. The passkey itself stays in the list of your device, where it can be deleted.',
    refused: 'No passkey was made. Try again.',
    no_prf: 'Passkeys of this device or browser make no keys (PRF), and so cannot stand in for a PIN.',
    no_authenticator: 'This device has no fingerprint, face or screen lock that a page may ask for.',
    no_name: 'Passkeys belong to pages with a name. This page stands under an address of numbers.',
    locks: 'Ask when the wallet is opened',
    locksWhy: 'By PIN or passkey. It keeps others from looking; payments ask for the PIN by themselves.',
    back: 'Back',
  },
  {
    title: '暗証番号とパスキー',
    passkey: 'パスキー',
    why: '指紋や顔で、暗証番号の入力を省けます。暗証番号はこれからも使えます。',
    on: 'パスキーを暗証番号の代わりに使えます',
    stale: 'パスキーを作ったあとに暗証番号が変わっています',
    staleWhy: 'このパスキーは使われません。設定し直してください。',
    make: 'パスキーを設定する',
    making: '端末の表示に従ってください',
    pin: '暗証番号',
    take: 'パスキーの使用をやめる',
    takeWhy: '暗証番号の入力に戻ります。パスキー自体は端末の一覧に残り、そこで削除できます。',
    refused: 'パスキーは作られませんでした。もう一度試してください。',
    no_prf: 'この端末やブラウザのパスキーには鍵を作る機能（PRF）がなく、暗証番号の代わりに使えません。',
    no_authenticator: 'この端末には、ページから使える指紋・顔・画面ロックの認証がありません。',
    no_name: 'パスキーは名前のあるページで使えます。このページは数字のアドレスで開かれています。',
    locks: 'ウォレットを開くときに確認する',
    locksWhy: '暗証番号かパスキーで確認し、のぞき見を防ぎます。支払いの確認は別に行われます。',
    back: '戻る',
  },
);

interface Standing {
  readonly support: PasskeySupport;
  readonly passkey: 'none' | 'on' | 'stale';
  readonly locks: boolean;
}

async function look({ parts: { store } }: Wallet): Promise<Standing> {
  const [kept, locks] = [await store.get('passkey'), await store.get('locks')];
  const passkey = kept === undefined ? 'none' : kept.isStale ? 'stale' : 'on';
  return { support: await passkeySupport(), passkey, locks: locks === true };
}

export interface PinRoomProps {
  readonly wallet: Wallet;
  readonly onClose: () => void;
}

export default function PinRoom({ wallet, onClose }: PinRoomProps) {
  const t = useTexts(TEXTS);
  const [standing, setStanding] = useState<Standing>();
  const [asks, setAsks] = useState(false);
  const refresh = useCallback(async () => setStanding(await look(wallet)), [wallet]);
  useEffect(() => void refresh(), [refresh]);
  if (standing === undefined) return null;
  if (asks)
    return (
      <SetUp
        wallet={wallet}
        onDone={() => {
          setAsks(false);
          void refresh();
        }}
      />
    );
  const lock = async (locks: boolean) => {
    await wallet.parts.store.put('locks', locks);
    await refresh();
  };
  return (
    <>
      <h1>{t.title}</h1>
      <section className="w-card" aria-labelledby="passkey">
        <h2 id="passkey">{t.passkey}</h2>
        <p className="sk-soft">{t.why}</p>
        <PasskeyState
          standing={standing}
          onMake={() => setAsks(true)}
          onTake={() => void dropPasskey(wallet).then(refresh)}
        />
      </section>
      <section className="w-card">
        <Switch label={t.locks} detail={t.locksWhy} on={standing.locks} onChange={(on) => void lock(on)} />
      </section>
      <Button tone="quiet" wide icon={ArrowLeft} onPress={onClose}>
        {t.back}
      </Button>
    </>
  );
}

interface PasskeyStateProps {
  readonly standing: Standing;
  readonly onMake: () => void;
  readonly onTake: () => void;
}

function PasskeyState({ standing: { support, passkey }, onMake, onTake }: PasskeyStateProps) {
  const t = useTexts(TEXTS);
  if (passkey === 'on')
    return (
      <>
        <Banner mood="good" title={t.on} />
        <Button wide onPress={onTake}>
          {t.take}
        </Button>
        <p className="sk-soft">{t.takeWhy}</p>
      </>
    );
  return (
    <>
      {passkey === 'stale' && (
        <Banner mood="wait" title={t.stale}>
          <p>{t.staleWhy}</p>
        </Banner>
      )}
      {support === 'ready' ? (
        <Button wide icon={Fingerprint} onPress={onMake}>
          {t.make}
        </Button>
      ) : (
        <Banner title={t[support]} />
      )}
    </>
  );
}

type Step = 'pin' | 'making' | 'refused' | 'no_prf';

/** The PIN first: a passkey for one that is wrong would be of no use. */
function SetUp({ wallet, onDone }: { readonly wallet: Wallet; readonly onDone: () => void }) {
  const t = useTexts(TEXTS);
  const { language } = useLanguage();
  const [step, setStep] = useState<Step>('pin');
  const [pin, setPin] = useState('');
  const [fault, setFault] = useState<string>();
  const make = async (typed: string) => {
    setStep('making');
    const made = await makePasskey(wallet.parts.showing.now().name);
    if (made.status !== 'ok') return setStep(made.status);
    const sealed = await wallet.trying(() => sealPin(wallet, made, typed));
    if (sealed.status === 'ok') return onDone();
    setFault(saysWhy(sealed, { language }));
    setStep('pin');
  };
  const check = async (typed: string) => {
    const checked = await wallet.trying(() => checkPin(wallet, typed));
    if (checked.status !== 'ok') return setFault(saysWhy(checked, { language }));
    setPin(typed);
    await make(typed);
  };
  if (step === 'pin')
    return (
      <>
        <PinPad label={t.pin} error={fault} onDone={(typed) => void check(typed)} />
        <Button tone="quiet" wide onPress={onDone}>
          {t.back}
        </Button>
      </>
    );
  return (
    <section className="w-centre">
      <Fingerprint aria-hidden size={72} strokeWidth={1.25} />
      <h1>{t.passkey}</h1>
      <p className="sk-soft" role="status">
        {t[step]}
      </p>
      {step === 'refused' && (
        <Button tone="primary" wide icon={Fingerprint} onPress={() => void make(pin)}>
          {t.make}
        </Button>
      )}
      {step !== 'making' && (
        <Button tone="quiet" wide onPress={onDone}>
          {t.back}
        </Button>
      )}
    </section>
  );
}
