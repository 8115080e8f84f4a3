/**
 * The desk on which everything can be tapped: phones, a shop, cards, a network to switch off, scissors, every byte that goes between them,
 * and the books.
 */
import { catalogue, LANGUAGES, Mark, Segments, useLanguage, useTexts, useTheme } from '@sokkin/ui';
import { type LucideIcon, ScrollText, Smartphone } from 'lucide-react';
import { useCallback, useEffect, useMemo, useState } from 'react';
import { useBooks } from './books/books.ts';
import { BooksLine } from './books/line.tsx';
import { DeviceFrame } from './devices/device.tsx';
import { useScale } from './devices/scale.ts';
import { CARDS, useHands } from './hold/hands.ts';
import { Tray } from './hold/tray.tsx';
import { NewsRoom } from './news.ts';
import { type CardId, firstSet, idOfPlace, nextSet, PEOPLE, phoneOf } from './set.ts';
import { Tools } from './tools/tools.tsx';
import { type Feature, stepsFor } from './tour/steps.ts';
import { TourPanel } from './tour/tour.tsx';
import { useTour } from './tour/use-tour.ts';
import { Trace } from './trace/trace.tsx';

const TEXTS = catalogue(
  {
    title: 'Sokkin Desk',
    language: 'Language',
    parts: 'Parts of the desk',
    devices: 'Devices',
    trace: 'Trace',
    marked: 'next',
  },
  {
    title: 'Sokkin デスク',
    language: '言語',
    parts: '机の上のもの',
    devices: '端末',
    trace: '電波',
    marked: '次',
  },
);
const LANGUAGE_NAMES = { ja: '日本語', en: 'English' } as const;
const PHONES = ['hanako', 'taro'] as const;

export function Desk() {
  const [set, setSet] = useState(firstSet);
  const [news] = useState(() => new NewsRoom());
  useTheme();
  useEffect(() => news.followField(), [news]);
  return <Things key={set} set={set} news={news} onReset={() => setSet(nextSet(set))} />;
}

interface ThingsProps {
  readonly set: string;
  readonly news: NewsRoom;
  readonly onReset: () => void;
}

function Things({ set, news, onReset }: ThingsProps) {
  const t = useTexts(TEXTS);
  const people = useTexts(PEOPLE);
  const { language, choose } = useLanguage();
  const books = useBooks();
  const [view, setView] = useState<string>('hanako');
  const nameOfCard = (id: CardId) => people.card(people[id]);
  const hands = useHands(set, news, nameOfCard);
  const where = useCallback((place: string | undefined) => idOfPlace(set, place), [set]);
  const features = useMemo(() => new Set<Feature>(), []);
  const steps = useMemo(() => stepsFor(features), [features]);
  const tour = useTour(steps, news, where);
  const marks = tour.step?.marks ?? [];
  const devices = PHONES.map((id) => ({ ...phoneOf(set, id, people[id]), name: people.phone(people[id]) }));
  const room = useScale(devices.length);
  const nameOfPlace = (place: string | undefined): string | undefined => {
    const id = idOfPlace(set, place);
    const card = CARDS.find((one) => one === id);
    return card === undefined ? devices.find((one) => one.id === id)?.name : nameOfCard(card);
  };
  const tabs: readonly Tab[] = [
    ...devices.map(({ id, name }) => ({ id, name, icon: Smartphone })),
    { id: 'trace', name: t.trace, icon: ScrollText },
  ];
  return (
    <div className="d-desk" data-view={view}>
      <header className="d-head">
        <Mark />
        <h1>{t.title}</h1>
        <Tools news={news} marks={marks} onReset={onReset} />
        <Segments
          name={t.language}
          choices={LANGUAGES.map((value) => ({ value, label: LANGUAGE_NAMES[value] }))}
          value={language}
          onChange={choose}
        />
      </header>
      <main className="d-main">
        <TourPanel tour={tour} />
        <Tabs name={t.parts} tabs={tabs} view={view} marks={marks} marked={t.marked} onView={setView} />
        <section className="d-devices" aria-label={t.devices} ref={room}>
          {devices.map(({ id, name, src }) => (
            <DeviceFrame
              key={id}
              id={id}
              name={name}
              kind="phone"
              marked={marks.includes(id)}
              takes={hands.inHand !== undefined}
              onTake={() => hands.inHand !== undefined && hands.holdTo(hands.inHand, id)}
              lying={hands.cards.find(({ on }) => on === id)}
              nameOf={nameOfCard}
              onTakeAway={hands.takeAway}
            >
              <iframe title={name} src={src} />
            </DeviceFrame>
          ))}
        </section>
        <Tray hands={hands} nameOf={nameOfCard} marks={marks} />
        <Trace news={news} nameOf={nameOfPlace} />
      </main>
      <BooksLine books={books} />
    </div>
  );
}

interface Tab {
  readonly id: string;
  readonly name: string;
  readonly icon: LucideIcon;
}

interface TabsProps {
  readonly name: string;
  readonly tabs: readonly Tab[];
  readonly view: string;
  readonly marks: readonly string[];
  readonly marked: string;
  readonly onView: (view: string) => void;
}

/** On a narrow screen one thing is seen at a time. */
function Tabs({ name, tabs, view, marks, marked, onView }: TabsProps) {
  return (
    <nav className="d-tabs" aria-label={name}>
      {tabs.map(({ id, name: label, icon: Icon }) => (
        <button
          key={id}
          type="button"
          aria-current={id === view ? 'true' : undefined}
          data-marked={marks.includes(id) || undefined}
          onClick={() => onView(id)}
        >
          <Icon aria-hidden size={20} />
          <span>{label}</span>
          {marks.includes(id) && <span className="sk-unseen">({marked})</span>}
        </button>
      ))}
    </nav>
  );
}
