/** A reader of this machine beside the field, for the room of cards. What must hold: it can be lent and given back while a card is waited for. */
import { Banner, Button, catalogue, Sheet, useTexts } from '@sokkin/ui';
import { Usb } from 'lucide-react';
import { createContext, type ReactNode, use, useEffect, useState } from 'react';
import { CardReaders, type LentPlace, useLentReader } from '../../wallet/cards/readers.ts';
import { placeOf } from '../../wallet/place.ts';
import { ChooseReader } from '../place/choose-reader.tsx';

const TEXTS = catalogue(
  {
    use: 'Use a card reader',
    title: 'A reader of this machine',
    why: 'Cards are then taken from it, too: in this room, for as long as the bridge runs.',
    on: (name: string) => `Or lay it on ${name}. A card that lies there already: lift it once.`,
    back: 'Use the reader no more',
    taken: 'The bridge does not lend this reader any more. Connect to it anew.',
  },
  {
    use: 'カードリーダーを使う',
    title: 'このパソコンのリーダー',
    why: 'ブリッジが動いている間、この画面ではリーダーのカードも使えます。',
    on: (name: string) => `または${name}に置いてください。すでに置いてあるカードは、一度持ち上げてください。`,
    back: 'リーダーを使うのをやめる',
    taken: 'ブリッジはこのリーダーを貸していません。もう一度接続してください。',
  },
);

interface Lending {
  readonly readers: CardReaders;
  readonly walletName: string;
}
const Context = createContext<Lending | undefined>(undefined);

export function LendingReaders({ walletName, children }: { walletName: string; children: ReactNode }) {
  const [readers] = useState(() => new CardReaders(walletName));
  useEffect(() => {
    void readers.again();
    return () => readers.close();
  }, [readers]);
  return <Context value={{ readers, walletName }}>{children}</Context>;
}

export function useLending(): Lending {
  const lending = use(Context);
  if (lending === undefined) throw new Error('Bug: cards are touched outside of their room');
  return lending;
}

/** Beside what is held here. */
export function LentReader() {
  const t = useTexts(TEXTS);
  const { readers, walletName } = useLending();
  const name = useLentReader(readers);
  const [isOpen, setOpen] = useState(false);
  const [isRefused, setRefused] = useState(false);
  const own = placeOf(walletName);
  const key = readers.remembered()?.key ?? own?.key;
  const borrow = (place: LentPlace) => {
    setRefused(false);
    readers.borrow(place).then(
      () => setOpen(false),
      () => setRefused(true),
    );
  };
  if (name !== undefined)
    return (
      <>
        <p className="sk-soft">{t.on(name)}</p>
        <Button wide tone="quiet" icon={Usb} onPress={() => readers.giveBack()}>
          {t.back}
        </Button>
      </>
    );
  return (
    <>
      <Button wide tone="quiet" icon={Usb} onPress={() => setOpen(true)}>
        {t.use}
      </Button>
      <Sheet title={t.title} open={isOpen} onClose={() => setOpen(false)}>
        {isRefused && <Banner mood="bad" title={t.taken} />}
        <ChooseReader
          // The wallet's own purse may lie on another one.
          known={
            key === undefined ? undefined : { key, ...(own === undefined ? {} : { without: own.reader }) }
          }
          onChosen={borrow}
        >
          <p className="sk-soft">{t.why}</p>
        </ChooseReader>
      </Sheet>
    </>
  );
}
