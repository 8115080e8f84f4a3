/**
 * What was sold and refunded: to search, to narrow down, to look at, to take along as a file.
 *
 * What must hold: whatever is on the screen was asked of the shop with the filter that is on the screen; a slower, older answer never takes its place.
 */
import { Button, Chips, catalogue, EmptyState, Field, Rows, Sheet, useTexts } from '@sokkin/ui';
import { Download, History as HistoryIcon, SearchX } from 'lucide-react';
import { useState } from 'react';
import type { HistoryFilter } from '../../shop/view.ts';
import { saveFile } from '../save-file.ts';
import { useNow, useShop } from '../shop-context.tsx';
import { useWide } from '../use-wide.ts';
import { Detail } from './detail.tsx';
import { EntryRow } from './entry-row.tsx';
import { useHistory } from './use-history.ts';

const TEXTS = catalogue(
  {
    title: 'History',
    search: 'Search',
    hint: 'An amount, a number, a card',
    when: 'When',
    today: 'Today',
    week: '7 days',
    ever: 'All time',
    which: 'Which ones',
    all: 'All',
    approved: 'Paid',
    refund: 'Refunds',
    declined: 'Not paid',
    queued: 'Not sent',
    unfinished: 'Unfinished',
    none: 'Nothing sold yet',
    noneWhy: 'The first sale will stand here.',
    nothing: 'Nothing found',
    older: 'Show older ones',
    file: 'Save as CSV',
    one: 'Sale',
    pick: 'Choose a sale to see what became of it.',
  },
  {
    title: '履歴',
    search: '検索',
    hint: '金額、番号、カード',
    when: '期間',
    today: '今日',
    week: '7日間',
    ever: 'すべて',
    which: '種類',
    all: 'すべて',
    approved: '支払い済み',
    refund: '返金',
    declined: '不成立',
    queued: '未送信',
    unfinished: '未完了',
    none: '会計はまだありません',
    noneWhy: '最初の会計がここに表示されます。',
    nothing: '見つかりません',
    older: '以前のものを表示',
    file: 'CSVで保存',
    one: '会計の詳細',
    pick: '会計を選ぶと、その経過が表示されます。',
  },
);

const WHEN = ['today', 'week', 'ever'] as const;
type When = (typeof WHEN)[number];
const WHICH = ['all', 'approved', 'refund', 'declined', 'queued', 'unfinished'] as const;
type Which = (typeof WHICH)[number];
const DAY_MS = 86_400_000;

function filterOf(when: When, which: Which, text: string): HistoryFilter {
  const midnight = new Date().setHours(0, 0, 0, 0);
  return {
    ...(when === 'today' && { from: midnight }),
    ...(when === 'week' && { from: midnight - 6 * DAY_MS }),
    ...(which === 'refund' && { kind: 'refund' as const }),
    ...(which === 'approved' && { kind: 'sale' as const, state: which }),
    ...((which === 'declined' || which === 'queued' || which === 'unfinished') && { state: which }),
    ...(text.trim() !== '' && { text: text.trim() }),
  };
}

export default function History() {
  const t = useTexts(TEXTS);
  const shop = useShop();
  const isWide = useWide();
  const { today } = useNow();
  const [text, setText] = useState('');
  const [when, setWhen] = useState<When>('today');
  const [which, setWhich] = useState<Which>('all');
  const [shown, setShown] = useState<string>();
  const filter = filterOf(when, which, text);
  const { entries, more } = useHistory(shop, filter, today);
  const isNarrowed = text.trim() !== '' || which !== 'all' || when !== 'ever';
  const save = async () => saveFile('sokkin-sales.csv', 'text/csv', await shop.csv(filter));
  return (
    <div className="t-split">
      <div className="t-stack">
        <h1>{t.title}</h1>
        <Field
          label={t.search}
          value={text}
          onChange={setText}
          placeholder={t.hint}
          type="search"
          maxLength={60}
        />
        <Chips
          name={t.when}
          value={when}
          onChange={setWhen}
          choices={WHEN.map((value) => ({ value, label: t[value] }))}
        />
        <Chips
          name={t.which}
          value={which}
          onChange={setWhich}
          choices={WHICH.map((value) => ({ value, label: t[value] }))}
        />
        {entries === undefined ? null : entries.length === 0 ? (
          <EmptyState icon={isNarrowed ? SearchX : HistoryIcon} title={isNarrowed ? t.nothing : t.none}>
            {isNarrowed ? undefined : t.noneWhy}
          </EmptyState>
        ) : (
          <Rows name={t.title}>
            {entries.map((entry) => (
              <EntryRow
                key={entry.id}
                entry={entry}
                current={isWide && entry.id === shown}
                onPress={() => setShown(entry.id)}
              />
            ))}
          </Rows>
        )}
        {more !== undefined && <Button onPress={more}>{t.older}</Button>}
        {shop.may('export') && entries !== undefined && entries.length > 0 && (
          <Button icon={Download} onPress={() => void save()}>
            {t.file}
          </Button>
        )}
      </div>
      {isWide ? (
        <section className="t-pane" aria-label={t.one}>
          {shown === undefined ? <p className="sk-soft">{t.pick}</p> : <Detail key={shown} id={shown} />}
        </section>
      ) : (
        <Sheet title={t.one} open={shown !== undefined} onClose={() => setShown(undefined)}>
          {shown !== undefined && <Detail id={shown} />}
        </Sheet>
      )}
    </div>
  );
}
