/**
 * `provision`: a blank purse becomes somebody's.
 *
 *     challenge; SELECT, GENERATE KEY; POST purses; STORE DATA; the first sync, whose Grant activates it
 *
 * What must hold: the private key is made in the purse and stays there; torn anywhere, the same call goes on
 * where it stopped (a purse makes its key once, and is personalised once).
 */
import { equal } from '@sokkin/codec';
import { type Certificate, verifyRoot } from '@sokkin/crypto';
import { generateKey, personalise } from '../client/birth.ts';
import { issuerCertificate, rootCertificate, select } from '../client/read.ts';
import { type Outcome, ok, untrusted } from '../outcome.ts';
import type { AssuranceName, BackendApi, CryptoPort } from '../ports.ts';
import type { ApduTransport } from '../transport.ts';
import { type Synced, syncPurse } from './sync.ts';

export interface ProvisionWish {
  readonly account: string;
  readonly assurance: AssuranceName;
  readonly tier?: number;
  /** 4 to 12 digits. */
  readonly pin: string;
  /** What the purse is to trust; a back-end that names another root is refused. */
  readonly root: Certificate;
}

export interface Born {
  readonly purse: Certificate;
  readonly issuer: Certificate;
  readonly first: Synced;
}

export async function provision(
  transport: ApduTransport,
  crypto: CryptoPort,
  api: BackendApi,
  wish: ProvisionWish,
): Promise<Outcome<Born>> {
  const selected = await select(transport);
  if (selected.status !== 'ok') return selected;
  if (selected.value.certificate === undefined) {
    const named = await giveIdentity(transport, crypto, api, wish);
    if (named.status !== 'ok') return named;
  }
  return activate(transport, crypto, api, wish);
}

async function giveIdentity(
  transport: ApduTransport,
  crypto: CryptoPort,
  api: BackendApi,
  { account, assurance, tier, pin, root }: ProvisionWish,
): Promise<Outcome<void>> {
  if ((await verifyRoot(crypto, root)) !== 'ok')
    return untrusted('The root certificate does not sign itself.');
  const enrolment = await generateKey(transport, crypto, await api.challenge());
  if (enrolment.status !== 'ok') return enrolment;
  const extra = tier === undefined ? {} : { tier };
  const given = await api.provision({ account, assurance, enrolment: enrolment.value, ...extra });
  if (!sameCertificate(given.root, root)) return untrusted('The back-end belongs to another root.');
  return personalise(transport, { root, issuer: given.issuer, purse: given.purse, pin });
}

async function activate(
  transport: ApduTransport,
  crypto: CryptoPort,
  api: BackendApi,
  { root }: ProvisionWish,
): Promise<Outcome<Born>> {
  const selected = await select(transport);
  if (selected.status !== 'ok') return selected;
  const purse = selected.value.certificate;
  if (purse === undefined) return { status: 'wrong_lifecycle' };
  const own = await rootCertificate(transport);
  if (own.status !== 'ok') return own;
  if (!sameCertificate(own.value, root)) return untrusted('The purse belongs to another root.');
  const issuer = await issuerCertificate(transport);
  if (issuer.status !== 'ok') return issuer;
  const trust = { root, knownIssuers: [], epoch: purse.effective };
  const first = await syncPurse(transport, { crypto, trust }, api);
  return first.status === 'ok' ? ok({ purse, issuer: issuer.value, first: first.value }) : first;
}

const sameCertificate = (a: Certificate, b: Certificate): boolean => equal(a.bytes, b.bytes);
