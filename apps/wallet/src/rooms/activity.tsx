/** Everything that happened: to search, to look at, to take along as a file. */
import { Button, catalogue, EmptyState, Field, late, Rows, Segments, Sheet, useTexts } from '@sokkin/ui';
import { Download, History, SearchX } from 'lucide-react';
import { useState } from 'react';
import type { MoneyRecord } from '../keep/store.ts';
import { csvOf } from '../wallet/csv.ts';
import { usePeople } from '../wallet/people.ts';
import { useView } from '../wallet/view.ts';
import type { Wallet } from '../wallet/wallet.ts';
import { nameOf } from './people/names.ts';
import { isOut, RecordRow, RecordStory, useRecordWords } from './record.tsx';

/** Seldom looked at, so it comes when it is. */
const After = late(() => import('./people/after.tsx'));

const TEXTS = catalogue(
  {
    title: 'Activity',
    search: 'Search',
    hint: 'An amount, a date, a purse',
    which: 'Which ones',
    all: 'All',
    out: 'Out',
    in: 'In',
    open: 'On its way',
    none: 'Nothing yet',
    noneWhy: 'Your first payment will stand here.',
    nothing: 'Nothing found',
    file: 'Save as CSV',
    one: 'Payment',
  },
  {
    title: '取引',
    search: '検索',
    hint: '金額、日付、相手',
    which: '表示',
    all: 'すべて',
    out: '出金',
    in: '入金',
    open: '送金中',
    none: '取引はまだありません',
    noneWhy: '最初の取引がここに表示されます。',
    nothing: '見つかりません',
    file: 'CSVで保存',
    one: '取引の詳細',
  },
);

const FILTERS = ['all', 'out', 'in', 'open'] as const;
type Filter = (typeof FILTERS)[number];

function passes(filter: Filter, { kind, state }: MoneyRecord): boolean {
  switch (filter) {
    case 'all':
      return true;
    case 'out':
      return isOut(kind);
    case 'in':
      return !isOut(kind);
    case 'open':
      return isOut(kind) && state === 'open';
  }
}

export function Activity({ wallet }: { readonly wallet: Wallet }) {
  const t = useTexts(TEXTS);
  const words = useRecordWords();
  const { records } = useView(wallet.parts.showing);
  const people = usePeople(wallet);
  const [text, setText] = useState('');
  const [filter, setFilter] = useState<Filter>('all');
  const [shown, setShown] = useState<string>();
  if (records.length === 0)
    return (
      <>
        <h1>{t.title}</h1>
        <EmptyState icon={History} title={t.none}>
          {t.noneWhy}
        </EmptyState>
      </>
    );
  const found = records.filter(
    (record) =>
      passes(filter, record) &&
      `${words(record)} ${nameOf(people, record.counterparty)?.toLowerCase()}`.includes(
        text.trim().toLowerCase(),
      ),
  );
  const one = records.find(({ id }) => id === shown);
  return (
    <>
      <h1>{t.title}</h1>
      <div className="w-filters">
        <Field label={t.search} value={text} onChange={setText} hint={t.hint} type="search" />
        <Segments
          name={t.which}
          choices={FILTERS.map((value) => ({ value, label: t[value] }))}
          value={filter}
          onChange={setFilter}
        />
      </div>
      {found.length === 0 ? (
        <EmptyState icon={SearchX} title={t.nothing} />
      ) : (
        <Rows name={t.title}>
          {found.map((record) => (
            <RecordRow
              key={record.id}
              record={record}
              who={nameOf(people, record.counterparty)}
              onPress={() => setShown(record.id)}
            />
          ))}
        </Rows>
      )}
      <Button icon={Download} onPress={() => save(found)}>
        {t.file}
      </Button>
      <Sheet title={t.one} open={one !== undefined} onClose={() => setShown(undefined)}>
        {one !== undefined && (
          <div className="w-stack">
            <RecordStory record={one} who={nameOf(people, one.counterparty)} />
            <After wallet={wallet} record={one} />
          </div>
        )}
      </Sheet>
    </>
  );
}

function save(records: readonly MoneyRecord[]): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([csvOf(records)], { type: 'text/csv' }));
  link.download = 'sokkin.csv';
  link.click();
  URL.revokeObjectURL(link.href);
}
