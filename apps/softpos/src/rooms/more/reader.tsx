/** Where cards and phones are held. What must hold: pairing says what to start and what to type; what is in use, and whether it answers, is seen. */
import { Badge, Banner, Button, catalogue, Field, Row, Rows, Segments, useTexts } from '@sokkin/ui';
import { Nfc, Usb } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import { useNoWords } from '../../no-words.ts';
import type { No, Shop } from '../../shop/view.ts';
import { useNow, useShop } from '../shop-context.tsx';

const TEXTS = catalogue(
  {
    kind: 'Which reader',
    field: 'Virtual',
    bridge: 'USB reader',
    fieldWhy: 'Phones and cards of other windows of this browser can be held to it.',
    ready: 'Ready',
    missing: 'Does not answer',
    start: 'Start this on the machine with the reader, then type the code that it shows:',
    code: 'Code of the bridge',
    pair: 'Pair',
    found: 'Readers found',
    none: 'The bridge has no reader. Plug one in, then pair again.',
    inUse: 'In use',
    use: 'Use the virtual reader',
    manager: 'A manager changes the reader.',
  },
  {
    kind: 'リーダーの種類',
    field: '仮想',
    bridge: 'USBリーダー',
    fieldWhy: 'このブラウザの別の画面にあるスマホやカードをかざせます。',
    ready: '使用できます',
    missing: '応答なし',
    start: 'リーダーのある端末でこれを実行し、表示されたコードを入力してください。',
    code: 'ブリッジのコード',
    pair: '接続する',
    found: '見つかったリーダー',
    none: 'リーダーが見つかりません。接続してからもう一度お試しください。',
    inUse: '使用中',
    use: '仮想リーダーを使う',
    manager: 'リーダーの変更は店長が行います。',
  },
);
type Found = Awaited<ReturnType<Shop['pair']>>;

export function Reader() {
  const t = useTexts(TEXTS);
  const shop = useShop();
  const no = useNoWords();
  const { reader } = useNow();
  const [kind, setKind] = useState(reader.kind);
  const [fault, setFault] = useState<No>();
  const virtual = async () => {
    // biome-ignore lint/correctness/useHookAtTopLevel: an act of the shop, not a hook
    const done = await shop.useField();
    setFault(done.status === 'no' ? done : undefined);
  };
  const may = shop.may('settings');
  return (
    <>
      <InUse />
      {may ? (
        <Segments
          name={t.kind}
          value={kind}
          onChange={setKind}
          choices={[
            { value: 'field', label: t.field },
            { value: 'bridge', label: t.bridge },
          ]}
        />
      ) : (
        <p className="sk-soft">{t.manager}</p>
      )}
      {may && kind === 'field' && (
        <>
          <p className="sk-soft">{t.fieldWhy}</p>
          {reader.kind === 'bridge' && (
            <Button wide onPress={() => void virtual()}>
              {t.use}
            </Button>
          )}
        </>
      )}
      {may && kind === 'bridge' && <Bridge onFault={setFault} />}
      {fault !== undefined && <Banner mood="bad" title={no(fault)} />}
    </>
  );
}

/** What is in use now. */
function InUse() {
  const t = useTexts(TEXTS);
  const { reader } = useNow();
  const isReady = reader.state === 'ready';
  return (
    <Rows>
      <Row
        icon={reader.kind === 'field' ? Nfc : Usb}
        title={reader.kind === 'field' ? t.field : (reader.name ?? t.bridge)}
        detail={t.inUse}
        end={<Badge mood={isReady ? 'good' : 'bad'}>{isReady ? t.ready : t.missing}</Badge>}
      />
    </Rows>
  );
}

function Bridge({ onFault }: { readonly onFault: (fault: No | undefined) => void }) {
  const t = useTexts(TEXTS);
  const shop = useShop();
  const { reader } = useNow();
  const [code, setCode] = useState('');
  const [found, setFound] = useState<Extract<Found, { status: 'ok' }>['value']>();
  const pair = async (event: FormEvent) => {
    event.preventDefault();
    const done = await shop.pair(code.trim());
    onFault(done.status === 'no' ? done : undefined);
    setFound(done.status === 'ok' ? done.value : undefined);
  };
  const use = async (name: string) => {
    // biome-ignore lint/correctness/useHookAtTopLevel: an act of the shop, not a hook
    const done = await shop.useBridge(name);
    onFault(done.status === 'no' ? done : undefined);
  };
  return (
    <>
      <p className="sk-soft">{t.start}</p>
      <code className="t-command">npm run sokkin -- bridge</code>
      <form className="t-stack" onSubmit={(event) => void pair(event)}>
        <Field label={t.code} value={code} onChange={setCode} autoComplete="off" maxLength={64} />
        <Button submits wide tone="primary" disabled={code.trim() === ''}>
          {t.pair}
        </Button>
      </form>
      {found?.length === 0 && <Banner mood="wait" title={t.none} />}
      {found !== undefined && found.length > 0 && (
        <Rows name={t.found}>
          {found.map(({ name }) => (
            <Row
              key={name}
              icon={Usb}
              title={name}
              end={reader.name === name ? <Badge mood="good">{t.inUse}</Badge> : undefined}
              onPress={() => void use(name)}
            />
          ))}
        </Rows>
      )}
    </>
  );
}
