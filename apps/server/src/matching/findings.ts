/**
 * What meetings bring to light, as alerts with their evidence (DESIGN section 1, I7).
 *
 * What must hold: the same finding is found once, in whatever order purses sync; an honest purse is never accused with
 * `proven`: that is said only of what one purse signed against itself.
 */
import { type Bytes, hex } from '@sokkin/codec';
import { parseCertificate } from '@sokkin/crypto';
import {
  type Contradicted,
  type HistoryFile,
  judgeMessages,
  type LedgerTx,
  type Shadow,
  type SignedRow,
  shadowBalance,
  type UnknownPurse,
} from '@sokkin/issuer';
import { type Backend, isIssuerPurse, lineOfPurse, newId, purseName } from '../backend.ts';
import { raiseAlert } from '../operations/alerts.ts';
import { provenHistory, raiseFork } from '../operations/detect.ts';

const MADE_ANOTHER: Readonly<Record<Contradicted['found'], string>> = {
  no_such_payment: 'has no such payment in its journal',
  other_payment: 'has another payment there in its journal',
  taken_back: 'took the payment back',
};

/** Two journals contradict each other: one of the two purses is broken. A signed Payment would say which. */
export async function raiseContradicted(b: Backend, tx: LedgerTx, found: Contradicted): Promise<void> {
  const { payer, payee, paymentNo, ticketNo } = found;
  const credit = await tx.matcher.creditOn(payee, ticketNo);
  if (credit === undefined) throw new Error('Bug: what was carried stands in its own journal');
  const histories = {
    ...(await namedHistory(tx, 'payer', payer, paymentNo)),
    ...(await namedHistory(tx, 'payee', payee, credit.seq)),
  };
  await raiseAlert(b, tx, {
    id: newId(b, 'alt'),
    kind: kindOf(found, isIssuerPurse(b, payer)),
    // Which of the two it is, their journals do not say; what our own purse paid is our word.
    severity: 'suspected',
    purse: isIssuerPurse(b, payer) ? payee : payer,
    subject: `${payee}/${ticketNo}`,
    says: `Purse ${payee} credited ${credit.amount} as payment ${paymentNo} of purse ${payer}, which ${MADE_ANOTHER[found.found]}. One of the two makes money.`,
    evidence: {
      payer: purseName(payer),
      payee: purseName(payee),
      payment_no: paymentNo,
      ticket_no: ticketNo,
      certificates: {
        root: hex(b.pki.root.bytes),
        ...(await namedChain(b, tx, 'payer', payer)),
        ...(await namedChain(b, tx, 'payee', payee)),
      },
      histories,
      payments: (await tx.payments.signed('payment', payer, paymentNo)).map((m) => hex(m.message)),
    },
  });
}

const kindOf = ({ found }: Contradicted, isOurs: boolean) => {
  if (isOurs) return 'funding_invented';
  return found === 'taken_back' ? 'outcome_contradicted' : 'payment_contradicted';
};

export async function namedHistory(
  tx: LedgerTx,
  name: string,
  purse: string,
  seq: number,
): Promise<Record<string, HistoryFile>> {
  const history = await provenHistory(tx, purse, seq);
  return history === undefined ? {} : { [name]: history };
}

/** The purse's certificate, and its issuer's. An issuer's own purse, and a stranger, have no row. */
export async function namedChain(b: Backend, tx: LedgerTx, name: string, purse: string) {
  const row = await tx.purses.byId(purse);
  if (row === undefined) return {};
  const issuer = lineOfPurse(b, parseCertificate(row.certificate)).issuer.certificate.bytes;
  return { [name]: { issuer: hex(issuer), purse: hex(row.certificate) } };
}

/** A proven journal names a purse that nobody here certified. Either the purse, or a key of an issuer, is broken. */
export async function raiseUnknown(b: Backend, tx: LedgerTx, found: UnknownPurse): Promise<void> {
  const { purse, counterpart, seq } = found;
  const history = await provenHistory(tx, purse, seq);
  await raiseAlert(b, tx, {
    id: newId(b, 'alt'),
    kind: 'unknown_certificate',
    // That it was never certified is our word.
    severity: 'suspected',
    purse,
    subject: `${purse}/${counterpart}`,
    says: `Entry ${seq} of the purse names the purse ${counterpart}, which has no certificate of any issuer here.`,
    evidence: {
      purse: purseName(purse),
      counterpart: purseName(counterpart),
      seq,
      certificates: { root: hex(b.pki.root.bytes), ...(await namedChain(b, tx, 'purse', purse)) },
      histories: history === undefined ? {} : { purse: history },
    },
  });
}

const MESSAGES = 500;
/** A Refusal carries the number of the entry before it. */
const REFUSAL = 0x12;

/** Signed messages of a purse that contradict its proven journal, or each other: a fork, by itself. */
export async function judgeSigner(b: Backend, tx: LedgerTx, signer: string): Promise<void> {
  const messages = await tx.payments.unjudged(signer, MESSAGES);
  const isOurs = isIssuerPurse(b, signer);
  const seq = isOurs ? Number.MAX_SAFE_INTEGER : ((await tx.purses.byId(signer))?.seq ?? 0);
  // What our own purses signed, they signed; a Refusal has no entry of its own.
  const judged = isOurs ? [] : messages.filter((m) => !isRefusal(m));
  const heads = new Map<number, Bytes>();
  for (const message of judged)
    if (message.seq <= seq)
      for (const [at, head] of await tx.journals.heads(signer, message.seq, message.seq)) heads.set(at, head);
  for (const { message, other } of judgeMessages(judged, seq, (at) => heads.get(at)).forks) {
    const against = other === undefined ? await provenHistory(tx, signer, message.seq) : historyOf(other);
    if (against !== undefined) await raiseSignedFork(b, tx, message, against);
  }
  await tx.payments.setJudged(
    signer,
    messages.filter((m) => m.seq <= seq).map((m) => m.hash),
  );
}

const isRefusal = ({ message }: SignedRow): boolean => message[0] === REFUSAL;

const historyOf = ({ kind, message }: SignedRow): HistoryFile => ({
  kind,
  message: hex(message),
  entries: [],
});

const raiseSignedFork = (b: Backend, tx: LedgerTx, message: SignedRow, other: HistoryFile): Promise<string> =>
  raiseFork(b, tx, {
    purse: message.signer,
    certificate: message.purseCertificate,
    seq: message.seq,
    histories: [other, historyOf(message)],
  });

/**
 * Below zero is a suspicion, not a proof: payers of this purse may not have synced yet. It is explained when the
 * purse, or its payers, have synced.
 */
export async function watchShadow(b: Backend, tx: LedgerTx, known: Shadow): Promise<void> {
  const { purse } = known;
  const shadow = shadowBalance(known);
  await raiseAlert(b, tx, {
    id: newId(b, 'alt'),
    kind: 'shadow_negative',
    severity: 'suspected',
    purse,
    subject: purse,
    says: `The purse has paid out ${-shadow} more than anybody is known to have paid it. Its payers may not have synced yet; its own sync will tell.`,
    evidence: {
      purse: purseName(purse),
      acknowledged_balance: known.balance.toString(),
      waiting_for_it: known.waiting.toString(),
      credited_to_others: known.creditedAhead.toString(),
      shadow_balance: shadow.toString(),
    },
  });
}
