/**
 * A receipt as text, 32 or 48 columns wide, in Japanese or English.
 *
 * What must hold: pure; no line is wider than the paper (a Japanese character takes two columns); of the card's number only the last
 * four digits stand on it; what was not paid is never called paid.
 */
import { formatAmount } from '@sokkin/codec';
import type { TillEntry } from '@sokkin/terminal';

export interface Paper {
  readonly language: 'ja' | 'en';
  readonly columns: 32 | 48;
  readonly shop: string;
  readonly terminal: string;
  readonly merchant: string;
}

const WORDS = {
  ja: {
    title: { pay: 'お買上げ', hold: '仮売上', refund: '返品', offline: 'お買上げ', capture: '売上確定' },
    date: '日時',
    terminal: '端末番号',
    merchant: '加盟店番号',
    reference: '伝票番号',
    card: 'カード番号',
    application: 'アプリ',
    approval: '承認番号',
    code: '応答コード',
    amount: '金額',
    stands: '取消後残額',
    isPaid: '承認されました',
    isPart: '一部のみ承認',
    isOffline: 'オフライン承認',
    isDeclined: '承認されませんでした',
    isReversed: '取消しました',
    isReversing: '取消処理中（お支払いなし）',
    isRefused: '加盟店へお問合せください',
    sign: 'ご署名',
    device: '端末で本人確認済み',
    thanks: 'ありがとうございました',
  },
  en: {
    title: {
      pay: 'SALE',
      hold: 'PRE-AUTHORISATION',
      refund: 'REFUND',
      offline: 'SALE',
      capture: 'COMPLETION',
    },
    date: 'Date',
    terminal: 'Terminal',
    merchant: 'Merchant',
    reference: 'Reference',
    card: 'Card',
    application: 'Application',
    approval: 'Approval',
    code: 'Response',
    amount: 'AMOUNT',
    stands: 'LEFT AFTER VOID',
    isPaid: 'APPROVED',
    isPart: 'APPROVED IN PART',
    isOffline: 'APPROVED OFFLINE',
    isDeclined: 'DECLINED',
    isReversed: 'TAKEN BACK',
    isReversing: 'NOT PAID, BEING TAKEN BACK',
    isRefused: 'ASK THE SHOP',
    sign: 'Signature',
    device: 'Holder verified on device',
    thanks: 'Thank you',
  },
} as const;
type Words = (typeof WORDS)['ja' | 'en'];

export function receiptLines(entry: TillEntry, paper: Paper): string[] {
  const w = WORDS[paper.language];
  const { columns } = paper;
  const row = (name: string, value: string | undefined): string[] =>
    value === undefined || value === '' ? [] : pair(name, value, columns);
  const { local, card, stands, wasApproved } = entry;
  const wasCut = wasApproved > 0n && stands < wasApproved && stands > 0n;
  const rule = '-'.repeat(columns);
  return [
    ...centred(paper.shop, columns),
    ...centred(w.title[entry.kind], columns),
    rule,
    ...row(w.date, dateOf(local)),
    ...row(w.terminal, paper.terminal.trim()),
    ...row(w.merchant, paper.merchant.trim()),
    ...row(w.reference, entry.reference),
    ...row(w.card, card.pan),
    ...row(w.application, card.label),
    ...row('AID', card.aid.toUpperCase()),
    ...row(w.approval, entry.approvalCode),
    ...row(w.code, entry.code),
    rule,
    ...row(w.amount, yen(isPart(entry) ? wasApproved : entry.asked)),
    ...(wasCut ? row(w.stands, yen(stands)) : []),
    ...centred(verdictOf(entry, w), columns),
    rule,
    ...holderLines(entry, w, columns),
    ...centred(w.thanks, columns),
  ];
}

const yen = (amount: bigint): string => `JPY ${formatAmount(amount)}`;
const isPart = ({ asked, wasApproved }: TillEntry): boolean => wasApproved > 0n && wasApproved < asked;

function verdictOf(entry: TillEntry, w: Words): string {
  switch (entry.standing) {
    case 'approved':
      return isPart(entry) ? w.isPart : w.isPaid;
    case 'queued':
    case 'sent':
      return entry.kind === 'offline' ? w.isOffline : w.isPaid;
    case 'declined':
      return w.isDeclined;
    case 'reversed':
      return w.isReversed;
    case 'open':
    case 'reversing':
      return w.isReversing;
    case 'refused':
      return w.isRefused;
  }
}

function holderLines({ card, standing }: TillEntry, w: Words, columns: number): string[] {
  const stands = standing === 'approved' || standing === 'queued' || standing === 'sent';
  if (!stands || card.holder === 'none') return [];
  if (card.holder === 'device') return centred(w.device, columns);
  return ['', `${w.sign} ${'_'.repeat(columns - widthOf(w.sign) - 1)}`, ''];
}

const dateOf = (local: string): string => {
  const [y, m, d, h, min, s] = local.match(/../g) ?? [];
  return `20${y}-${m}-${d} ${h}:${min}:${s}`;
};

/** Columns that a text takes: East Asian wide and full-width characters take two. */
export const widthOf = (text: string): number =>
  [...text].reduce((sum, c) => sum + (isWide(c.codePointAt(0) ?? 0) ? 2 : 1), 0);
const isWide = (code: number): boolean =>
  (code >= 0x1100 && code <= 0x115f) ||
  (code >= 0x2e80 && code <= 0xa4cf) ||
  (code >= 0xac00 && code <= 0xd7a3) ||
  (code >= 0xf900 && code <= 0xfaff) ||
  (code >= 0xfe30 && code <= 0xfe6f) ||
  (code >= 0xff00 && code <= 0xff60) ||
  (code >= 0xffe0 && code <= 0xffe6) ||
  code >= 0x1f300;

/** Name at the left, value at the right; below each other where both do not fit. */
function pair(name: string, value: string, columns: number): string[] {
  const room = columns - widthOf(name) - widthOf(value);
  if (room >= 1) return [`${name}${' '.repeat(room)}${value}`];
  return [...broken(name, columns), ...broken(value, columns).map((line) => atRight(line, columns))];
}

const atRight = (text: string, columns: number): string => ' '.repeat(columns - widthOf(text)) + text;
const centred = (text: string, columns: number): string[] =>
  broken(text, columns).map((line) => ' '.repeat((columns - widthOf(line)) >> 1) + line);

/** In lines that fit; words are cut where a line is full. */
function broken(text: string, columns: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const character of text) {
    if (widthOf(line + character) > columns) {
      lines.push(line);
      line = '';
    }
    line += character;
  }
  return [...lines, line];
}
