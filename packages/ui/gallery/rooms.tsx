/** Every part, as screens will use it. */
import { CreditCard, History, House, QrCode as QrIcon, Receipt, Settings, Store, Wallet } from 'lucide-react';
import { useState } from 'react';
import * as ui from '../src/index.ts';
import { TILL_ROOMS } from './till-rooms.tsx';

const TEXTS = ui.catalogue(
  {
    charge: 'Charge',
    amount: 'Amount',
    tap: 'Hold the card or phone here',
    cancel: 'Cancel',
    paid: 'Paid',
    done: 'Done',
    receipt: 'Receipt',
    unknown: 'Tap the same card again',
    unknownWhy: 'The card left too early. Nothing is lost: the second tap says what happened.',
    failed: 'Not paid',
    failedWhy: 'The balance of this card is not enough.',
    again: 'Try again',
    limit: 'Until you are online',
    perPayment: 'For one payment',
    history: 'Payments',
    shop: 'Bakery Komugi',
    friend: 'From Hana',
    yesterday: 'Yesterday 18:02',
    waiting: 'On its way',
    arrived: 'Arrived',
    timeline: 'What became of it',
    left: 'Left your card',
    leftAt: '20 Nov 2026, 12:04',
    back: 'Will be refunded by 4 Dec 2026',
    claim: 'The shop has not been online since',
    name: 'Name on receipts',
    nameHint: 'Customers see it',
    nameWrong: 'At most 40 characters',
    theme: 'Appearance',
    system: 'Device',
    light: 'Light',
    dark: 'Dark',
    hide: 'Hide balance',
    hideWhy: 'Until you tap on it',
    offline: 'You are offline',
    offlineWhy: 'Payments between purses still work. They are settled on the device.',
    nothing: 'No payments yet',
    nothingWhy: 'The first one will stand here.',
    pin: 'Enter your PIN',
    wrong: 'Wrong PIN. Two tries left.',
    open: 'Open sheet',
    qr: 'Ticket for a payment',
    home: 'Home',
    cards: 'Cards',
    settings: 'Settings',
    sell: 'Sell',
    busy: 'Sending',
    remove: 'Remove card',
  },
  {
    charge: '会計する',
    amount: '金額',
    tap: 'カードまたはスマホをかざしてください',
    cancel: 'キャンセル',
    paid: '支払い完了',
    done: '閉じる',
    receipt: 'レシート',
    unknown: '同じカードをもう一度かざしてください',
    unknownWhy: 'カードが早く離れました。お金は失われていません。もう一度かざすと結果が分かります。',
    failed: '支払いできませんでした',
    failedWhy: 'カードの残高が足りません。',
    again: 'やり直す',
    limit: '次にオンラインになるまで',
    perPayment: '1回の支払い',
    history: '取引',
    shop: 'ベーカリーこむぎ',
    friend: 'はなさんから',
    yesterday: '昨日 18:02',
    waiting: '送金中',
    arrived: '受取済み',
    timeline: 'この支払いの経過',
    left: 'カードから出金',
    leftAt: '2026年11月20日 12:04',
    back: '2026年12月4日までに返金されます',
    claim: '店がまだオンラインになっていません',
    name: 'レシートの表示名',
    nameHint: 'お客様に表示されます',
    nameWrong: '40文字までです',
    theme: '画面の色',
    system: '端末に合わせる',
    light: 'ライト',
    dark: 'ダーク',
    hide: '残高を隠す',
    hideWhy: 'タップすると表示されます',
    offline: 'オフラインです',
    offlineWhy: 'パース同士の支払いはこのまま使えます。端末の中で完了します。',
    nothing: '取引はまだありません',
    nothingWhy: '最初の取引がここに表示されます。',
    pin: '暗証番号を入力',
    wrong: '暗証番号が違います。あと2回です。',
    open: 'シートを開く',
    qr: '受取用チケット',
    home: 'ホーム',
    cards: 'カード',
    settings: '設定',
    sell: '会計',
    busy: '送信中',
    remove: 'カードを削除',
  },
);
const useWords = () => ui.useTexts(TEXTS);

function Charge() {
  const t = useWords();
  const [typed, type] = ui.useTyped();
  return (
    <>
      <h1 className="sk-unseen">{t.amount}</h1>
      <div style={{ textAlign: 'center', paddingBlock: '1.5rem 0' }}>
        <ui.Money amount={typed.amount} size="large" />
      </div>
      <ui.Keypad typed={typed} onType={type} most={100_000n} />
      <ui.Button tone="primary" wide icon={Store} disabled={typed.amount === 0n}>
        {t.charge}
      </ui.Button>
    </>
  );
}

