/** The wallet, before its holder has shown to be there. What must hold: it is the purse that judges the PIN, and counts its tries. */
import { Banner, Button, catalogue, Shell, useLanguage, useTexts } from '@sokkin/ui';
import { RefreshCw } from 'lucide-react';
import { useState } from 'react';
import { checkPin } from '../../wallet/passkey.ts';
import { useView } from '../../wallet/view.ts';
import type { Undone, Wallet } from '../../wallet/wallet.ts';
import { saysWhy } from '../../words.ts';
import { AskPin } from '../ask-pin.tsx';

const TEXTS = catalogue(
  {
    title: 'Sokkin Wallet',
    pin: 'Your PIN opens the wallet',
    blocked:
      'If it stays blocked: give this phone up on another one, with your recovery code. Your bank refunds what it can prove.',
    sync: 'Compare with the bank',
    syncing: 'Asking your bank',
  },
  {
    title: 'ウォレット',
    pin: '暗証番号でウォレットを開く',
    blocked:
      '解除されない場合は、復旧コードを使って別のスマホからこのスマホを停止してください。銀行が把握している分は返金されます。',
    sync: '銀行と照合する',
    syncing: '銀行に確認しています',
  },
);

export default function Locked({ wallet }: { readonly wallet: Wallet }) {
  const t = useTexts(TEXTS);
  const { language } = useLanguage();
  const isBlocked = useView(wallet.parts.showing).purse?.pinTriesLeft === 0;
  const [fault, setFault] = useState<Undone>();
  const [isBusy, setBusy] = useState(false);
  const open = async (pin: string) => {
    const checked = await wallet.trying(() => checkPin(wallet, pin));
    if (checked.status === 'ok') wallet.unlock();
    else setFault(checked);
    if (checked.status === 'pin_blocked') await wallet.refresh();
  };
  const sync = async () => {
    setBusy(true);
    const done = await wallet.sync();
    setFault(done.status === 'ok' ? undefined : done);
    setBusy(false);
  };
  const why = fault && saysWhy(fault, { language });
  const blocked = saysWhy({ status: 'pin_blocked' }, { language });
  return (
    <Shell title={t.title}>
      {isBlocked ? (
        <>
          <h1>{t.pin}</h1>
          <Banner mood="bad" title={blocked}>
            {fault !== undefined && fault.status !== 'pin_blocked' && <p>{why}</p>}
            <p>{t.blocked}</p>
          </Banner>
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
