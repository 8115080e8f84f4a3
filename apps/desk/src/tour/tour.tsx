/** The tour's panel. What must hold: each step is read out when it comes; what is to be touched next is marked on the desk and named here. */
import { Button, catalogue, useLanguage, useTexts } from '@sokkin/ui';
import { ArrowLeft, ArrowRight, Check, Hand, Play } from 'lucide-react';
import type { Tour } from './use-tour.ts';

const TEXTS = catalogue(
  {
    name: 'Guided tour',
    lead: 'Pay at a shop, then from card to phone to phone with no network at all. Ten minutes, each step explained.',
    start: 'Start the tour',
    resume: (title: string) => `Go on: ${title}`,
    anew: 'From the beginning',
    begin: 'Before we begin',
    one: 'Phase 1: at the shop',
    two: 'Phase 2: from hand to hand, offline',
    end: 'The end',
    of: (n: number, count: number) => `${n} of ${count}`,
    next: 'Next',
    skip: 'Skip',
    back: 'Back',
    leave: 'Leave',
    finish: 'Finish',
    wasDone: (title: string) => `Done: ${title}`,
  },
  {
    name: 'ガイドツアー',
    lead: 'まずお店で支払い、次にネットワークなしで、カードからスマホ、スマホからスマホへ渡します。一つずつ説明します。約10分です。',
    start: 'ツアーを始める',
    resume: (title: string) => `続きから：${title}`,
    anew: '最初から',
    begin: 'はじめに',
    one: 'フェーズ1：お店で',
    two: 'フェーズ2：オフラインで手から手へ',
    end: 'おわりに',
    of: (n: number, count: number) => `${n} / ${count}`,
    next: '次へ',
    skip: '飛ばす',
    back: '戻る',
    leave: 'やめる',
    finish: '終わる',
    wasDone: (title: string) => `できました：${title}`,
  },
);

export function TourPanel({ tour }: { readonly tour: Tour }) {
  const t = useTexts(TEXTS);
  const { language } = useLanguage();
  const { step, left, done, number, count } = tour;
  if (step === undefined)
    return (
      <section className="d-tour" aria-labelledby="tour">
        <h2 id="tour">{t.name}</h2>
        <p>{t.lead}</p>
        <div className="d-tour-ways">
          {left !== undefined && (
            <Button tone="primary" icon={Play} onPress={tour.resume}>
              {t.resume(left.says[language].title)}
            </Button>
          )}
          <Button tone={left === undefined ? 'primary' : 'quiet'} icon={Play} onPress={tour.start}>
            {left === undefined ? t.start : t.anew}
          </Button>
        </div>
      </section>
    );
  const says = step.says[language];
  const isLast = number === count;
  return (
    <section className="d-tour" aria-label={t.name}>
      <p className="d-tour-phase">
        <span>{t[step.phase]}</span>
        <span className="sk-soft sk-number">{t.of(number, count)}</span>
      </p>
      <progress className="d-tour-bar" max={count} value={number} aria-label={t.of(number, count)} />
      <div className="d-tour-says" aria-live="polite">
        {done !== undefined && (
          <p className="d-tour-done">
            <Check aria-hidden size={16} strokeWidth={3} />
            {t.wasDone(done.says[language].title)}
          </p>
        )}
        <h2>{says.title}</h2>
        {says.do !== undefined && (
          <p className="d-tour-do">
            <Hand aria-hidden size={20} />
            <span>{says.do}</span>
          </p>
        )}
        <p>{says.why}</p>
      </div>
      <div className="d-tour-ways">
        {number > 1 && (
          <Button tone="quiet" icon={ArrowLeft} onPress={tour.back}>
            {t.back}
          </Button>
        )}
        <Button
          tone={step.done === undefined ? 'primary' : 'plain'}
          icon={isLast ? Check : ArrowRight}
          onPress={isLast ? tour.leave : tour.next}
        >
          {isLast ? t.finish : step.done === undefined ? t.next : t.skip}
        </Button>
        {!isLast && (
          <Button tone="quiet" onPress={tour.leave}>
            {t.leave}
          </Button>
        )}
      </div>
    </section>
  );
}
