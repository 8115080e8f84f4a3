/**
 * The guided tour, step by step: what is to be touched, why, and by what the desk knows that it was done.
 *
 * What must hold: a step is done when what it asks for was seen on the field, at the switches or in the books, whoever did it and however;
 * a step whose things are not on the desk is not in the tour.
 */
import type { Language } from '@sokkin/ui';
import type { News } from '../news.ts';

export interface Words {
  readonly title: string;
  /** What to do. */
  readonly do?: string;
  /** What happens, and why it matters. */
  readonly why: string;
}

/** By the id of the thing on the desk, not by its name on the field. */
export type Where = (place: string | undefined) => string | undefined;

export interface TourStep {
  readonly id: string;
  readonly phase: 'begin' | 'one' | 'two' | 'end';
  /** Things to touch next. */
  readonly marks: readonly string[];
  /** undefined: the visitor says when it is done. */
  readonly done?: (news: News, where: Where) => boolean;
  readonly needs?: Feature;
  readonly says: Readonly<Record<Language, Words>>;
}

/** Things that may be on the desk. */
export type Feature = 'pos' | 'softpos' | 'carry';

const settled =
  (reader: string, ...holders: readonly string[]) =>
  (news: News, where: Where): boolean =>
    news.kind === 'heard' &&
    news.heard.isOk &&
    news.heard.title === 'SETTLE' &&
    where(news.heard.reader) === reader &&
    holders.includes(where(news.heard.holder) ?? '');

const waits =
  (device: string) =>
  (news: News, where: Where): boolean =>
    news.kind === 'reader' && where(news.place) === device;

const network = (isOn: boolean) => (news: News) => news.kind === 'network' && news.isOn === isOn;

