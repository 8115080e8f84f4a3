/** The slip of a sale. What must hold: of the card's number only the last four digits stand on it; what was not paid is never called paid. */

import type { TillEntry } from '@sokkin/terminal';
import { catalogue, moneyText, useLanguage, useTexts } from '@sokkin/ui';

const TEXTS = catalogue(
  {
    title: 'SALE',
    date: 'Date',
    reference: 'Reference',
    card: 'Card',
    aid: 'AID',
    approval: 'Approval',
    code: 'Response',
    amount: 'AMOUNT',
    isPaid: 'APPROVED',
    isOffline: 'APPROVED OFFLINE',
    isDeclined: 'DECLINED',
    isReversed: 'NOT PAID',
  },
  {
    title: 'お買上げ',
    date: '日時',
    reference: '伝票番号',
    card: 'カード番号',
    aid: 'AID',
    approval: '承認番号',
    code: '応答コード',
    amount: '金額',
    isPaid: '承認されました',
    isOffline: 'オフライン承認',
    isDeclined: '承認されませんでした',
    isReversed: 'お支払いなし',
  },
);

export function Slip({ entry, shop }: { readonly entry: TillEntry; readonly shop: string }) {
  const t = useTexts(TEXTS);
  const { language } = useLanguage();
  const { card, local, reference, approvalCode, code, asked } = entry;
  const rows = [
    [t.date, dateOf(local)],
    [t.reference, reference],
    [t.card, card.pan],
    [t.aid, card.aid.toUpperCase()],
    [t.approval, approvalCode],
    [t.code, code],
  ] as const;
  return (
    <div className="d-slip">
      <p>{shop}</p>
      <p>{t.title}</p>
      <dl>
        {rows.map(
          ([name, value]) =>
            value !== undefined &&
            value !== '' && (
              <div key={name}>
                <dt>{name}</dt>
                <dd>{value}</dd>
              </div>
            ),
        )}
        <div className="d-slip-amount">
          <dt>{t.amount}</dt>
          <dd>{moneyText(asked, language)}</dd>
        </div>
      </dl>
      <p className="sk-strong">{verdictOf(entry, t)}</p>
    </div>
  );
}

type Texts = (typeof TEXTS)['en'] | (typeof TEXTS)['ja'];

function verdictOf({ standing, kind }: TillEntry, t: Texts): string {
  switch (standing) {
    case 'approved':
    case 'queued':
    case 'sent':
      return kind === 'offline' ? t.isOffline : t.isPaid;
    case 'declined':
    case 'refused':
      return t.isDeclined;
    case 'open':
    case 'reversing':
    case 'reversed':
      return t.isReversed;
  }
}

const dateOf = (local: string): string => {
  const [y, m, d, h, min] = local.match(/../g) ?? [];
  return `20${y}-${m}-${d} ${h}:${min}`;
};
