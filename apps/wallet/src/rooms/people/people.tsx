/** Whom this wallet knows, who asked whom for what, and what was brought by a link. */
import {
  Badge,
  Banner,
  Button,
  catalogue,
  EmptyState,
  Field,
  Money,
  Row,
  Rows,
  Sheet,
  useLanguage,
  useTexts,
} from '@sokkin/ui';
import {
  ArrowDownLeft,
  ArrowUpRight,
  ClipboardPaste,
  HandCoins,
  QrCode as Qr,
  UserRound,
  Users,
} from 'lucide-react';
import { useEffect, useState } from 'react';
import type { Contact, MoneyRequest } from '../../keep/people-store.ts';
import { contactText, type Link, linkTo, MOST_NAME, readLink } from '../../wallet/links.ts';
import { usePeople } from '../../wallet/people.ts';
import { endOldRequests, myContact, takeContact, takeRequest } from '../../wallet/requests.ts';
import { useView } from '../../wallet/view.ts';
import type { Wallet } from '../../wallet/wallet.ts';
import { saysWhy } from '../../words.ts';
import { Ask } from './ask.tsx';
import { useNames } from './names.ts';
import { RequestStory, useRequestState } from './request.tsx';
import { Share } from './share.tsx';

const TEXTS = catalogue(
  {
    title: 'People',
    ask: 'Ask for money',
    me: 'My contact',
    meWhy: 'Who scans it knows your purse again. Your name stands beside it as you typed it.',
    open: 'Open link',
    openHint: 'A request, or a contact',
    link: 'The link',
    openIt: 'Open',
    requests: 'Requests',
    request: 'Request',
    contacts: 'Contacts',
    contact: 'Contact',
    none: 'Nobody yet',
    noneWhy: 'After a payment you can give the other purse a name. It stays in this browser.',
    name: 'Name',
    nameHint: 'Only you see it.',
    save: 'Save',
    remove: 'Remove',
    number: 'Purse',
    added: (name: string) => `${name} is one of your contacts now.`,
  },
  {
    title: '相手',
    ask: '請求する',
    me: '自分の連絡先',
    meWhy: '読み取った相手は、次からあなたのウォレットが分かります。名前は入力したとおりに表示されます。',
    open: 'リンクを開く',
    openHint: '請求または連絡先',
    link: 'リンク',
    openIt: '開く',
    requests: '請求',
    request: '請求',
    contacts: '連絡先',
    contact: '連絡先',
    none: 'まだありません',
    noneWhy: '支払いのあとで、相手のウォレットに名前を付けられます。このブラウザの中だけに保存されます。',
    name: '名前',
    nameHint: 'あなただけに見えます。',
    save: '保存',
    remove: '削除',
    number: 'ウォレット',
    added: (name: string) => `${name}さんを連絡先に追加しました。`,
  },
);

type Shown =
  | { readonly kind: 'request'; readonly id: string }
  | { readonly kind: 'contact'; readonly purse: string }
  | { readonly kind: 'me'; readonly link: string }
  | { readonly kind: 'paste' };

export interface PeopleProps {
  readonly wallet: Wallet;
  /** Came with the address of the page. */
  readonly brought: Link | undefined;
  readonly onTaken: () => void;
  readonly onTap: (request: MoneyRequest) => void;
}

export default function PeopleRoom({ wallet, brought, onTaken, onTap }: PeopleProps) {
  const t = useTexts(TEXTS);
  const { language } = useLanguage();
  const { requests, contacts } = usePeople(wallet);
  const { name } = useView(wallet.parts.showing);
  const [shown, setShown] = useState<Shown>();
  const [asks, setAsks] = useState(false);
  const [says, setSays] = useState<{ readonly mood: 'good' | 'bad'; readonly text: string }>();
  const take = async (link: Link) => {
    if (link.kind === 'join') return;
    const done = link.kind === 'request' ? await takeRequest(wallet, link) : await takeContact(wallet, link);
    if (done.status !== 'ok') return setSays({ mood: 'bad', text: saysWhy(done, { language, by: 'other' }) });
    if (link.kind === 'contact') setSays({ mood: 'good', text: t.added(link.name) });
    setShown(done.value === undefined ? undefined : { kind: 'request', id: done.value.id });
  };
  // biome-ignore lint/correctness/useExhaustiveDependencies: what was brought is taken once
  useEffect(() => {
    void endOldRequests(wallet);
    if (brought === undefined) return;
    onTaken();
    void take(brought);
  }, [brought]);
  const showMe = async () => {
    const me = await myContact(wallet, name);
    if (me.status === 'ok') setShown({ kind: 'me', link: linkTo(contactText(me.value)) });
  };
  if (asks) return <Ask wallet={wallet} onClose={() => setAsks(false)} />;
  return (
    <>
      <h1>{t.title}</h1>
      {says !== undefined && <Banner mood={says.mood} title={says.text} />}
      <Button tone="primary" wide icon={HandCoins} onPress={() => setAsks(true)}>
        {t.ask}
      </Button>
      <div className="w-two">
        <Button wide icon={Qr} onPress={() => void showMe()}>
          {t.me}
        </Button>
        <Button wide icon={ClipboardPaste} onPress={() => setShown({ kind: 'paste' })}>
          {t.open}
        </Button>
      </div>
      {requests.length > 0 && (
        <Requests wallet={wallet} requests={requests} onPick={(id) => setShown({ kind: 'request', id })} />
      )}
      <section className="w-stack" aria-labelledby="contacts">
        <h2 id="contacts">{t.contacts}</h2>
        {contacts.size === 0 ? (
          <EmptyState icon={Users} title={t.none}>
            {t.noneWhy}
          </EmptyState>
        ) : (
          <Rows name={t.contacts}>
            {[...contacts.values()].map((one) => (
              <Row
                key={one.purse}
                icon={UserRound}
                title={one.name}
                detail={one.purse}
                onPress={() => setShown({ kind: 'contact', purse: one.purse })}
              />
            ))}
          </Rows>
        )}
      </section>
      <Shows
        wallet={wallet}
        shown={shown}
        requests={requests}
        contact={shown?.kind === 'contact' ? contacts.get(shown.purse) : undefined}
        onTap={onTap}
        onLink={(link) => {
          setShown(undefined);
          void take(link);
        }}
        onClose={() => setShown(undefined)}
      />
    </>
  );
}

