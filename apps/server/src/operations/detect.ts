/**
 * Counterfeit detection: what the journals of two purses, met with each other, say (DESIGN section 1, I7).
 *
 * It runs after the transaction of a sync, so that of two purses that sync at once at least the later one sees
 * both; a sync whose detection was cut off is taken up at the next start. What must hold: it finds the same,
 * and finds it once, in whatever order purses sync; an honest purse is never accused with `proven`.
 */
import { type Bytes, hex } from '@sokkin/codec';
import { parseCertificate } from '@sokkin/crypto';
import {
  type Contradiction,
  type HistoryFile,
  type LedgerTx,
  type SignedRow,
  shadowBalance,
} from '@sokkin/issuer';
import { type Backend, isIssuerPurse, lineOfPurse, newId, purseName } from '../backend.ts';
import { followAll } from './claims/follow.ts';
import { raiseAlert } from './events.ts';

/** All that concerns this purse, and the payers whose payments it has credited. */
export async function detect(
  b: Backend,
  tx: LedgerTx,
  purse: string,
  signers: readonly string[],
): Promise<void> {
  const row = await tx.purses.byId(purse);
  if (row === undefined) return;
  for (const found of await tx.payments.contradictions(purse)) await raiseContradiction(b, tx, found);
  for (const signer of new Set([purse, ...signers])) {
    for (const message of await tx.payments.signedForks(signer)) await raiseSignedFork(b, tx, message);
  }
  const payers = new Set([purse, ...(await tx.payments.payersAhead(purse))]);
  for (const payer of payers) await watchShadow(b, tx, payer);
  await followAll(b, tx, [...payers]);
  await tx.payments.markReconciled(purse, row.seq);
}

/** Two journals contradict each other: one of the two purses is broken. A signed Payment would say which. */
async function raiseContradiction(b: Backend, tx: LedgerTx, { receipt, kind }: Contradiction): Promise<void> {
  const SAYS: Readonly<Record<Contradiction['kind'], string>> = {
    no_such_payment: 'has no such payment in its journal',
    other_payment: 'has another payment there in its journal',
    taken_back: 'took the payment back',
  };
  const { payer, payee, paymentNo, amount } = receipt;
  await raiseAlert(b, tx, {
    id: newId(b, 'alt'),
    kind: kind === 'taken_back' ? 'outcome_contradicted' : 'payment_contradicted',
    severity: 'proven',
    purse: isIssuerPurse(b, payer) ? payee : payer,
    subject: `${payee}/${receipt.ticketNo}`,
    says: `Purse ${payee} credited ${amount} as payment ${paymentNo} of purse ${payer}, which ${SAYS[kind]}. One of the two makes money.`,
    evidence: {
      payer: purseName(payer),
      payee: purseName(payee),
      payment_no: paymentNo,
      histories: await bothHistories(tx, payer, paymentNo, payee, receipt.seq),
      payments: (await tx.payments.signed('payment', payer, paymentNo)).map((m) => hex(m.message)),
    },
  });
}

async function bothHistories(
  tx: LedgerTx,
  payer: string,
  paymentNo: number,
  payee: string,
  receiptNo: number,
) {
  const histories: Record<string, HistoryFile> = {};
  for (const [name, purse, seq] of [
    ['payer', payer, paymentNo],
    ['payee', payee, receiptNo],
  ] as const) {
    const history = await provenHistory(tx, purse, seq);
    if (history !== undefined) histories[name] = history;
  }
  return histories;
}

/** A signed message of the purse that its own proven journal does not have: a fork, by itself. */
async function raiseSignedFork(b: Backend, tx: LedgerTx, message: SignedRow): Promise<void> {
  const proven = await provenHistory(tx, message.signer, message.seq);
  if (proven === undefined) return;
  const other: HistoryFile = { kind: message.kind, message: hex(message.message), entries: [] };
  await raiseFork(b, tx, {
    purse: message.signer,
    certificate: message.purseCertificate,
    seq: message.seq,
    histories: [proven, other],
    subject: `${message.signer}/${message.seq}/${hex(message.hash)}`,
  });
}

export async function raiseFork(
  b: Backend,
  tx: LedgerTx,
  fork: {
    readonly purse: string;
    readonly certificate: Bytes;
    readonly seq: number;
    readonly histories: readonly [HistoryFile, HistoryFile];
    readonly subject: string;
  },
): Promise<string> {
  return raiseAlert(b, tx, {
    id: newId(b, 'alt'),
    kind: 'fork',
    severity: 'proven',
    purse: fork.purse,
    subject: fork.subject,
    says: `The purse signed two different histories of its entry ${fork.seq}: it was cloned or rolled back.`,
    evidence: {
      purse: purseName(fork.purse),
      seq: fork.seq,
      certificates: {
        root: hex(b.pki.root.bytes),
        issuer: hex(lineOfPurse(b, parseCertificate(fork.certificate)).issuer.certificate.bytes),
        purse: hex(fork.certificate),
      },
      histories: fork.histories,
    },
  });
}

/** The proven journal from entry `seq` on, under the first Statement that covers it. */
export async function provenHistory(
  tx: LedgerTx,
  purse: string,
  seq: number,
): Promise<HistoryFile | undefined> {
  const sync = await tx.purses.syncCovering(purse, seq);
  if (sync === undefined) return undefined;
  const from = Math.max(seq, 1);
  const entries = await tx.journals.entries(purse, from - 1, sync.seq - from + 1);
  return { kind: 'statement', message: hex(sync.statement), entries: entries.map((e) => hex(e.body)) };
}

/**
 * Below zero is a suspicion, not a proof: payers of this purse may not have synced yet. It is explained when the
 * purse, or its payers, have synced.
 */
async function watchShadow(b: Backend, tx: LedgerTx, purse: string): Promise<void> {
  const known = await tx.payments.shadow(purse);
  const shadow = shadowBalance(known);
  if (shadow >= 0n) {
    await tx.alerts.explain(purse, 'shadow_negative', b.clock());
    return;
  }
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

/** Takes up what a crash left: called at start. */
export async function detectLeftOvers(b: Backend): Promise<void> {
  for (;;) {
    const purses = await b.store.read((tx) => tx.purses.unreconciled(100));
    if (purses.length === 0) return;
    for (const purse of purses) await b.store.write((tx) => detect(b, tx, purse, []));
  }
}
