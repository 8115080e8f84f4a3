/**
 * What stands where in every message, as tables: name, length, how to show it
 * (docs/spec/protocol.md, section 4; docs/spec/card-application.md, section 4).
 */
export type Show =
  | 'hex'
  | 'number'
  | 'amount'
  | 'date'
  | 'currency'
  | 'type'
  | 'suite'
  | 'outcome'
  | 'order'
  | 'lifecycle'
  | 'role'
  | 'assurance'
  | 'text';

/** One field: its name, its length in bytes, its reading. */
export type FieldRow = readonly [name: string, length: number, show: Show];
/** Rows, or a group that repeats as often as the byte before it says, or to the end of the value. */
export type LayoutPart =
  | FieldRow
  | { readonly repeat: 'counted' | 'to_end'; readonly rows: readonly FieldRow[] };
export type Layout = readonly LayoutPart[];

const PREAMBLE: Layout = [
  ['type', 1, 'type'],
  ['protocol version', 1, 'number'],
  ['suite', 1, 'suite'],
];
const HEADER: Layout = [
  ...PREAMBLE,
  ['purse (signer)', 8, 'hex'],
  ['seq', 4, 'number'],
  ['link (chain head before)', 32, 'hex'],
];
const LIMITS: readonly FieldRow[] = [
  ['holding limit', 8, 'amount'],
  ['payments until sync', 2, 'number'],
  ['per payment without PIN', 8, 'amount'],
  ['in all without PIN', 8, 'amount'],
  ['per payment to secure elements', 8, 'amount'],
  ['in all to secure elements', 8, 'amount'],
  ['per payment to TEEs', 8, 'amount'],
  ['in all to TEEs', 8, 'amount'],
  ['per payment to software', 8, 'amount'],
  ['in all to software', 8, 'amount'],
];
const SIGNATURE: FieldRow = ['signature r || s', 64, 'hex'];

const TICKET: Layout = [
  ...HEADER,
  ['currency', 2, 'currency'],
  ['maximum amount', 8, 'amount'],
  ['reference', 8, 'hex'],
];
const PAYMENT: Layout = [
  ...HEADER,
  ['currency', 2, 'currency'],
  ['amount', 8, 'amount'],
  ['payee', 8, 'hex'],
  ['ticket number', 4, 'number'],
];
const RECEIPT: Layout = [
  ...HEADER,
  ['outcome', 1, 'outcome'],
  ['currency', 2, 'currency'],
  ['amount', 8, 'amount'],
  ['payer', 8, 'hex'],
  ['payment number', 4, 'number'],
  ['payment hash', 32, 'hex'],
  ['ticket number', 4, 'number'],
];

/** Messages that are signed and travel. */
export const MESSAGES = {
  ticket: [...TICKET, SIGNATURE],
  payment: [...PAYMENT, SIGNATURE],
  receipt: [...RECEIPT, SIGNATURE],
  statement: [
    ...HEADER,
    ['currency', 2, 'currency'],
    ['balance', 8, 'amount'],
    ['pending', 8, 'amount'],
    ['reserved', 8, 'amount'],
    ['acknowledged seq', 4, 'number'],
    ['grant number', 4, 'number'],
    ['epoch', 6, 'date'],
    ['nonce', 16, 'hex'],
    ['open tickets', 1, 'number'],
    { repeat: 'counted', rows: [['ticket number', 4, 'number']] },
    SIGNATURE,
  ],
  grant: [
    ...PREAMBLE,
    ['authority (signer)', 8, 'hex'],
    ['purse', 8, 'hex'],
    ['grant number', 4, 'number'],
    ['acknowledged seq', 4, 'number'],
    ['acknowledged head', 32, 'hex'],
    ['order', 1, 'order'],
    ['PIN tries given back', 1, 'number'],
    ['epoch', 6, 'date'],
    ['nonce', 16, 'hex'],
    ...LIMITS,
    ['settlements', 1, 'number'],
    {
      repeat: 'counted',
      rows: [
        ['payment number', 4, 'number'],
        ['outcome', 1, 'outcome'],
      ],
    },
    ['blocked', 1, 'number'],
    { repeat: 'counted', rows: [['blocked purse or issuer', 8, 'hex']] },
    SIGNATURE,
  ],
  enrolment: [...PREAMBLE, ['nonce', 16, 'hex'], ['public key', 65, 'hex'], SIGNATURE],
} as const satisfies Record<string, Layout>;

