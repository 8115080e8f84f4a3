/**
 * The sheet of a tap: the amount for both sides, the four lights, what to do now in words; the PIN pad when the payer's card wants it.
 *
 * What must hold: the words change before anything else does; Cancel is there as long as a card may be stopped, and says so when one is being read.
 */
import { Button, catalogue, FullTap, type LightsState, Money, PinPad, useTexts } from '@sokkin/ui';
import { X } from 'lucide-react';
import type { SaleShown } from '../shop/view.ts';
import { HINT_WHYS, HINTS } from '../words.ts';
import { useShop } from './shop-context.tsx';

const TEXTS = catalogue(
  {
    starting: 'One moment',
    reading: 'Do not move it',
    asking: 'Asking the bank of the card',
    askingWhy: 'The card can be taken away.',
    sale: 'To pay',
    refund: 'You get back',
    cancel: 'Cancel',
    stopping: 'Stopping',
    stoppingWhy: 'A card that is being read may still pay: the screen will say.',
    pin: 'PIN of the payer',
    pinWhy: 'Hand the device over. The till does not see the digits again.',
    wrong: (left: number) => `Wrong PIN. ${left === 1 ? 'One try' : `${left} tries`} left.`,
    noPin: 'Without a PIN',
  },
  {
    starting: 'お待ちください',
    reading: 'そのまま動かさないでください',
    asking: 'カード会社に確認しています',
    askingWhy: 'カードは離して大丈夫です。',
    sale: 'お支払い金額',
    refund: '返金額',
    cancel: 'やめる',
    stopping: '中止しています',
    stoppingWhy: '読み取り中のカードは支払われることがあります。結果は画面に出ます。',
    pin: 'お客様の暗証番号',
    pinWhy: '端末をお客様に渡してください。入力した数字は表示も保存もされません。',
    wrong: (left: number) => `暗証番号が違います。あと${left}回です。`,
    noPin: '暗証番号なし',
  },
);

const LIGHTS: Readonly<Record<SaleShown['status'], LightsState>> = {
  notReady: 'off',
  idle: 'idle',
  readyToRead: 'ready',
  processing: 'reading',
  cardReadSuccessfully: 'read',
  processingError: 'failed',
};

export function Tap({ sale }: { readonly sale: SaleShown }) {
  return sale.phase === 'pin' ? <PayerPin sale={sale} /> : <Field sale={sale} />;
}

function Field({ sale }: { readonly sale: SaleShown }) {
  const t = useTexts(TEXTS);
  const shop = useShop();
  const { says, detail } = useSays(sale);
  const mayStop = sale.phase === 'waiting' || sale.phase === 'reading' || sale.phase === 'starting';
  return (
    <FullTap
      lights={LIGHTS[sale.status]}
      amount={sale.amount}
      towardsPayer={sale.kind === 'sale' ? t.sale : t.refund}
      says={says}
      detail={sale.isStopping ? t.stoppingWhy : detail}
      needsCare={sale.phase === 'waiting' && sale.hint !== 'present'}
    >
      {mayStop && (
        <Button wide icon={X} busy={sale.isStopping} onPress={() => shop.cancel()}>
          {sale.isStopping ? t.stopping : t.cancel}
        </Button>
      )}
    </FullTap>
  );
}

function useSays({ phase, hint }: SaleShown): { readonly says: string; readonly detail: string | undefined } {
  const t = useTexts(TEXTS);
  const hints = useTexts(HINTS);
  const whys = useTexts(HINT_WHYS);
  switch (phase) {
    case 'starting':
      return { says: t.starting, detail: undefined };
    case 'reading':
      return { says: t.reading, detail: undefined };
    case 'asking':
      return { says: t.asking, detail: t.askingWhy };
    case 'waiting':
    case 'pin':
    case 'over':
      return { says: hints[hint], detail: whys[hint] === '' ? undefined : whys[hint] };
  }
}

function PayerPin({ sale }: { readonly sale: SaleShown }) {
  const t = useTexts(TEXTS);
  const shop = useShop();
  const left = sale.pin?.triesLeft;
  return (
    <main className="t-pin">
      <p className="t-amount">
        <Money amount={sale.amount} size="large" />
      </p>
      <PinPad
        key={String(left)}
        label={t.pin}
        error={left === undefined ? undefined : t.wrong(left)}
        least={4}
        length={sale.pin?.for === 'issuer' ? 12 : 8}
        onDone={(pin) => shop.givePin(pin)}
      />
      <p className="sk-soft">{t.pinWhy}</p>
      <Button tone="quiet" wide onPress={() => shop.givePin(undefined)}>
        {t.noPin}
      </Button>
    </main>
  );
}
