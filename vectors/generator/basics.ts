/** The vectors below the transcripts: keys, certificates, single messages, limits. */
import { type Bytes, concat, epochOfIso, fromHex, hex, u32 } from '@sokkin/codec';
import { ASSURANCE, ROLE, sha256, verifyChain } from '@sokkin/crypto';
import {
  approve,
  type BlockList,
  encodeBlockList,
  encodeEnrolment,
  encodeEntry,
  encodeGrant,
  encodeLimits,
  encodeReceipt,
  encodeStatement,
  type Grant,
  type Limits,
  NO_LIMITS,
  PURSE_ROLES,
  type PurseState,
  pay,
  referencesOf,
  type Step,
} from '@sokkin/purse';
import {
  authority,
  certify,
  cryptoOf,
  EURO,
  everybody,
  issuer,
  keyOf,
  otherIssuer,
  type Person,
  payeeCard,
  payeePhone,
  payerCard,
  payerPhone,
  root,
  sign,
  YEN,
} from './people.ts';
import { ORDER } from './rfc6979.ts';
import { type Json, showBody, showCertificate, showFields, showMessage, showPerson } from './show.ts';
import { LIMITS, NONCE, SOURCE, TODAY, World } from './world.ts';

/** Signatures that RFC 6979, A.2.5 prints for P-256 with SHA-256, so that a reader can check our signer. */
export const RFC_6979 = {
  key: 'c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721',
  signatures: {
    sample:
      'efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8',
    test: 'f1abb023518351cd71d881567b1ea663ed3efcf6c5132b354f28d3b0b7d38367019f4113742a2b14bd25926b49c649155f267e60d3814b4c0cc84250e46f0083',
  },
} as const;

const { secureElement } = ASSURANCE;
const id = (p: Person): string => hex(p.certificate.subjectRef);

/** Chains and what a verifier says of them on a day. */
async function chains(): Promise<Json[]> {
  const purse = (changes: Parameters<typeof certify>[5], by: Person = issuer): Person =>
    certify('payee card', id(payeeCard), ROLE.purse, secureElement, by, changes);
  const flip = (p: Person): Person => {
    const bytes = p.certificate.bytes.slice();
    const signature = p.certificate.signature.slice();
    signature[63] = (signature[63] ?? 0) ^ 1;
    bytes.set(signature, bytes.length - 64);
    return { ...p, certificate: { ...p.certificate, bytes, signature } };
  };
  // The same (r, s) and (r, n-s): both verify.
  const malleated = (p: Person): Person => {
    const signature = concat(
      p.certificate.signature.subarray(0, 32),
      negated(p.certificate.signature.subarray(32)),
    );
    const bytes = p.certificate.bytes.slice();
    bytes.set(signature, bytes.length - 64);
    return { ...p, certificate: { ...p.certificate, bytes, signature } };
  };
  const cases: readonly [string, Person, Person, string | undefined][] = [
    ['a purse of the issuer', issuer, payeeCard, '2026-11-22'],
    ['the last valid day', issuer, payeeCard, '2030-12-31'],
    ['a day later', issuer, payeeCard, '2031-01-01'],
    ['the same, where expiry does not matter', issuer, payeeCard, undefined],
    ['before the effective date: accepted', issuer, payeeCard, '2025-01-01'],
    ['another issuer', otherIssuer, payeeCard, '2026-11-22'],
    ['an authority instead of a purse', issuer, authority, '2026-11-22'],
    ['a purse that certifies a purse', payerCard, purse({}, payerCard), '2026-11-22'],
    ['a purse certified by the root itself', root, purse({}, root), '2026-11-22'],
    ['another currency', issuer, purse({ currency: EURO }), '2026-11-22'],
    ['it outlives its issuer', issuer, purse({ expiration: epochOfIso('2036-01-01') }), '2026-11-22'],
    ['one bit of the signature is wrong', issuer, flip(payeeCard), '2026-11-22'],
    ['the malleated signature (r, n-s): accepted', issuer, malleated(payeeCard), '2026-11-22'],
    ['signed by somebody else', issuer, { ...payeeCard, certificate: forgedKey() }, '2026-11-22'],
  ];
  const shown: Json[] = [];
  for (const [what, upper, leaf, day] of cases) {
    const rules = { epoch: day === undefined ? undefined : epochOfIso(day), roles: PURSE_ROLES };
    const verdict = await verifyChain(
      cryptoOf(keyOf('nobody')),
      root.certificate,
      upper.certificate,
      leaf.certificate,
      rules,
    );
    shown.push({
      what,
      root: hex(root.certificate.bytes),
      issuer: hex(upper.certificate.bytes),
      purse: hex(leaf.certificate.bytes),
      epoch: day ?? null,
      verdict: verdict === 'ok' ? 'ok' : `certificate_${verdict}`,
    });
  }
  return shown;
}