export const STEPS: readonly TourStep[] = [
  {
    id: 'begin',
    phase: 'begin',
    marks: [],
    says: {
      en: {
        title: 'What is on this desk',
        why: 'Two phones with wallets, cards with money on them, a shop. Nothing is played: each is the real program, and what goes between them are the commands that go between a card and a reader. Below stand the books of the central bank: whatever happens here, they add up.',
      },
      ja: {
        title: 'この机にあるもの',
        why: 'ウォレットの入ったスマホが2台、お金の入ったカード、お店。どれも本物のプログラムで、カードとリーダーの間の命令がそのまま流れます。下の帯は中央銀行の帳簿です。何をしても、1円までぴったり合います。',
      },
    },
  },
  {
    id: 'charge',
    phase: 'one',
    marks: ['pos'],
    done: (news) => news.kind === 'sale' && news.state === 'waiting',
    says: {
      en: {
        title: 'An ordinary till',
        do: 'On the POS of the shop type 800 and press Charge.',
        why: 'This terminal knows nothing of digital cash. It speaks with cards as all terminals do (EMV contactless), and with its acquirer as all terminals do (ISO 8583). Nothing in the shop was changed.',
      },
      ja: {
        title: 'ふつうのレジ',
        do: 'お店のPOSで800と入力し、「会計」を押してください。',
        why: 'この端末は、デジタル通貨のことを何も知りません。カードとはEMVコンタクトレス、加盟店管理会社とはISO 8583で話す、いつもの端末です。お店は何も変えていません。',
      },
    },
  },
  {
    id: 'tap',
    phase: 'one',
    marks: ['bank', 'pos'],
    done: (news) => news.kind === 'sale' && news.state === 'approved',
    says: {
      en: {
        title: 'An ordinary card',
        do: 'Drag the bank card onto the POS.',
        why: 'The card signs a cryptogram (ARQC). The message runs to the back-end, which checks it, finds whose number it is, and moves digital currency from the account of the holder to that of the shop.',
      },
      ja: {
        title: 'ふつうのカード',
        do: '銀行のカードを、お店のPOSまで動かしてください。',
        why: 'カードは暗号（ARQC）をつくります。電文を受けたサーバーはそれを確かめ、だれの番号かを調べ、デジタル通貨を本人の口座からお店の口座へ移します。',
      },
    },
  },
  {
    id: 'ledger',
    phase: 'one',
    marks: [],
    says: {
      en: {
        title: 'Only the ledger moved',
        do: 'Open the top line of the trace: 0200, and its answer 0210.',
        why: 'Field 55 holds what the card signed, field 39 the answer 00. Below, what was issued and what is in accounts stand as before: money went from one account to the other, final at once, and none was made.',
      },
      ja: {
        title: '動いたのは台帳だけ',
        do: '「電波の中身」の一番上、0200と応答0210を開いてください。',
        why: '項目55はカードが署名した中身、項目39の00が承認です。下の帯では、発行と口座の額は変わっていません。お金は口座から口座へその場で確定して移り、新しくは生まれていません。',
      },
    },
  },
  {
    id: 'off',
    phase: 'two',
    marks: ['network'],
    done: network(false),
    says: {
      en: {
        title: 'Take the network away',
        do: 'Turn the network switch off.',
        why: 'From here on nobody can ask a bank: a disaster, a tunnel, a mountain hut. What is on a card or in a phone is cash in the hand.',
      },
      ja: {
        title: 'ネットワークを切る',
        do: '「ネットワーク」のスイッチを切ってください。',
        why: 'ここから先は、だれも銀行に問い合わせできません。災害、トンネル、山小屋を思ってください。カードやスマホの中のお金は、手元の現金です。',
      },
    },
  },
  {
    id: 'ask',
    phase: 'two',
    marks: ['hanako'],
    done: waits('hanako'),
    says: {
      en: {
        title: 'A phone asks for money',
        do: "On Hanako's phone press Receive, type 500, press Receive again.",
        why: 'Her purse writes a ticket: the right to be paid once, up to this amount. It keeps room for it, so that the payment can never be refused for being too much.',
      },
      ja: {
        title: 'スマホが受け取りを待つ',
        do: 'はなのスマホで「受け取る」を押し、500と入力して、もう一度「受け取る」を押してください。',
        why: 'はなのウォレットは「チケット」を書きます。この金額までを1回だけ受け取る権利です。その分の空きを取っておくので、支払いが断られることはありません。',
      },
    },
  },
  {
    id: 'card-to-phone',
    phase: 'two',
    marks: ['aoi', 'hanako'],
    done: settled('hanako', 'aoi'),
    says: {
      en: {
        title: 'Card to phone',
        do: "Drag Aoi's card onto Hanako's phone.",
        why: 'The card checks who is to be paid, takes the amount off its balance and signs the payment, in one write. The phone credits it once and signs a receipt. Hanako can spend it at once.',
      },
      ja: {
        title: 'カードからスマホへ',
        do: 'あおいのカードを、はなのスマホまで動かしてください。',
        why: 'カードは相手を確かめ、残高から引いて、支払いに署名します。これが1回の書き込みです。スマホは1回だけ受け取り、受領書に署名します。はなは、そのお金をすぐに使えます。',
      },
    },
  },
  {
    id: 'card-to-card',
    phase: 'two',
    marks: ['hanako', 'kenji', 'aoi'],
    needs: 'carry',
    done: (news, where) =>
      news.kind === 'heard' &&
      news.heard.isOk &&
      news.heard.title === 'CREDIT' &&
      where(news.heard.reader) === 'hanako' &&
      ['aoi', 'kenji'].includes(where(news.heard.holder) ?? ''),
    says: {
      en: {
        title: 'Card to phone to card',
        do: "On Hanako's phone: Done, Cards, From card to card, 400, Begin. Then hold to it Kenji's card, Aoi's card, and Kenji's card again.",
        why: 'The phone only carries: the first touch brings a ticket of the card that gets the money, the second the payment, the third hands it over. The phone owns none of it and can change none of it.',
      },
      ja: {
        title: 'カードからスマホ、スマホからカードへ',
        do: 'はなのスマホで「閉じる」→「カード」→「カードからカードへ」→400→「はじめる」。けんじ、あおい、もう一度けんじの順に、カードをかざしてください。',
        why: 'スマホは運ぶだけです。1回目で受け取るカードのチケット、2回目で支払い、3回目で受け渡し。スマホのお金にはならず、スマホが書き換えることもできません。',
      },
    },
  },
  {
    id: 'phone-to-phone',
    phase: 'two',
    marks: ['hanako', 'taro'],
    done: settled('taro', 'hanako'),
    says: {
      en: {
        title: 'Phone to phone',
        do: "On Taro's phone press Receive, 300, Receive. On Hanako's press Done, Home, Pay, 300, Pay.",
        why: "The same three messages. Among these 300 yen may be what came from Aoi's card a minute ago: money goes from hand to hand, and no bank was asked.",
      },
      ja: {
        title: 'スマホからスマホへ',
        do: 'たろうのスマホで「受け取る」→300→「受け取る」。はなのスマホで「閉じる」→「ホーム」→「支払う」→300→「支払う」。',
        why: '同じ3つのメッセージです。この300円には、さっきあおいのカードから来たお金も入っているかもしれません。銀行に問い合わせずに、手から手へ渡っていきます。',
      },
    },
  },
  {
    id: 'softpos',
    phase: 'two',
    marks: ['softpos', 'kenji'],
    needs: 'softpos',
    done: settled('softpos', 'kenji', 'aoi'),
    says: {
      en: {
        title: 'A shop without a network',
        do: "On the bakery's SoftPOS type 300 and press Charge. Then drag Kenji's card onto it.",
        why: 'The phone of the shop has a purse, too. The money is final and in it at once: nothing waits for a bank, and nothing can be taken back.',
      },
      ja: {
        title: 'ネットワークのないお店',
        do: 'パン屋のSoftPOSで300と入力し、会計を押します。けんじのカードをかざしてください。',
        why: 'お店のスマホにもウォレットがあります。お金はその場で確定して入ります。銀行を待つことも、あとで取り消されることもありません。',
      },
    },
  },
  {
    id: 'cut',
    phase: 'two',
    marks: ['scissors', 'hanako', 'taro'],
    done: (news) => news.kind === 'cut',
    says: {
      en: {
        title: 'Tear a payment',
        do: 'Set the scissors to "after answer 2". Then let Hanako pay Taro 200 as before.',
        why: 'Somebody pulls the phone away at the worst moment: the money has left one purse and has not arrived in the other.',
      },
      ja: {
        title: '支払いを途中で切る',
        do: 'はさみを「2回目の応答の後」にします。それから、先ほどのように、はなからたろうに200円を支払ってください。',
        why: 'いちばん悪いところでスマホが離れた、という場面です。お金は片方を出て、もう片方にはまだ届いていません。',
      },
    },
  },
  {
    id: 'mend',
    phase: 'two',
    marks: ['hanako', 'taro'],
    done: settled('taro', 'hanako'),
    says: {
      en: {
        title: 'Mend it',
        do: 'Hold the phones together again: they do it by themselves here.',
        why: 'The same payment comes once more, and is credited once. Nothing is lost and nothing is paid twice, wherever a tap is torn.',
      },
      ja: {
        title: 'つなぎ直す',
        do: 'もう一度かざします。ここでは、2台がひとりでにかざし直します。',
        why: '同じ支払いがもう一度届き、1回だけ受け取られます。どこで切れても、お金は失われず、二重に支払われることもありません。',
      },
    },
  },
  {
    id: 'on',
    phase: 'two',
    marks: ['network'],
    done: network(true),
    says: {
      en: {
        title: 'Back on the network',
        do: 'Turn the network switch on.',
        why: 'Each phone tells the back-end its journal, a chain of signed entries that leaves nothing out. Payer and payee are compared; a copied purse would stand out.',
      },
      ja: {
        title: 'ネットワークを戻す',
        do: '「ネットワーク」のスイッチを入れてください。',
        why: 'スマホは、抜け落ちのない署名つきの記録をサーバーに送ります。支払った側と受け取った側が照合されます。複製されたウォレットがあれば、ここで見つかります。',
      },
    },
  },
  {
    id: 'end',
    phase: 'end',
    marks: [],
    says: {
      en: {
        title: 'The books add up',
        why: 'What was issued is in accounts, in purses or in flight, to the last yen. Every byte that went by stands in the trace. Go on as you like, or reset the desk.',
      },
      ja: {
        title: '帳簿が合う',
        why: '発行したお金は、口座か、ウォレットとカードか、移動中のどこかに、1円までぴったりあります。流れた中身は1バイトずつ「電波の中身」に残っています。このまま自由に試すか、机をリセットしてください。',
      },
    },
  },
];

export const stepsFor = (features: ReadonlySet<Feature>): readonly TourStep[] =>
  STEPS.filter(({ needs }) => needs === undefined || features.has(needs));