function Home() {
  const t = useWords();
  return (
    <>
      <h1 className="sk-unseen">{t.home}</h1>
      <ui.Banner mood="wait" title={t.offline}>
        <p>{t.offlineWhy}</p>
      </ui.Banner>
      <div style={{ textAlign: 'center' }}>
        <ui.Money amount={12_480n} size="large" />
      </div>
      <ui.Meter label={t.perPayment} used={0n} most={10_000n} />
      <ui.Meter label={t.limit} used={26_500n} most={30_000n} />
      <h2>{t.history}</h2>
      <ui.Rows name={t.history}>
        <ui.Row
          icon={Store}
          title={t.shop}
          detail={t.yesterday}
          end={<ui.Money amount={-540n} signed />}
          onPress={() => undefined}
        />
        <ui.Row
          icon={Wallet}
          title={t.friend}
          detail={<ui.Badge mood="wait">{t.waiting}</ui.Badge>}
          end={<ui.Money amount={2_000n} signed />}
          onPress={() => undefined}
        />
      </ui.Rows>
      <h2>{t.timeline}</h2>
      <ui.Timeline
        name={t.timeline}
        steps={[
          { state: 'done', title: t.left, detail: t.leftAt },
          { state: 'now', title: t.claim },
          { state: 'due', title: t.back },
        ]}
      />
    </>
  );
}

function Parts() {
  const t = useWords();
  const [theme, setTheme] = ui.useTheme();
  const [name, setName] = useState('');
  const [hidden, setHidden] = useState(false);
  const [open, setOpen] = useState(false);
  return (
    <>
      <h1>{t.settings}</h1>
      <ui.Segments
        name={t.theme}
        choices={ui.THEMES.map((value) => ({ value, label: t[value] }))}
        value={theme}
        onChange={setTheme}
      />
      <ui.Switch label={t.hide} detail={t.hideWhy} on={hidden} onChange={setHidden} />
      <p>
        <ui.Money amount={12_480n} hidden={hidden} />
      </p>
      <ui.Field
        label={t.name}
        value={name}
        onChange={setName}
        hint={t.nameHint}
        error={name.length > 40 ? t.nameWrong : undefined}
      />
      <div className="sk-actions">
        <ui.Button tone="primary">{t.charge}</ui.Button>
        <ui.Button icon={Receipt} onPress={() => setOpen(true)}>
          {t.open}
        </ui.Button>
        <ui.Button busy>{t.busy}</ui.Button>
        <ui.Button disabled>{t.charge}</ui.Button>
        <ui.Button tone="quiet">{t.cancel}</ui.Button>
        <ui.Button tone="danger">{t.remove}</ui.Button>
      </div>
      <ui.Banner mood="bad" title={t.failed}>
        <p>{t.failedWhy}</p>
      </ui.Banner>
      <p>
        <ui.Badge mood="good">{t.arrived}</ui.Badge> <ui.Badge mood="bad">{t.failed}</ui.Badge>{' '}
        <ui.Badge>{t.receipt}</ui.Badge>
      </p>
      <ui.EmptyState icon={History} title={t.nothing}>
        {t.nothingWhy}
      </ui.EmptyState>
      <ui.Sheet title={t.receipt} open={open} onClose={() => setOpen(false)}>
        <ui.QrCode text="https://example.com/ticket/0123456789abcdef" name={t.qr} />
      </ui.Sheet>
    </>
  );
}

function Pin({ error }: { readonly error?: string }) {
  const t = useWords();
  return <ui.PinPad label={t.pin} error={error} onDone={() => undefined} />;
}

function Result({ kind }: { readonly kind: ui.ResultKind }) {
  const t = useWords();
  const title = { done: t.paid, failed: t.failed, unknown: t.unknown }[kind];
  const detail = { done: undefined, failed: t.failedWhy, unknown: t.unknownWhy }[kind];
  return (
    <ui.ResultStage kind={kind} title={title} amount={kind === 'done' ? 1_280n : undefined} detail={detail}>
      <ui.Button wide icon={kind === 'done' ? Receipt : CreditCard}>
        {kind === 'done' ? t.receipt : t.again}
      </ui.Button>
      <ui.Button wide>{t.done}</ui.Button>
    </ui.ResultStage>
  );
}

function Tap({ state }: { readonly state: ui.TapState }) {
  const t = useWords();
  return (
    <ui.TapStage state={state} amount={1_280n} says={state === 'lost' ? t.unknown : t.tap}>
      <ui.Button wide>{t.cancel}</ui.Button>
    </ui.TapStage>
  );
}

const WrongPin = () => <Pin error={useWords().wrong} />;

export const ROOMS: Readonly<Record<string, () => React.ReactNode>> = {
  parts: () => <Parts />,
  home: () => <Home />,
  charge: () => <Charge />,
  tap: () => <Tap state="waiting" />,
  lost: () => <Tap state="lost" />,
  paid: () => <Result kind="done" />,
  failed: () => <Result kind="failed" />,
  unknown: () => <Result kind="unknown" />,
  pin: () => <WrongPin />,
  ...TILL_ROOMS,
};

export function Gallery({ room }: { readonly room: string }) {
  const t = useWords();
  const rooms = [
    { value: 'home', label: t.home, icon: House },
    { value: 'sell', label: t.sell, icon: QrIcon },
    { value: 'cards', label: t.cards, icon: CreditCard },
    { value: 'settings', label: t.settings, icon: Settings },
  ] as const;
  const Inside = ROOMS[room] ?? ROOMS.parts;
  if (room.startsWith('full-')) return Inside && <Inside />;
  return (
    <ui.Shell
      title="Sokkin"
      status={<ui.NetworkBadge online={room !== 'home'} />}
      rooms={rooms}
      room="home"
      wide={room === 'wide'}
    >
      {Inside && <Inside />}
    </ui.Shell>
  );
}