/** The payee's certificate signed by somebody who is not the issuer. */
const forgedKey = () =>
  certify('payee card', id(payeeCard), ROLE.purse, secureElement, {
    ...issuer,
    scalar: keyOf('nobody'),
  }).certificate;

function negated(s: Bytes): Bytes {
  const n = ORDER - BigInt(`0x${hex(s)}`);
  return new Uint8Array(Buffer.from(n.toString(16).padStart(64, '0'), 'hex'));
}

export async function keysAndCertificates(): Promise<Json> {
  return {
    description:
      'Who takes part in all vectors: keys, certificates, and chains with the verdict of a verifier who trusts the root. The private key of NAME is SHA-256("sokkin vector key: NAME"). These keys protect nothing: never use them.',
    source: SOURCE,
    spec: ['protocol.md 2', 'protocol.md 3'],
    rfc6979: {
      source: 'RFC 6979, A.2.5: P-256, SHA-256',
      privateKey: RFC_6979.key,
      signatures: { ...RFC_6979.signatures },
    },
    participants: everybody.map((p) => ({ ...showPerson(p), ...showCertificate(p.certificate) })),
    chains: await chains(),
  };
}

/** Every kind of message once, on its own, and bodies that must be refused. */
export function messages(): Json {
  const at = (p: Person, seq: number) => ({
    purse: p.certificate.subjectRef,
    seq,
    link: sha256(new TextEncoder().encode(`head after entry ${seq - 1} of the ${p.name}`)),
  });
  const genesis = encodeEntry({
    type: 'genesis',
    fields: {
      purse: payerCard.certificate.subjectRef,
      seq: 1,
      link: new Uint8Array(32),
      currency: YEN,
      certificateHash: sha256(payerCard.certificate.bytes),
    },
  });
  const ticket = encodeEntry({
    type: 'ticket',
    fields: {
      ...at(payeeCard, 17),
      currency: YEN,
      maxAmount: 5_000n,
      reference: new TextEncoder().encode('order001'),
    },
  });
  const payment = encodeEntry({
    type: 'payment',
    fields: {
      ...at(payerCard, 42),
      currency: YEN,
      amount: 1_500n,
      payee: payeeCard.certificate.subjectRef,
      ticketNo: 17,
    },
  });
  const word = {
    currency: YEN,
    amount: 1_500n,
    payer: payerCard.certificate.subjectRef,
    paymentNo: 42,
    paymentHash: sha256(payment),
    ticketNo: 17,
  };
  const receipt = (outcome: 'credited' | 'cancelled'): Bytes =>
    encodeReceipt({ ...at(payeeCard, 18), ...word, kind: 'receipt', outcome });
  const refusal = encodeReceipt({ ...at(payeeCard, 19), ...word, kind: 'refusal', outcome: 'cancelled' });
  const voided = encodeEntry({ type: 'void', fields: { ...at(payeeCard, 20), ticketNo: 19 } });
  const settle = encodeEntry({
    type: 'settle',
    fields: { ...at(payerCard, 43), paymentNo: 42, outcome: 'credited' },
  });
  const grant: Grant = {
    authority: authority.certificate.subjectRef,
    purse: payerCard.certificate.subjectRef,
    grantNo: 3,
    ackSeq: 43,
    ackHead: sha256(settle),
    order: 'none',
    resetPinTries: true,
    epoch: TODAY,
    nonce: NONCE,
    limits: LIMITS,
    resolutions: [
      { paymentNo: 40, outcome: 'credited' },
      { paymentNo: 41, outcome: 'cancelled' },
    ],
    blocked: [payeePhone.certificate.subjectRef, otherIssuer.certificate.subjectRef],
  };
  const granted = encodeGrant(grant);
  const applied = encodeEntry({
    type: 'grantApplied',
    fields: { ...at(payerCard, 44), grantNo: 3, grantHash: sha256(granted) },
  });
  const approval = encodeEntry({
    type: 'approval',
    fields: {
      ...at(payerCard, 45),
      currency: YEN,
      amount: 1_250n,
      atc: 0x0107,
      cryptogram: fromHex('0123456789abcdef'),
    },
  });
  const stands = {
    currency: YEN,
    balance: 18_500n,
    pending: 1_500n,
    reserved: 0n,
    ackSeq: 30,
    grantNo: 2,
    epoch: TODAY,
    nonce: NONCE,
  };
  const statement = encodeStatement({ ...at(payerCard, 43), ...stands, openTickets: [] });
  const withTickets = encodeStatement({
    ...at(payerCard, 43),
    ...stands,
    reserved: 7_000n,
    openTickets: [33, 35],
  });
  const enrolment = encodeEnrolment({ nonce: NONCE, publicKey: payerCard.certificate.publicKey });

  const blocks = (changes: Partial<BlockList>): Bytes =>
    encodeBlockList({
      authority: authority.certificate.subjectRef,
      number: 12,
      base: 0,
      epoch: TODAY,
      issuers: [],
      removed: referencesOf([]),
      added: referencesOf([]),
      ...changes,
    });
  const far = fromHex('ffffffffffffffff');
  const wholeList = blocks({
    issuers: [otherIssuer.certificate.subjectRef],
    added: referencesOf([payeePhone.certificate.subjectRef, payerCard.certificate.subjectRef, far]),
  });
  const changedList = blocks({
    number: 13,
    base: 12,
    removed: referencesOf([payerCard.certificate.subjectRef]),
    added: referencesOf([new Uint8Array(8), payeeCard.certificate.subjectRef]),
  });

  const signed: readonly [string, Person, Bytes][] = [
    ['a Ticket', payeeCard, ticket],
    ['a Payment on it', payerCard, payment],
    ['the Receipt: credited', payeeCard, receipt('credited')],
    ['the Receipt: cancelled (an honest payee signs one of the two)', payeeCard, receipt('cancelled')],
    ['a Refusal', payeeCard, refusal],
    ['a Statement without open tickets', payerCard, statement],
    ['a Statement with two open tickets', payerCard, withTickets],
    ['a Grant that settles two payments and blocks a purse and an issuer', authority, granted],
    [
      'the least Grant',
      authority,
      encodeGrant({
        ...grant,
        resetPinTries: false,
        nonce: new Uint8Array(16),
        limits: NO_LIMITS,
        resolutions: [],
        blocked: [],
      }),
    ],
    ['an Enrolment', payerCard, enrolment],
    ['a BlockList that blocks nobody', authority, blocks({ number: 1 })],
    ['a whole BlockList: three purses and an issuer', authority, wholeList],
    ['the changes from it to the next', authority, changedList],
    ['the same a day later: nothing changed', authority, blocks({ number: 13, base: 13, epoch: TODAY + 1 })],
  ];
  const unsigned: readonly [string, Bytes][] = [
    ['Genesis', genesis],
    ['Void', voided],
    ['Settle', settle],
    ['GrantApplied', applied],
    ['Approval', approval],
  ];
  const put = (body: Bytes, offset: number, bytes: Bytes): string => {
    const copy = body.slice();
    copy.set(bytes, offset);
    return hex(copy);
  };
  const amountAt = 49;
  const malformed: readonly [string, string][] = [
    ['Ticket: a byte too many', hex(concat(ticket, Uint8Array.of(0)))],
    ['Ticket: a byte too few', hex(ticket.slice(0, -1))],
    ['Ticket: protocol version 2', put(ticket, 1, Uint8Array.of(2))],
    ['Ticket: suite 2', put(ticket, 2, Uint8Array.of(2))],
    ['Ticket: maximum zero', put(ticket, amountAt, new Uint8Array(8))],
    ['Ticket: maximum 10^15 + 1', put(ticket, amountAt, amountOf(10n ** 15n + 1n))],
    ['Payment: amount zero', put(payment, amountAt, new Uint8Array(8))],
    ['Payment: amount 10^15 + 1', put(payment, amountAt, amountOf(10n ** 15n + 1n))],
    ['Receipt: outcome 3', put(receipt('credited'), 47, Uint8Array.of(3))],
    ['Receipt: amount zero', put(receipt('credited'), 50, new Uint8Array(8))],
    ['Refusal: outcome credited', put(refusal, 47, Uint8Array.of(1))],
    ['Settle: outcome 0', put(settle, 51, Uint8Array.of(0))],
    ['Statement: the 30th of February', put(statement, 81, Uint8Array.of(2, 6, 0, 2, 3, 0))],
    ['Statement: more tickets announced than follow', put(statement, 103, Uint8Array.of(1))],
    ['Grant: order 4', put(granted, 59, Uint8Array.of(4))],
    ['Grant: flags 2', put(granted, 60, Uint8Array.of(2))],
    ['Grant: 33 settlements', put(granted, 157, Uint8Array.of(33))],
    ['Enrolment: type Grant', put(enrolment, 0, Uint8Array.of(0x21))],
    ['BlockList: a byte too many', hex(concat(wholeList, Uint8Array.of(0)))],
    ['BlockList: a byte too few', hex(wholeList.slice(0, -1))],
    ['BlockList: number 0', put(wholeList, 11, new Uint8Array(4))],
    ['BlockList: changes list 14 into list 13', put(changedList, 18, Uint8Array.of(14))],
    ['BlockList: whole, and takes a purse away', put(changedList, 18, Uint8Array.of(0))],
    ['BlockList: more purses announced than the bytes hold', put(wholeList, 44, Uint8Array.of(9))],
    ['BlockList: bits are left over', put(wholeList, wholeList.length - 1, Uint8Array.of(0xff))],
    ['type 08', put(voided, 0, Uint8Array.of(8))],
    ['type 09', put(voided, 0, Uint8Array.of(9))],
    ['Approval: a byte too many', hex(concat(approval, Uint8Array.of(0)))],
    ['Approval: a byte too few', hex(approval.slice(0, -1))],
    ['Approval: amount zero', put(approval, amountAt, new Uint8Array(8))],
    ['Approval: amount 10^15 + 1', put(approval, amountAt, amountOf(10n ** 15n + 1n))],
  ];
  return {
    description:
      'Every kind of message on its own: fields, body, SHA-256 of the body, and signature (r || s) where it is signed. `malformed` holds bodies that a parser must refuse.',
    source: SOURCE,
    spec: ['protocol.md 4'],
    participants: [root, issuer, authority, payerCard, payeeCard].map(showPerson),
    messages: [
      ...signed.map(([what, signer, body]) => ({
        what,
        signer: signer.name,
        ...showMessage(concat(body, sign(signer.scalar, body))),
      })),
      ...unsigned.map(([what, body]) => ({ what, ...showBody(body) })),
    ],
    malformed: malformed.map(([what, body]) => ({ what, body })),
  };
}

