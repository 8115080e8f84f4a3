/** What a card is called, and how it leaves this phone: lost, or no longer wanted here. */
import { Banner, Button, catalogue, Field, momentText, Sheet, useLanguage, useTexts } from '@sokkin/ui';
import { PencilLine, ShieldAlert, Trash2 } from 'lucide-react';
import { useState } from 'react';
import type { KeptCard } from '../../keep/cards.ts';
import type { Cards } from '../../wallet/cards/cards.ts';

const TEXTS = catalogue(
  {
    manage: 'This card',
    rename: 'Change its name',
    name: 'Name of the card',
    nameHint: 'Only this phone knows the name.',
    keep: 'Keep the name',
    lost: 'It is gone',
    claim: 'How the report stands',
    remove: 'Remove from this phone',
    removeTitle: 'Remove this card?',
    removeWhy:
      'The card itself stays as it is, with its money. What this phone carries for it stays on this phone.',
    removeTickets:
      'It has tickets of the card. They go on keeping room free on it: hold it here and give them back first.',
    removeNow: 'Remove it',
    stay: 'Keep it',
    paired: (when: string) => `Added ${when}`,
  },
  {
    manage: 'このカードについて',
    rename: '名前を変える',
    name: 'カードの名前',
    nameHint: '名前を知っているのはこのスマホだけです。',
    keep: 'この名前にする',
    lost: 'カードをなくした',
    claim: '届け出の状況',
    remove: 'このスマホから外す',
    removeTitle: 'このカードを外しますか',
    removeWhy: 'カードもその中のお金もそのままです。このスマホが預かっているお金は、スマホに残ります。',
    removeTickets:
      'このスマホにはカードのチケットがあり、カードの空きが確保されたままになります。先にかざして返してください。',
    removeNow: '外す',
    stay: 'やめる',
    paired: (when: string) => `${when}に追加`,
  },
);

export interface ManageProps {
  readonly cards: Cards;
  readonly card: KeptCard;
  readonly onLost: () => void;
  readonly onGone: () => void;
}

export function Manage({ cards, card, onLost, onGone }: ManageProps) {
  const t = useTexts(TEXTS);
  const { language } = useLanguage();
  const [open, setOpen] = useState<'name' | 'remove'>();
  const [name, setName] = useState(card.name);
  const close = () => setOpen(undefined);
  return (
    <section className="w-card" aria-labelledby="card-manage">
      <h2 id="card-manage">{t.manage}</h2>
      <p className="sk-soft">{t.paired(momentText(new Date(card.pairedAt), language))}</p>
      <Button wide icon={PencilLine} onPress={() => setOpen('name')}>
        {t.rename}
      </Button>
      {card.isMine !== false && (
        <Button wide tone="danger" icon={ShieldAlert} onPress={onLost}>
          {card.claim === undefined ? t.lost : t.claim}
        </Button>
      )}
      <Button wide tone="quiet" icon={Trash2} onPress={() => setOpen('remove')}>
        {t.remove}
      </Button>
      <Sheet title={t.rename} open={open === 'name'} onClose={close}>
        <form
          className="w-stack"
          onSubmit={(event) => {
            event.preventDefault();
            if (name.trim() !== '') void cards.rename(card.id, name.trim()).then(close);
          }}
        >
          <Field label={t.name} value={name} onChange={setName} hint={t.nameHint} maxLength={24} />
          <Button tone="primary" wide submits disabled={name.trim() === ''}>
            {t.keep}
          </Button>
        </form>
      </Sheet>
      <Sheet title={t.removeTitle} open={open === 'remove'} onClose={close}>
        <div className="w-stack">
          <p>{t.removeWhy}</p>
          {card.takes !== undefined && <Banner mood="wait" title={t.removeTickets} />}
          <Button wide tone="danger" onPress={() => void cards.remove(card.id).then(onGone)}>
            {t.removeNow}
          </Button>
          <Button wide onPress={close}>
            {t.stay}
          </Button>
        </div>
      </Sheet>
    </section>
  );
}
