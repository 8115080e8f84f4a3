/**
 * Evidence from the journals that we have (DESIGN section 1, I7). What must hold: what is raised here convinces by
 * itself; a purse's two histories of one number are one finding, whatever shows them.
 */
import { type Bytes, hex } from '@sokkin/codec';
import { parseCertificate } from '@sokkin/crypto';
import type { HistoryFile, LedgerTx } from '@sokkin/issuer';
import { type Backend, lineOfPurse, newId, purseName } from '../backend.ts';
import { raiseAlert } from './alerts.ts';

export async function raiseFork(
  b: Backend,
  tx: LedgerTx,
  fork: {
    readonly purse: string;
    readonly certificate: Bytes;
    readonly seq: number;
    readonly histories: readonly [HistoryFile, HistoryFile];
  },
): Promise<string> {
  return raiseAlert(b, tx, {
    id: newId(b, 'alt'),
    kind: 'fork',
    severity: 'proven',
    purse: fork.purse,
    subject: `${fork.purse}/${fork.seq}`,
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