const amountOf = (n: bigint): Bytes => concat(u32(Number(n >> 32n)), u32(Number(n & 0xffff_ffffn)));

/** Limits as bytes, and what they allow. */
export async function limits(): Promise<Json> {
  const most = 10n ** 15n;
  const row = { perPayment: most, cumulative: most };
  const encoded: readonly [string, Limits][] = [
    ['nothing is allowed', NO_LIMITS],
    ['the limits of the transcripts', LIMITS],
    [
      'as much as can be written',
      {
        holding: most,
        count: 0xffff,
        perPaymentWithoutPin: most,
        cumulativeWithoutPin: most,
        byClass: [row, row, row],
      },
    ],
  ];
  const world = new World('extended');
  const purse = await world.born(payerCard, 100_000n);
  const base: PurseState = purse.state;
  const payees = { 'secure element': payeeCard, tee: payerPhone, software: payeePhone };
  const decisions: Json[] = [];
  const decide = (
    what: string,
    payee: keyof typeof payees,
    amount: bigint,
    before: Partial<PurseState> = {},
    pinVerified = true,
  ): void => {
    const person = payees[payee];
    const state = { ...base, ...before };
    const ticket = {
      purse: person.certificate.subjectRef,
      seq: 9,
      link: new Uint8Array(32),
      currency: YEN,
      maxAmount: 100_000n,
      reference: new Uint8Array(8),
    };
    const step = pay(state, { ticket, payee: person.certificate, payeeExpired: false, amount, pinVerified });
    decisions.push({
      what,
      payee,
      amount: amount.toString(),
      pinVerified,
      ...decided(state, step),
    });
  };
  const approvals: Json[] = [];
  const decideApproval = (
    what: string,
    amount: bigint,
    before: Partial<PurseState> = {},
    holderVerified = true,
  ): void => {
    const state = { ...base, ...before };
    const transaction = { currency: YEN, amount, holderVerified, atc: 1, cryptogram: new Uint8Array(8) };
    const step = approve(state, transaction);
    approvals.push({ what, amount: amount.toString(), holderVerified, ...decided(state, step) });
  };
  decide('at the limit for one payment', 'secure element', 30_000n);
  decide('one above it', 'secure element', 30_001n);
  decide('the limit for a TEE', 'tee', 20_000n);
  decide('one above it', 'tee', 20_001n);
  decide('the limit for software', 'software', 10_000n);
  decide('one above it', 'software', 10_001n);
  decide('at the cumulative limit', 'software', 10_000n, { spent: [0n, 0n, 20_000n] });
  decide('one above it', 'software', 10_000n, { spent: [0n, 0n, 20_001n] });
  decide('classes are counted apart', 'secure element', 10_000n, { spent: [0n, 60_000n, 30_000n] });
  decide('the last payment by number', 'secure element', 1n, { spentCount: 49 });
  decide('one too many, over all classes', 'secure element', 1n, { spentCount: 50 });
  decide('at the tap limit', 'secure element', 5_000n, {}, false);
  decide('one above it', 'secure element', 5_001n, {}, false);
  decide(
    'at the cumulative limit without PIN',
    'secure element',
    5_000n,
    { spentWithoutPin: 10_000n },
    false,
  );
  decide('one above it', 'secure element', 5_000n, { spentWithoutPin: 10_001n }, false);
  decide('with a PIN that does not count', 'secure element', 5_000n, { spentWithoutPin: 15_000n }, true);
  decide('the limit for one payment is named before the PIN', 'software', 10_001n, {}, false);
  decide('the PIN is named before the balance', 'secure element', 5_001n, { balance: 1n }, false);
  decideApproval('a terminal counts as software: at the limit for one payment', 10_000n);
  decideApproval('one above it', 10_001n);
  decideApproval('at the cumulative limit, whatever other classes were paid', 10_000n, {
    spent: [30_000n, 60_000n, 20_000n],
  });
  decideApproval('one above it', 10_000n, { spent: [0n, 0n, 20_001n] });
  decideApproval('one too many, over all classes', 1n, { spentCount: 50 });
  decideApproval('at the tap limit', 5_000n, {}, false);
  decideApproval('one above it', 5_001n, {}, false);
  decideApproval('one above the cumulative limit without PIN', 5_000n, { spentWithoutPin: 10_001n }, false);
  decideApproval('one above the balance', 2n, { balance: 1n });
  return {
    description:
      'Limits as they stand in a Grant, and decisions of PAY: a purse with a balance of 100000 and "the limits of the transcripts", counters before, amount, kind of payee; then the status, and the counters after. `approvals`: the same for an EMV transaction approved offline.',
    source: SOURCE,
    spec: ['protocol.md 4.8', 'protocol.md 6.2', 'protocol.md 6.10'],
    encodings: encoded.map(([what, value]) => ({
      what,
      fields: showFields(value),
      bytes: hex(encodeLimits(value)),
    })),
    decisions,
    approvals,
  };
}

/** Counters before, verdict, counters after. */
function decided(before: PurseState, step: Step): { [key: string]: Json } {
  const shown = (s: PurseState): Json => ({
    spent: s.spent.map(String),
    spentCount: s.spentCount,
    spentWithoutPin: s.spentWithoutPin.toString(),
  });
  return {
    before: shown(before),
    status: step.status,
    ...(step.status === 'ok' ? { after: shown(step.state) } : {}),
  };
}
