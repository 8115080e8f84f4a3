/** The day: what came in, by which way, when; closing it. What must hold: figures are the shop's, as of the last close; a day is closed by who may, and only once what waits was sent. */
import {
  Banner,
  catalogue,
  DayChart,
  Figures,
  Money,
  momentText,
  Segments,
  useLanguage,
  useTexts,
} from '@sokkin/ui';
import { useState } from 'react';
import { useNow } from '../shop-context.tsx';
import { CloseDay } from './close-day.tsx';
import { ClosedDays } from './closed-days.tsx';
import { Ways } from './ways.tsx';

const TEXTS = catalogue(
  {
    title: 'Day',
    since: (at: string) => `since ${at}`,
    net: 'Sales less refunds',
    count: 'Payments',
    average: 'On average',
    refunds: 'Refunds',
    byHour: 'Sales by hour',
    soFar: 'Sales so far',
    hour: 'Hour',
    sales: 'Sales',
    how: 'Chart',
    bars: 'By hour',
    line: 'So far',
    unfinished: (n: number) => `${n} not known yet`,
    unfinishedWhy: 'They are gone on with by themselves; the history says what became of them.',
  },
  {
    title: '日計',
    since: (at: string) => `${at}から`,
    net: '売上（返金を除く）',
    count: '件数',
    average: '平均単価',
    refunds: '返金',
    byHour: '時間ごとの売上',
    soFar: '売上の累計',
    hour: '時',
    sales: '売上',
    how: 'グラフ',
    bars: '時間ごと',
    line: '累計',
    unfinished: (n: number) => `結果待ち ${n}件`,
    unfinishedWhy: '自動で処理が続きます。結果は履歴に表示されます。',
  },
);

export default function Day() {
  const t = useTexts(TEXTS);
  const { language } = useLanguage();
  const { day } = useNow();
  const ways = Object.values(day.sales);
  const count = ways.reduce((sum, one) => sum + one.count, 0);
  const gross = ways.reduce((sum, one) => sum + one.amount, 0n);
  return (
    <div className="t-split">
      <div className="t-stack">
        <h1>{t.title}</h1>
        <Figures
          figures={[
            {
              label: t.net,
              value: <Money amount={day.net} />,
              detail: t.since(momentText(new Date(day.from), language)),
            },
            { label: t.count, value: <span className="sk-number">{count}</span> },
            { label: t.average, value: <Money amount={count === 0 ? 0n : gross / BigInt(count)} /> },
            {
              label: t.refunds,
              value: <Money amount={-day.refunds.amount} />,
            },
          ]}
        />
        {day.unfinished > 0 && (
          <Banner mood="wait" title={t.unfinished(day.unfinished)}>
            <p>{t.unfinishedWhy}</p>
          </Banner>
        )}
        <Chart />
      </div>
      <div className="t-stack">
        <Ways totals={day} />
        <CloseDay />
        <ClosedDays />
      </div>
    </div>
  );
}

function Chart() {
  const t = useTexts(TEXTS);
  const { day } = useNow();
  const [kind, setKind] = useState<'bars' | 'line'>('bars');
  const hours = openHours(day.hours);
  let sum = 0n;
  const points = hours.map(({ hour, amount }) => {
    sum += amount;
    // Refunds alone may take an hour below zero; a bar cannot show it, the table of ways does.
    const shown = kind === 'bars' ? amount : sum;
    return { label: `${hour}:00`, amount: shown < 0n ? 0n : shown };
  });
  return (
    <section className="t-card">
      <Segments
        name={t.how}
        value={kind}
        onChange={setKind}
        choices={[
          { value: 'bars', label: t.bars },
          { value: 'line', label: t.line },
        ]}
      />
      <DayChart
        name={kind === 'bars' ? t.byHour : t.soFar}
        axis={t.hour}
        figure={t.sales}
        kind={kind}
        points={points}
      />
    </section>
  );
}

/** A shop's usual hours, and whatever was sold outside of them. */
function openHours(hours: readonly bigint[]): readonly { readonly hour: number; readonly amount: bigint }[] {
  const all = hours.map((amount, hour) => ({ hour, amount }));
  const busy = all.filter(({ amount }) => amount !== 0n).map(({ hour }) => hour);
  const [first, last] = [Math.min(9, ...busy), Math.max(18, ...busy)];
  return all.slice(first, last + 1);
}
