/** Where the purse is: in this browser, or a card on a reader of this machine. What must hold: it says what becomes of the money on either. */
import { Button, catalogue, Sheet, useTexts } from '@sokkin/ui';
import { CreditCard } from 'lucide-react';
import { useState } from 'react';
import { keepPlace, placeOf } from '../../wallet/place.ts';
import { ChooseReader } from './choose-reader.tsx';

const TEXTS = catalogue(
  {
    title: 'Where your purse is',
    here: 'In this browser',
    onCard: (reader: string) => `On a card, in ${reader}`,
    use: 'Use a card on a reader',
    back: 'Use the purse in this browser',
    backWhy: 'The money on the card stays on the card.',
    stays: 'The money in this browser stays in it, and is there when you come back to it.',
  },
  {
    title: 'ウォレットの場所',
    here: 'このブラウザの中',
    onCard: (reader: string) => `カードの中（${reader}）`,
    use: 'リーダーのカードを使う',
    back: 'このブラウザの中のウォレットを使う',
    backWhy: 'カードのお金はカードに残ります。',
    stays: 'このブラウザのお金はそのまま残り、戻せばまた使えます。',
  },
);

export interface PursePlaceProps {
  readonly walletName: string;
}

export default function PursePlace({ walletName }: PursePlaceProps) {
  const t = useTexts(TEXTS);
  const place = placeOf(walletName);
  const [isOpen, setOpen] = useState(false);
  const stay = () => {
    keepPlace(walletName, undefined);
    location.reload();
  };
  return (
    <section className="w-card" aria-labelledby="place">
      <h2 id="place">{t.title}</h2>
      <p className="sk-soft">{place === undefined ? t.here : t.onCard(place.reader)}</p>
      {place === undefined ? (
        <Button wide icon={CreditCard} onPress={() => setOpen(true)}>
          {t.use}
        </Button>
      ) : (
        <>
          <p className="sk-soft">{t.backWhy}</p>
          <Button wide onPress={stay}>
            {t.back}
          </Button>
        </>
      )}
      <Sheet title={t.use} open={isOpen} onClose={() => setOpen(false)}>
        <Connect walletName={walletName} />
      </Sheet>
    </section>
  );
}

/** The page starts anew with the card on the chosen reader as its purse. */
export function Connect({ walletName }: PursePlaceProps) {
  const t = useTexts(TEXTS);
  return (
    <ChooseReader
      onChosen={(lent) => {
        keepPlace(walletName, { ...lent, purse: placeOf(walletName)?.purse });
        location.reload();
      }}
    >
      <p className="sk-soft">{t.stays}</p>
    </ChooseReader>
  );
}
