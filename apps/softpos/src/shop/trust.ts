/**
 * Whose purses this shop believes: the root and issuers that the back-end shows, pinned at the first time; and who is blocked.
 *
 * What must hold: another root than the pinned one is refused; the block list is verified whenever it is read, and only a newer one takes its
 * place; a day that begins in the middle is the new day at once.
 */
import { type Bytes, SokkinError } from '@sokkin/codec';
import { type CryptoPort, parseCertificate, verifyLink, verifyRoot } from '@sokkin/crypto';
import { type HeldBlockList, type Trust, takeBlockList, verifyBlockList } from '@sokkin/purse';
import * as read from '@sokkin/sdk/json';
import type { Verifier } from '@sokkin/terminal';
import { getAbout, putAbout, type ShopDatabase } from '../keep/database.ts';
import { inWords, openClient } from './backend.ts';

const DAY_MS = 86_400_000;

export interface Believing {
  /** Each of its members is as it is when it is looked at. */
  readonly verifier: Verifier;
  /** Brings issuers and the block list up to date. */
  refresh(): Promise<void>;
  /** Days; undefined: as old as it is. */
  listDays(days: number | undefined): void;
}

export async function pinTrust(database: ShopDatabase, crypto: CryptoPort): Promise<void> {
  const shown = await inWords(() => openClient().get('/v1/pki'));
  const root = read.certificate(shown.root, 'root');
  if ((await verifyRoot(crypto, root)) !== 'ok')
    throw new SokkinError('bad_root', 'The root certificate of the back-end does not sign itself.');
  const before = await getAbout(database, 'believed');
  if (before !== undefined && !isSame(before.root, root.bytes))
    throw new SokkinError(
      'other_root',
      'The back-end belongs to another root than this shop was opened with.',
    );
  const issuers: Bytes[] = [];
  for (const [n, { certificate }] of shown.issuers.entries()) {
    const issuer = read.certificate(certificate, `issuers[${n}]`);
    if ((await verifyLink(crypto, root, issuer, { epoch: undefined })) === 'ok') issuers.push(issuer.bytes);
  }
  await putAbout(database, 'believed', { root: root.bytes, issuers });
}

const isSame = (a: Bytes, b: Bytes): boolean =>
  a.length === b.length && a.every((octet, n) => octet === b[n]);

export async function believing(
  database: ShopDatabase,
  crypto: CryptoPort,
  clock: () => number,
): Promise<Believing> {
  let known = await trustOf(database);
  let blockList = await listKept(database, crypto, trustOn(known, clock()));
  let mostListDays: number | undefined;
  return {
    verifier: {
      crypto,
      get trust() {
        return trustOn(known, clock());
      },
      get blockList() {
        return blockList;
      },
      get mostListDays() {
        return mostListDays;
      },
    },
    async refresh() {
      await pinTrust(database, crypto);
      known = await trustOf(database);
      blockList = await fetchList(database, crypto, trustOn(known, clock()), blockList);
    },
    listDays(days) {
      mostListDays = days;
    },
  };
}

type Known = Omit<Trust, 'epoch'>;
const trustOn = (known: Known, now: number): Trust => ({ ...known, epoch: Math.floor(now / DAY_MS) });

async function trustOf(database: ShopDatabase): Promise<Known> {
  const believed = await getAbout(database, 'believed');
  if (believed === undefined) throw new SokkinError('no_trust', 'This shop has not been opened yet.');
  return { root: parseCertificate(believed.root), knownIssuers: believed.issuers.map(parseCertificate) };
}

async function fetchList(
  database: ShopDatabase,
  crypto: CryptoPort,
  trust: Trust,
  before: HeldBlockList | undefined,
): Promise<HeldBlockList | undefined> {
  const answer = await inWords(() => openClient().get('/v1/block-list'));
  const signed = {
    authority: read.certificate(answer.authority, 'authority').bytes,
    message: read.bytes(answer.list, 'list'),
  };
  const held = await heldOf(crypto, trust, signed, before);
  if (held === undefined) return before;
  await putAbout(database, 'blockList', signed);
  return held;
}

async function listKept(
  database: ShopDatabase,
  crypto: CryptoPort,
  trust: Trust,
): Promise<HeldBlockList | undefined> {
  const signed = await getAbout(database, 'blockList');
  return signed && heldOf(crypto, trust, signed, undefined);
}

/** undefined: it is not to be believed, or not newer. */
async function heldOf(
  crypto: CryptoPort,
  trust: Trust,
  { authority, message }: { readonly authority: Bytes; readonly message: Bytes },
  before: HeldBlockList | undefined,
): Promise<HeldBlockList | undefined> {
  const leaf = parseCertificate(authority);
  const issuer = trust.knownIssuers.find(({ subjectRef }) => isSame(subjectRef, leaf.issuerRef));
  if (issuer === undefined) return undefined;
  const verified = await verifyBlockList(crypto, trust, { issuer, leaf }, message, 'ignore_expiry');
  if (verified.status !== 'ok') return undefined;
  const taken = takeBlockList(before, verified.value.fields);
  return taken.status === 'taken' ? taken.held : undefined;
}
