/** The card of this phone for ordinary terminals: set up, and stopped for a while. */
import { Banner, Button, catalogue, Switch, useLanguage, useTexts } from '@sokkin/ui';
import { Contact } from 'lucide-react';
import { useEffect, useState } from 'react';
import { orderShopCard, setUpShopCard, shopCard } from '../../wallet/shop-card.ts';
import type { Done, Undone, Wallet } from '../../wallet/wallet.ts';
import { saysWhy } from '../../words.ts';

const TEXTS = catalogue(
  {
    title: 'Card for shops',
    why: 'Pays at ordinary card terminals from your account. The terminal must be online; your phone need not be.',
    setUp: 'Set up',
    busy: 'Asking your bank',
    use: 'Use this phone as a card',
    left: (uses: number) => `${uses} payments until the next key is fetched, online`,
  },
  {
    title: 'お店用のカード',
    why: '普通のカード端末で、口座から支払えます。端末はオンラインである必要がありますが、スマホはオフラインでもかまいません。',
    setUp: '設定する',
    busy: '銀行に確認しています',
    use: 'このスマホをカードとして使う',
    left: (uses: number) => `あと${uses}回使えます。残りが減ると、オンラインのときに補充されます`,
  },
);

interface State {
  readonly usesLeft: number | undefined;
  readonly isSuspended: boolean;
}

export function ShopCard({ wallet }: { readonly wallet: Wallet }) {
  const t = useTexts(TEXTS);
  const { language } = useLanguage();
  const [state, setState] = useState<State>({ usesLeft: undefined, isSuspended: false });
  const [fault, setFault] = useState<Undone>();
  const [isBusy, setBusy] = useState(false);
  const look = async () => {
    const kept = await wallet.parts.store.get('shopCard');
    const usesLeft = (await shopCard(wallet))?.standing()?.usesLeft;
    setState({ usesLeft, isSuspended: kept?.isSuspended === true });
  };
  // biome-ignore lint/correctness/useExhaustiveDependencies: once, for as long as this is on the screen
  useEffect(() => {
    void look();
  }, []);
  const run = async (work: Promise<Done>) => {
    setBusy(true);
    const done = await work;
    setFault(done.status === 'ok' ? undefined : done);
    await look();
    setBusy(false);
  };
  const { usesLeft, isSuspended } = state;
  return (
    <section className="w-card" aria-labelledby="shop-card">
      <h2 id="shop-card">{t.title}</h2>
      <p className="sk-soft">{t.why}</p>
      {usesLeft === undefined ? (
        <Button wide icon={Contact} busy={isBusy} onPress={() => void run(setUpShopCard(wallet))}>
          {isBusy ? t.busy : t.setUp}
        </Button>
      ) : (
        <Switch
          label={t.use}
          detail={t.left(usesLeft)}
          on={!isSuspended}
          onChange={(on) => void run(orderShopCard(wallet, on ? 'resume' : 'suspend'))}
        />
      )}
      {fault !== undefined && <Banner mood="bad" title={saysWhy(fault, { language })} />}
    </section>
  );
}
