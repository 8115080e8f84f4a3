/** What came in by each way of payment. */
import type { DayTotals } from '@sokkin/sdk/acceptance';
import { catalogue, Money, useTexts } from '@sokkin/ui';
import { WAYS } from '../../words.ts';

const TEXTS = catalogue(
  {
    name: 'By way of payment',
    way: 'Way',
    count: 'Number',
    amount: 'Amount',
    refunds: 'Refunds',
    net: 'Net',
    declined: 'Not paid',
    cancelled: 'Cancelled',
  },
  {
    name: '支払い方法ごと',
    way: '方法',
    count: '件数',
    amount: '金額',
    refunds: '返金',
    net: '差引',
    declined: '不成立',
    cancelled: '中止',
  },
);
const ORDER = ['purse', 'emv_online', 'emv_offline'] as const;

export function Ways({ totals }: { readonly totals: DayTotals }) {
  const t = useTexts(TEXTS);
  const ways = useTexts(WAYS);
  const rows = [
    ...ORDER.map((way) => ({ label: ways[way], ...totals.sales[way] })),
    { label: t.refunds, count: totals.refunds.count, amount: -totals.refunds.amount },
  ];
  return (
    <section className="t-card">
      <table className="sk-table">
        <caption className="sk-strong">{t.name}</caption>
        <thead>
          <tr>
            <th scope="col">{t.way}</th>
            <th scope="col">{t.count}</th>
            <th scope="col">{t.amount}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ label, count, amount }) => (
            <tr key={label}>
              <th scope="row">{label}</th>
              <td className="sk-number">{count}</td>
              <td>
                <Money amount={amount} />
              </td>
            </tr>
          ))}
        </tbody>
        <tfoot>
          <tr>
            <th scope="row">{t.net}</th>
            <td />
            <td>
              <Money amount={totals.net} />
            </td>
          </tr>
        </tfoot>
      </table>
      <p className="sk-soft sk-number">
        {t.declined} {totals.declined} · {t.cancelled} {totals.cancelled}
      </p>
    </section>
  );
}
