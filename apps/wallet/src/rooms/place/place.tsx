/** Where the purse is: in this browser, or a card on a reader of this machine. What must hold: it says what becomes of the money on either. */
import { Banner, Button, catalogue, Field, Row, Rows, Sheet, useTexts } from '@sokkin/ui';
import { type Bridge, openBridge } from '@sokkin/web';
import { CreditCard, Usb } from 'lucide-react';
import { useState } from 'react';
import { bridgeAddress, keepPlace, placeOf } from '../../wallet/place.ts';

const TEXTS = catalogue(
  {
    title: 'Where your purse is',
    here: 'In this browser',
    onCard: (reader: string) => `On a card, in ${reader}`,
    use: 'Use a card on a reader',
    back: 'Use the purse in this browser',
    backWhy: 'The money on the card stays on the card.',
    how: 'On this machine, start the bridge to its readers. It shows a code.',
    code: 'Code of the bridge',
    codeHint: 'Six digits, good for five minutes.',
    connect: 'Connect',
    which: 'Which reader?',
    card: 'A card lies on it',
    empty: 'Empty',
    mute: 'Something lies on it that does not answer',
    none: 'No reader is connected to this machine.',
    failed: 'The bridge cannot be reached, or does not take this code.',
    stays: 'The money in this browser stays in it, and is there when you come back to it.',
  },
  {
    title: 'ウォレットの場所',
    here: 'このブラウザの中',
    onCard: (reader: string) => `カードの中（${reader}）`,
    use: 'リーダーのカードを使う',
    back: 'このブラウザの中のウォレットを使う',
    backWhy: 'カードのお金はカードに残ります。',
    how: 'このパソコンで、リーダーへのブリッジを起動してください。コードが表示されます。',
    code: 'ブリッジのコード',
    codeHint: '6桁。5分間有効です。',
    connect: '接続する',
    which: 'どのリーダーですか',
    card: 'カードがあります',
    empty: 'カードなし',
    mute: '応答しないものが置かれています',
    none: 'このパソコンにリーダーがつながっていません。',
    failed: 'ブリッジにつながらないか、コードが違います。',
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

type Readers = Awaited<ReturnType<Bridge['readers']>>;

/** Connects with the code, then chooses a reader; the page starts anew with the card as its purse. */
export function Connect({ walletName }: PursePlaceProps) {
  const t = useTexts(TEXTS);
  const [code, setCode] = useState('');
  const [busy, setBusy] = useState(false);
  const [isFailed, setFailed] = useState(false);
  const [found, setFound] = useState<{ readonly key: string; readonly readers: Readers }>();
  const connect = async () => {
    setBusy(true);
    setFailed(false);
    try {
      const bridge = await openBridge({ url: bridgeAddress(), pair: { code } });
      setFound({ key: bridge.key, readers: await bridge.readers() });
      bridge.close();
    } catch {
      setFailed(true);
    } finally {
      setBusy(false);
    }
  };
  const choose = (reader: string) => {
    if (found === undefined) return;
    const purse = placeOf(walletName)?.purse;
    keepPlace(walletName, { url: bridgeAddress(), key: found.key, reader, purse });
    location.reload();
  };
  if (found !== undefined)
    return (
      <div className="w-stack">
        <p>{found.readers.length === 0 ? t.none : t.which}</p>
        <Rows name={t.which}>
          {found.readers.map(({ name, state }) => (
            <Row key={name} icon={Usb} title={name} detail={t[state]} onPress={() => choose(name)} />
          ))}
        </Rows>
      </div>
    );
  return (
    <form
      className="w-stack"
      onSubmit={(event) => {
        event.preventDefault();
        void connect();
      }}
    >
      <p className="sk-soft">{t.stays}</p>
      <p>{t.how}</p>
      <code className="w-command">sokkin bridge --origin {location.origin}</code>
      {isFailed && <Banner mood="bad" title={t.failed} />}
      <Field
        label={t.code}
        value={code}
        onChange={setCode}
        hint={t.codeHint}
        inputMode="numeric"
        autoComplete="off"
        maxLength={6}
      />
      <Button tone="primary" wide submits busy={busy} disabled={!/^[0-9]{6}$/.test(code)}>
        {t.connect}
      </Button>
    </form>
  );
}
