/** The wallet, before its holder has shown to be there. What must hold: it is the purse that judges the PIN, and counts its tries. */
import { Banner, Button, catalogue, Shell, useLanguage, useTexts } from '@sokkin/ui';
import { RefreshCw } from 'lucide-react';
import { useState } from 'react';
import { checkPin } from '../../wallet/passkey.ts';
import type { Undone, Wallet } from '../../wallet/wallet.ts';
import { saysWhy } from '../../words.ts';
import { AskPin } from '../ask-pin.tsx';

const TEXTS = catalogue(
  {
    title: 'Sokkin Wallet',
    pin: 'Your PIN opens the wallet',
    sync: 'Compare with the bank',
    syncing: 'Asking your bank',
  },
  {
    title: 'Sokkin ウォレット',
    pin: '暗証番号でウォレットを開く',
    sync: '銀行と照合する',
    syncing: '銀行に確認しています',
  },
);

export default function Locked({ wallet }: { readonly wallet: Wallet }) {
  const t = useTexts(TEXTS);
  const { language } = useLanguage();
  const [fault, setFault] = useState<Undone>();
  const [isBusy, setBusy] = useState(false);
  const open = async (pin: string) => {
    const checked = await wallet.trying(() => checkPin(wallet, pin));
    if (checked.status === 'ok') wallet.unlock();
    else setFault(checked);
  };
  const sync = async () => {
    setBusy(true);
    const done = await wallet.sync();
    setFault(done.status === 'ok' ? undefined : done);
    setBusy(false);
  };
  const why = fault && saysWhy(fault, { language });
  const isBlocked = fault !== undefined && fault.status !== 'pin_wrong' && fault.status !== 'malformed';
  return (
    <Shell title={t.title}>
      {isBlocked ? (
        <>
          <h1>{t.pin}</h1>
          <Banner mood="bad" title={why ?? ''} />
          <Button wide tone="primary" icon={RefreshCw} busy={isBusy} onPress={() => void sync()}>
            {isBusy ? t.syncing : t.sync}
          </Button>
        </>
      ) : (
        <AskPin wallet={wallet} label={t.pin} error={why} onDone={(pin) => void open(pin)} />
      )}
    </Shell>
  );
}
