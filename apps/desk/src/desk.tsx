/** Two phones on a desk, a network to switch off, scissors, and every byte that goes between the phones. */
import {
  Badge,
  Button,
  catalogue,
  keep,
  kept,
  LANGUAGES,
  Mark,
  Money,
  Segments,
  Switch,
  useLanguage,
  useTexts,
  useTheme,
} from '@sokkin/ui';
import { RotateCcw, Scissors } from 'lucide-react';
import { useEffect, useState } from 'react';
import { useBooks } from './books.ts';
import { type Cut, cutNext } from './field.ts';
import { Trace } from './trace.tsx';

const TEXTS = catalogue(
  {
    title: 'Sokkin Desk',
    lead: 'Two phones. Open both wallets, press Receive in one and Pay in the other. Then switch the network off and do it again.',
    language: 'Language',
    phone: (name: string) => `Phone of ${name}`,
    network: 'Network',
    networkOn: 'The phones reach their bank',
    networkOff: 'The phones are on their own',
    scissors: 'Scissors',
    scissorsWhy: 'Cuts the next tap there. Then hold the phones together again.',
    at: 'Where the next tap is cut',
    command: (n: number) => `before answer ${n}`,
    response: (n: number) => `after answer ${n}`,
    none: 'Not at all',
    armed: 'The next tap will be cut',
    cut: 'The tap was cut',
    fresh: 'New phones',
    books: "The central bank's books",
    issued: 'Issued',
    online: 'In accounts',
    offline: 'In purses',
    inFlight: 'Not compared yet',
    redeemed: 'Redeemed',
    holds: 'Right to the last yen',
    broken: 'They do not add up',
    waiting: 'Not reachable',
  },
  {
    title: 'Sokkin デスク',
    lead: '2台のスマホがあります。両方でウォレットを開き、片方で「受け取る」、もう片方で「支払う」を押してください。次に、ネットワークを切って同じことをしてみてください。',
    language: '言語',
    phone: (name: string) => `${name}のスマホ`,
    network: 'ネットワーク',
    networkOn: 'スマホは銀行につながります',
    networkOff: 'スマホはどこにもつながりません',
    scissors: 'はさみ',
    scissorsWhy: '次のタッチを途中で切ります。そのあと、もう一度かざしてください。',
    at: '次のタッチを切る場所',
    command: (n: number) => `${n}回目の応答の前`,
    response: (n: number) => `${n}回目の応答の後`,
    none: '切らない',
    armed: '次のタッチが切れます',
    cut: 'タッチが切れました',
    fresh: '新しいスマホにする',
    books: '中央銀行の帳簿',
    issued: '発行',
    online: '口座',
    offline: 'ウォレット',
    inFlight: '未照合',
    redeemed: '回収',
    holds: '1円まで一致',
    broken: '一致しません',
    waiting: 'つながりません',
  },
);

const NAMES = { ja: ['はな', 'たろう'], en: ['Hanako', 'Taro'] } as const;
const LANGUAGE_NAMES = { ja: '日本語', en: 'English' } as const;
/** Read by the wallets, too: apps/wallet/src/wallet/network.ts. */
const NETWORK = 'sokkin.network';
/** Which pair of phones is on the desk. */
const PAIR = 'sokkin.desk.pair';

export function Desk() {
  const t = useTexts(TEXTS);
  const { language, choose } = useLanguage();
  useTheme();
  const [pair, setPair] = useState(() => kept(PAIR) ?? '1');
  const fresh = () => {
    const next = String(Number(pair) + 1);
    keep(PAIR, next);
    setPair(next);
  };
  return (
    <div className="d-desk">
      <header className="d-head">
        <Mark />
        <h1>{t.title}</h1>
        <Segments
          name={t.language}
          choices={LANGUAGES.map((value) => ({ value, label: LANGUAGE_NAMES[value] }))}
          value={language}
          onChange={choose}
        />
      </header>
      <main className="d-main">
        <p className="d-lead sk-soft">{t.lead}</p>
        <section className="d-phones">
          {NAMES[language].map((name, i) => (
            <figure key={`${pair}-${name}`} className="d-phone">
              <iframe title={t.phone(name)} src={`/wallet/?wallet=desk${pair}p${i + 1}`} />
              <figcaption>{t.phone(name)}</figcaption>
            </figure>
          ))}
        </section>
        <aside className="d-side">
          <Tools onFresh={fresh} />
          <Trace />
        </aside>
      </main>
      <BooksLine />
    </div>
  );
}

const CUTS: readonly Cut[] = [1, 2, 3].flatMap((exchange) => [
  { exchange, when: 'command' as const },
  { exchange, when: 'response' as const },
]);

function Tools({ onFresh }: { readonly onFresh: () => void }) {
  const t = useTexts(TEXTS);
  const [isOn, setIsOn] = useState(() => kept(NETWORK) !== 'off');
  const [cut, setCut] = useState<Cut>();
  const [wasCut, setWasCut] = useState(false);
  useEffect(() => {
    if (cut === undefined) return;
    return cutNext(cut, () => {
      setCut(undefined);
      setWasCut(true);
    });
  }, [cut]);
  const value = cut === undefined ? '' : `${cut.when}${cut.exchange}`;
  return (
    <section className="d-tools">
      <Switch
        label={t.network}
        detail={isOn ? t.networkOn : t.networkOff}
        on={isOn}
        onChange={(next) => {
          keep(NETWORK, next ? undefined : 'off');
          setIsOn(next);
        }}
      />
      <label className="d-cut">
        <span className="d-cut-name">
          <Scissors aria-hidden size={20} /> {t.scissors}
        </span>
        <select
          aria-label={t.at}
          value={value}
          onChange={(event) => {
            setWasCut(false);
            setCut(CUTS.find((one) => `${one.when}${one.exchange}` === event.target.value));
          }}
        >
          <option value="">{t.none}</option>
          {CUTS.map((one) => (
            <option key={`${one.when}${one.exchange}`} value={`${one.when}${one.exchange}`}>
              {t[one.when](one.exchange)}
            </option>
          ))}
        </select>
        <span className="sk-soft" role="status">
          {cut !== undefined ? t.armed : wasCut ? t.cut : t.scissorsWhy}
        </span>
      </label>
      <Button icon={RotateCcw} onPress={onFresh}>
        {t.fresh}
      </Button>
    </section>
  );
}

/** Always in view. */
function BooksLine() {
  const t = useTexts(TEXTS);
  const books = useBooks();
  const figures = books && [
    [t.issued, books.issued],
    [t.online, books.online],
    [t.offline, books.offline],
    [t.inFlight, books.inFlight],
    [t.redeemed, books.redeemed],
  ];
  return (
    <section className="d-books" aria-label={t.books}>
      <strong>{t.books}</strong>
      <dl>
        {(figures ?? []).map(([name, amount]) => (
          <div key={String(name)}>
            <dt className="sk-soft">{String(name)}</dt>
            <dd>
              <Money amount={BigInt(amount ?? 0n)} />
            </dd>
          </div>
        ))}
      </dl>
      {books === undefined ? (
        <Badge mood="wait">{t.waiting}</Badge>
      ) : (
        <Badge mood={books.holds ? 'good' : 'bad'}>{books.holds ? t.holds : t.broken}</Badge>
      )}
    </section>
  );
}