/** Journal entries: bodies without a signature, by their type byte. */
export const ENTRIES: ReadonlyMap<number, Layout> = new Map<number, Layout>([
  [0x01, [...HEADER, ['currency', 2, 'currency'], ['certificate hash', 32, 'hex']]],
  [0x02, TICKET],
  [0x03, PAYMENT],
  [0x04, RECEIPT],
  [0x05, [...HEADER, ['ticket number', 4, 'number']]],
  [0x06, [...HEADER, ['payment number', 4, 'number'], ['outcome', 1, 'outcome']]],
  [0x07, [...HEADER, ['grant number', 4, 'number'], ['grant hash', 32, 'hex']]],
  [
    0x08,
    [
      ...HEADER,
      ['currency', 2, 'currency'],
      ['amount', 8, 'amount'],
      ['transaction counter (ATC)', 2, 'number'],
      ['cryptogram (TC)', 8, 'hex'],
    ],
  ],
]);

/** Answers of GET DATA. */
export const READOUTS = {
  summary: [
    ['lifecycle', 1, 'lifecycle'],
    ['currency', 2, 'currency'],
    ['balance', 8, 'amount'],
    ['pending', 8, 'amount'],
    ['reserved', 8, 'amount'],
    ['seq', 4, 'number'],
    ['acknowledged seq', 4, 'number'],
    ['grant number', 4, 'number'],
    ['epoch', 6, 'date'],
    ['PIN tries left', 1, 'number'],
    ['open tickets', 1, 'number'],
    ['open payments', 1, 'number'],
    ['free cells', 2, 'number'],
    ['payments since sync', 2, 'number'],
    ['spent to secure elements', 8, 'amount'],
    ['spent to TEEs', 8, 'amount'],
    ['spent to software', 8, 'amount'],
    ['spent without PIN', 8, 'amount'],
  ],
  limits: LIMITS,
  openPayments: [
    {
      repeat: 'to_end',
      rows: [
        ['payment number', 4, 'number'],
        ['payee', 8, 'hex'],
        ['ticket number', 4, 'number'],
        ['amount', 8, 'amount'],
      ],
    },
  ],
  openTickets: [
    {
      repeat: 'to_end',
      rows: [
        ['ticket number', 4, 'number'],
        ['maximum amount', 8, 'amount'],
        ['reference', 8, 'hex'],
      ],
    },
  ],
  history: [
    {
      repeat: 'to_end',
      rows: [
        ['kind (0 paid, 1 received, 2 refused, 3 in a shop)', 1, 'number'],
        ['seq', 4, 'number'],
        ['counterparty', 8, 'hex'],
        ['amount', 8, 'amount'],
        ['state (0 open, 1 credited, 2 cancelled)', 1, 'number'],
      ],
    },
  ],
  approvals: [
    {
      repeat: 'to_end',
      rows: [
        ['approval number', 4, 'number'],
        ['transaction counter (ATC)', 2, 'number'],
        ['amount', 8, 'amount'],
        ['cryptogram (TC)', 8, 'hex'],
      ],
    },
  ],
} as const satisfies Record<string, Layout>;

/** Application information in the FCI, tag C0. */
export const APPLICATION: Layout = [
  ['application version', 1, 'number'],
  ['lifecycle', 1, 'lifecycle'],
  ['longest command data', 2, 'number'],
];
/** Holder authorisation in a certificate, tag 53. */
export const AUTHORISATION: Layout = [
  ['role', 1, 'role'],
  ['assurance', 1, 'assurance'],
  ['currency', 2, 'currency'],
  ['tier', 1, 'number'],
  ['flags', 1, 'number'],
];