interface RequestsProps {
  readonly wallet: Wallet;
  readonly requests: readonly MoneyRequest[];
  readonly onPick: (id: string) => void;
}

function Requests({ wallet, requests, onPick }: RequestsProps) {
  const t = useTexts(TEXTS);
  const nameOf = useNames(wallet);
  const stateOf = useRequestState();
  return (
    <section className="w-stack" aria-labelledby="requests">
      <h2 id="requests">{t.requests}</h2>
      <Rows name={t.requests}>
        {requests.map((one) => {
          const [mood, state] = stateOf(one);
          const title = one.note === '' ? (one.by === 'mine' ? t.request : nameOf(one.payee)) : one.note;
          return (
            <Row
              key={one.id}
              icon={one.by === 'mine' ? ArrowDownLeft : ArrowUpRight}
              title={title}
              detail={<Badge mood={mood}>{state}</Badge>}
              end={<Money amount={one.by === 'mine' ? one.amount : -one.amount} signed />}
              onPress={() => onPick(one.id)}
            />
          );
        })}
      </Rows>
    </section>
  );
}

interface ShowsProps {
  readonly wallet: Wallet;
  readonly shown: Shown | undefined;
  readonly requests: readonly MoneyRequest[];
  readonly contact: Contact | undefined;
  readonly onTap: (request: MoneyRequest) => void;
  readonly onLink: (link: Link) => void;
  readonly onClose: () => void;
}

function Shows({ wallet, shown, requests, contact, onTap, onLink, onClose }: ShowsProps) {
  const t = useTexts(TEXTS);
  const request = shown?.kind === 'request' ? requests.find(({ id }) => id === shown.id) : undefined;
  const titles = { request: t.request, contact: t.contact, me: t.me, paste: t.open };
  return (
    <Sheet title={shown === undefined ? '' : titles[shown.kind]} open={shown !== undefined} onClose={onClose}>
      {request !== undefined && <RequestStory wallet={wallet} request={request} onTap={onTap} />}
      {contact !== undefined && <ContactCard wallet={wallet} contact={contact} onClose={onClose} />}
      {shown?.kind === 'paste' && <Paste onLink={onLink} />}
      {shown?.kind === 'me' && (
        <div className="w-stack">
          <p className="sk-soft">{t.meWhy}</p>
          <Share link={shown.link} name={t.me} />
        </div>
      )}
    </Sheet>
  );
}

function Paste({ onLink }: { readonly onLink: (link: Link) => void }) {
  const t = useTexts(TEXTS);
  const { language } = useLanguage();
  const [text, setText] = useState('');
  const [fault, setFault] = useState<string>();
  const open = () => {
    try {
      onLink(readLink(text));
    } catch {
      setFault(saysWhy({ status: 'said', code: 'bad_link', message: '' }, { language }));
    }
  };
  return (
    <form
      className="w-stack"
      onSubmit={(event) => {
        event.preventDefault();
        open();
      }}
    >
      <Field
        label={t.link}
        hint={t.openHint}
        value={text}
        onChange={setText}
        error={fault}
        autoComplete="off"
      />
      <Button tone="primary" wide submits disabled={text.trim() === ''}>
        {t.openIt}
      </Button>
    </form>
  );
}

interface ContactCardProps {
  readonly wallet: Wallet;
  readonly contact: Contact;
  readonly onClose: () => void;
}

function ContactCard({ wallet, contact, onClose }: ContactCardProps) {
  const t = useTexts(TEXTS);
  const { people } = wallet.parts;
  const [name, setName] = useState(contact.name);
  return (
    <form
      className="w-stack"
      onSubmit={(event) => {
        event.preventDefault();
        void people.call(contact.purse, name).then(onClose);
      }}
    >
      <Field label={t.name} hint={t.nameHint} value={name} onChange={setName} maxLength={MOST_NAME} />
      <dl className="w-facts">
        <div>
          <dt className="sk-soft">{t.number}</dt>
          <dd className="sk-number">{contact.purse}</dd>
        </div>
      </dl>
      <Button tone="primary" wide submits disabled={name.trim() === ''}>
        {t.save}
      </Button>
      <Button tone="danger" wide onPress={() => void people.forget(contact.purse).then(onClose)}>
        {t.remove}
      </Button>
    </form>
  );
}
