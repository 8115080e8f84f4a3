/**
 * In the first minute: fingerprint or face in place of typing the PIN, if its holder wants that.
 *
 * What must hold: a device that cannot is not asked about; whatever becomes of it, the first minute goes on with the PIN.
 */
import { Banner, Button, catalogue, useTexts } from '@sokkin/ui';
import { makePasskey, passkeySupport } from '@sokkin/web/passkey';
import { Fingerprint } from 'lucide-react';
import { useEffect, useEffectEvent, useState } from 'react';
import { sealPin } from '../../wallet/passkey.ts';
import type { Wallet } from '../../wallet/wallet.ts';

const TEXTS = catalogue(
  {
    title: 'Fingerprint or face?',
    why: 'Pay without typing your PIN. The PIN stays good, and is asked for where the passkey is not used.',
    stays: 'What your device sees of you stays in it. Nothing of it comes to this page or to your bank.',
    make: 'Set up a passkey',
    making: 'Follow your device',
    only: 'PIN only',
    goOn: 'Go on with the PIN',
    refused: 'No passkey was made.',
    refusedWhy: 'Try again, or go on with the PIN. It can be set up later under Settings.',
    no_prf: 'Passkeys of this device cannot stand in for a PIN.',
    no_prfWhy: 'They make no keys (PRF). A passkey that was made for it may be deleted from your device.',
  },
  {
    title: '指紋や顔で支払いますか',
    why: '暗証番号を入力せずに支払えます。暗証番号はこれからも使えます。',
    stays: '指紋や顔の情報は端末の中にとどまり、このページにも銀行にも送られません。',
    make: 'パスキーを設定する',
    making: '端末の表示に従ってください',
    only: '暗証番号だけにする',
    goOn: '暗証番号で続ける',
    refused: 'パスキーは作られませんでした。',
    refusedWhy: 'もう一度試すか、暗証番号で続けてください。あとで「設定」から設定できます。',
    no_prf: 'この端末のパスキーは、暗証番号の代わりに使えません。',
    no_prfWhy: '鍵を作る機能（PRF）がありません。作られたパスキーは端末から削除してかまいません。',
  },
);

export interface NewPasskey {
  /** Once the purse has this PIN. */
  seal(wallet: Wallet, pin: string): Promise<unknown>;
}

export interface OfferPasskeyProps {
  /** In the device's list of passkeys. */
  readonly name: string;
  readonly onDone: (made: NewPasskey | undefined) => void;
}

export default function OfferPasskey({ name, onDone }: OfferPasskeyProps) {
  const t = useTexts(TEXTS);
  const [state, setState] = useState<'looking' | 'idle' | 'making' | 'refused' | 'no_prf'>('looking');
  const skip = useEffectEvent(() => onDone(undefined));
  useEffect(() => {
    let isOn = true;
    void passkeySupport().then((support) => {
      if (!isOn) return;
      if (support === 'ready') setState('idle');
      else skip();
    });
    return () => {
      isOn = false;
    };
  }, []);
  const make = async () => {
    setState('making');
    const made = await makePasskey(name);
    if (made.status !== 'ok') return setState(made.status);
    onDone({ seal: (wallet, pin) => sealPin(wallet, made, pin) });
  };
  if (state === 'looking') return null;
  const isOut = state === 'no_prf';
  return (
    <section className="w-centre">
      <Fingerprint aria-hidden size={72} strokeWidth={1.25} />
      <h1>{t.title}</h1>
      <p className="sk-soft">{t.why}</p>
      {(state === 'refused' || isOut) && (
        <Banner mood={isOut ? 'plain' : 'bad'} title={t[state]}>
          <p>{t[`${state}Why`]}</p>
        </Banner>
      )}
      {!isOut && (
        <Button tone="primary" wide icon={Fingerprint} busy={state === 'making'} onPress={() => void make()}>
          {state === 'making' ? t.making : t.make}
        </Button>
      )}
      <Button tone={isOut ? 'primary' : 'quiet'} wide onPress={() => onDone(undefined)}>
        {isOut ? t.goOn : t.only}
      </Button>
      <p className="sk-soft">{t.stays}</p>
    </section>
  );
}
