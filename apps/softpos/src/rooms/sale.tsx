/**
 * One sale or refund from Charge to the end, over the whole screen.
 *
 * What must hold: nothing else is on the screen meanwhile; tones and vibrations come once each, with the change that they tell of.
 */
import { catalogue, Sheet, type Signal, type Signals, useTexts } from '@sokkin/ui';
import { lazy, Suspense, useEffect, useState } from 'react';
import type { SaleShown, Settings } from '../shop/view.ts';
import { Result } from './result.tsx';
import { useNow, useShop } from './shop-context.tsx';
import { Tap } from './tap.tsx';

/** Its QR code is no part of the first load. */
const Receipt = lazy(() => import('./receipt.tsx'));

const TEXTS = catalogue({ receipt: 'Receipt' }, { receipt: 'レシート' });

export interface SaleProps {
  readonly sale: SaleShown;
  readonly signals: Signals;
}

export function Sale({ sale, signals }: SaleProps) {
  const { settings } = useNow();
  useSignals(sale, settings, signals);
  return sale.result === undefined ? <Tap sale={sale} /> : <Over sale={sale} />;
}

function Over({ sale }: { readonly sale: SaleShown }) {
  const t = useTexts(TEXTS);
  const shop = useShop();
  const [isShown, setShown] = useState(false);
  const { result } = sale;
  if (result === undefined) return null;
  const again = async () => {
    const before = sale.kind === 'refund' ? await shop.detail(sale.id) : undefined;
    shop.dismiss();
    if (sale.kind === 'sale') shop.charge();
    else if (before?.of !== undefined) await shop.refund(before.of, sale.amount);
  };
  const isPaid = result.status === 'approved' || result.status === 'kept';
  return (
    <>
      <Result
        sale={sale}
        result={result}
        onNext={() => shop.dismiss()}
        onAgain={() => void again()}
        onReceipt={() => setShown(true)}
      />
      <Sheet title={t.receipt} open={isShown} onClose={() => setShown(false)}>
        <Suspense>
          {isPaid && <Receipt receipt={result.receipt} lines={sale.lines} priced={sale.priced} />}
        </Suspense>
      </Sheet>
    </>
  );
}

function useSignals(sale: SaleShown, settings: Settings, signals: Signals): void {
  const signal = signalOf(sale);
  // The same hint may come twice: each time it is news.
  const news = `${sale.id} ${sale.phase} ${sale.phase === 'waiting' ? sale.hint : ''}`;
  // biome-ignore lint/correctness/useExhaustiveDependencies: once for each piece of news, whatever else changes
  useEffect(() => {
    if (signal !== undefined)
      signals.give(signal, { sound: settings.hasSounds, vibration: settings.hasVibration });
  }, [news]);
}

/** EMV Contactless Book A, 9: the card was read; it was not, or something else is wanted. */
function signalOf({ phase, hint, result }: SaleShown): Signal | undefined {
  switch (phase) {
    case 'over':
      return result?.status === 'approved' ? 'success' : 'alert';
    case 'asking':
      return 'success';
    case 'waiting':
      return hint === 'present' ? undefined : 'alert';
    case 'reading':
    case 'pin':
      return 'tick';
    case 'starting':
      return undefined;
  }
}
