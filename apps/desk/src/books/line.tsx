/** The ledger's own sum, always in view: what was issued is in accounts, in purses, on its way, or came back. */
import { Badge, catalogue, Money, useTexts } from '@sokkin/ui';
import type { Books } from './books.ts';

const TEXTS = catalogue(
  {
    books: "The central bank's books",
    issued: 'Issued',
    online: 'in accounts',
    offline: 'in purses',
    inFlight: 'in flight',
    ahead: "waiting for its payer's sync",
    redeemed: 'given back',
    holds: 'Adds up to the last yen',
    broken: 'Does not add up',
    waiting: 'Not reachable',
  },
  {
    books: '中央銀行の帳簿',
    issued: '発行',
    online: '口座',
    offline: 'ウォレットとカード',
    inFlight: '移動中',
    ahead: '支払側の同期待ち',
    redeemed: '回収',
    holds: '1円まで一致',
    broken: '一致しません',
    waiting: 'つながりません',
  },
);

export function BooksLine({ books }: { readonly books: Books | undefined }) {
  const t = useTexts(TEXTS);
  return (
    <section className="d-books" aria-label={t.books}>
      <h2>{t.books}</h2>
      {books !== undefined && (
        <p className="d-sum">
          <Term name={t.issued} amount={books.issued} />
          <span className="d-sign">=</span>
          <Term name={t.online} amount={books.online} />
          <span className="d-sign">+</span>
          <Term name={t.offline} amount={books.offline} />
          <InFlight amount={books.inFlight} />
          {books.redeemed > 0n && (
            <>
              <span className="d-sign">+</span>
              <Term name={t.redeemed} amount={books.redeemed} />
            </>
          )}
        </p>
      )}
      {books === undefined ? (
        <Badge mood="wait">{t.waiting}</Badge>
      ) : (
        <Badge mood={books.holds ? 'good' : 'bad'}>{books.holds ? t.holds : t.broken}</Badge>
      )}
    </section>
  );
}

/** Below zero: what was paid on and synced by its payee first is counted in both purses until its payer syncs, too. */
function InFlight({ amount }: { readonly amount: bigint }) {
  const t = useTexts(TEXTS);
  const isAhead = amount < 0n;
  return (
    <>
      <span className="d-sign">{isAhead ? '−' : '+'}</span>
      <Term name={isAhead ? t.ahead : t.inFlight} amount={isAhead ? -amount : amount} />
    </>
  );
}

function Term({ name, amount }: { readonly name: string; readonly amount: bigint }) {
  return (
    <span className="d-term">
      <span className="sk-soft">{name}</span> <Money amount={amount} />
    </span>
  );
}
