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
        why: 'Two phones, two tills and cards: each is the real program, and they speak as cards and readers do. Below stand the books of the central bank: whatever you do here, they add up.',
      },
      ja: {
        title: 'この机にあるもの',
        why: 'スマホ、レジ、カードはどれも本物のプログラムで、カードとリーダーの言葉でやり取りします。下の帯は中央銀行の帳簿で、何をしても1円までぴったり合います。',
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
        why: 'This terminal knows nothing of digital currency: it reads cards and asks its acquirer as every terminal does today. A shop has nothing to change.',
      },
      ja: {
        title: 'ふつうのレジ',
        do: 'お店のPOSで800と入力し、「会計」を押してください。',
        why: 'この端末はデジタル通貨を何も知らず、いつものようにカードを読み、加盟店管理会社に問い合わせるだけです。お店は何も変えなくて済みます。',
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
        why: "The card signs this one payment. The back-end checks the signature, finds the holder, and moves digital currency from the holder's account to the shop's.",
      },
      ja: {
        title: 'ふつうのカード',
        do: '銀行のカードを、お店のPOSまで動かしてください。',
        why: 'カードは、この支払いだけに使える署名（ARQC）をつくります。サーバーが署名と持ち主を確かめ、デジタル通貨を本人の口座からお店の口座へ移します。',
      },
    },
  },
  {
    id: 'ledger',
    phase: 'one',
    marks: ['trace'],
    says: {
      en: {
        title: 'Only the ledger moved',
        do: 'Under "On the air" open the top line: 0200, and its answer 0210.',
        why: 'Field 55 is what the card signed, field 39 the answer: 00, approved. In the books nothing has changed: money went from account to account, final at once, and none was made.',
      },
      ja: {
        title: '動いたのは台帳だけ',
        do: '「電波の中身」の一番上、0200と応答0210を開いてください。',
        why: '項目55はカードの署名、項目39の00は承認です。帳簿の額が変わらないのは、お金が口座から口座へその場で確定して移り、新しくは生まれていないからです。',
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
        why: 'From here on nobody can ask a bank: think of a disaster, a tunnel, a mountain hut. What a card or a phone holds is cash in the hand.',
      },
      ja: {
        title: 'ネットワークを切る',
        do: '「ネットワーク」のスイッチを切ってください。',
        why: '災害やトンネル、山小屋のように、ここから先はだれも銀行に問い合わせできません。カードやスマホの中のお金は、手元の現金と同じです。',
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
        why: 'Her purse signs a ticket: the right to be paid once, up to this amount. It keeps room for the money, so that a payment made on it is always taken.',
      },
      ja: {
        title: 'スマホが受け取りを待つ',
        do: 'はなのスマホで「受け取る」を押し、500と入力して、もう一度「受け取る」を押してください。',
        why: 'はなのウォレットは「チケット」に署名します。この金額までを1回だけ受け取る権利で、その分の空きを取っておくので、支払いは必ず受け取れます。',
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
        why: 'In one step the card takes the amount off its balance and signs the payment; the phone credits it once and signs a receipt. Hanako can spend the money at once.',
      },
      ja: {
        title: 'カードからスマホへ',
        do: 'あおいのカードを、はなのスマホまで動かしてください。',
        why: 'カードは、残高から引くのと支払いの署名を一度に行い、スマホは1回だけ受け取って受領書に署名します。はなは、そのお金をすぐに使えます。',
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
        why: "The phone only carries: it fetches a ticket, fetches the payment, hands it over. The money is never the phone's, and the phone can change none of it.",
      },
      ja: {
        title: 'カードからスマホ、スマホからカードへ',
        do: 'はなのスマホで「閉じる」→「カード」→「カードからカードへ」→400→「はじめる」。けんじ、あおい、もう一度けんじの順に、カードをかざしてください。',
        why: 'スマホは、チケットを預かり、支払いを預かり、渡すだけです。スマホのお金にはならず、書き換えることもできません。',
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
        why: "These 300 yen may be the ones that came from Aoi's card a minute ago. Money goes from hand to hand, as cash does, and no bank was asked.",
      },
      ja: {
        title: 'スマホからスマホへ',
        do: 'たろうのスマホで「受け取る」→300→「受け取る」。はなのスマホで「閉じる」→「ホーム」→「支払う」→300→「支払う」。',
        why: 'この300円は、さっきあおいのカードから来たお金かもしれません。現金のように、銀行に問い合わせずに手から手へ渡っていきます。',
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
        why: "The shop's phone has a purse, too. The money is in it at once and for good: nothing waits for a bank, and nobody can take it back.",
      },
      ja: {
        title: 'ネットワークのないお店',
        do: 'パン屋のSoftPOSで300と入力し、会計を押します。けんじのカードをかざしてください。',
        why: 'お店のスマホにもウォレットがあり、お金はその場で確定して入ります。銀行を待つことも、あとで取り消されることもありません。',
      },
    },
  },
  {
    id: 'pos-offline',
    phase: 'two',
    marks: ['pos', 'aoi'],
    done: (news) => news.kind === 'sale' && news.state === 'approved',
    says: {
      en: {
        title: 'Even the ordinary till',
        do: "On the POS of the shop type 600 and press Charge. Then drag Aoi's card onto it.",
        why: 'No bank can answer, so the card itself approves, out of the money that it holds. The till keeps the approval and is paid for it when the network is back.',
      },
      ja: {
        title: 'いつものレジでも',
        do: 'お店のPOSで600と入力し、「会計」を押します。あおいのカードをかざしてください。',
        why: '銀行は答えられないので、カードが中のお金で自ら承認します。レジは承認を取っておき、ネットワークが戻ると代金を受け取ります。',
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
        do: 'Set the scissors to "after answer 2". Press Done on both phones, then let Hanako pay Taro 200 as before.',
        why: 'Somebody pulls a phone away at the worst moment: the money has left one purse, and has not arrived in the other.',
      },
      ja: {
        title: '支払いを途中で切る',
        do: 'はさみを「2回目の応答の後」にします。2台とも「閉じる」を押し、先ほどのように、はなからたろうに200円を支払ってください。',
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
        do: 'Wait a moment: here the two phones are held together again by themselves.',
        why: 'The same payment comes once more, and is credited once. Nothing is lost and nothing is paid twice, wherever a tap is torn.',
      },
      ja: {
        title: 'つなぎ直す',
        do: '少しお待ちください。ここでは、2台がひとりでにかざし直します。',
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
        why: 'Each phone hands in its journal, a chain of signed entries from which nothing can be left out. The back-end compares payers with payees: a copied purse would stand out.',
      },
      ja: {
        title: 'ネットワークを戻す',
        do: '「ネットワーク」のスイッチを入れてください。',
        why: 'スマホは、抜け落ちのない署名つきの記録をサーバーに送ります。支払った側と受け取った側を照合するので、複製されたウォレットがあれば、ここで見つかります。',
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
        why: 'What was issued is in accounts, in purses or in flight, to the last yen; every byte that went by stands in the trace. Go on as you like, or reset the desk.',
      },
      ja: {
        title: '帳簿が合う',
        why: '発行したお金は、口座か、ウォレットとカードか、移動中のどこかに、1円までぴったりあります。このまま自由に試すか、机をリセットしてください。',
      },
    },
  },
];

export const stepsFor = (features: ReadonlySet<Feature>): readonly TourStep[] =>
  STEPS.filter(({ needs }) => needs === undefined || features.has(needs));
