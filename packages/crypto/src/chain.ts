/**
 * Which certificate may speak for which: the rules of a chain, apart from how a certificate is written.
 *
 *     root -> root (itself), issuer
 *     issuer -> authority, purse, issuerPurse
 *     authority, purse, issuerPurse -> nobody
 *
 * What must hold:
 * - A chain is root, issuer, leaf: one currency, one suite, and no certificate outlives the one above it.
 * - A verdict is a function of the certificates, the epoch and the signatures; never of a device's clock.
 * - Everything that costs nothing is checked before a signature is. The first rule that fails, in the
 *   order of `checkLink`, names the verdict.
 * - The root is trusted as given: verifyRoot runs once, when it is installed.
 */
import { type Epoch, equal } from '@sokkin/codec';
import { type Certificate, ROLE, type Role } from './cvc.ts';
import type { CryptoPort } from './ports.ts';

export type ChainVerdict =
  | 'ok'
  | 'wrong_issuer'
  | 'wrong_role'
  | 'wrong_currency'
  | 'wrong_suite'
  | 'expired'
  | 'outside_issuer_validity'
  | 'bad_signature';

/** What can be said of a chain without looking at a signature. */
export type LinkVerdict = Exclude<ChainVerdict, 'bad_signature'>;

export interface LinkRules {
  /** The day it is, as the issuer signed it; undefined: receipts are honoured after expiry, so ignore it. */
  readonly epoch: Epoch | undefined;
}

export interface ChainRules extends LinkRules {
  /** What the leaf may be. */
  readonly roles: readonly Role[];
}

const MAY_CERTIFY: Readonly<Record<Role, readonly Role[]>> = {
  [ROLE.root]: [ROLE.root, ROLE.issuer],
  [ROLE.issuer]: [ROLE.authority, ROLE.purse, ROLE.issuerPurse],
  [ROLE.authority]: [],
  [ROLE.purse]: [],
  [ROLE.issuerPurse]: [],
};

/** Every rule between a certificate and the one that signed it, except the signature. */
export function checkLink(parent: Certificate, child: Certificate, rules: LinkRules): LinkVerdict {
  if (!equal(child.issuerRef, parent.subjectRef)) return 'wrong_issuer';
  if (!MAY_CERTIFY[parent.role].includes(child.role)) return 'wrong_role';
  // "Itself" means this very certificate: a root does not hand its role on.
  if (child.role === ROLE.root && !equal(child.body, parent.body)) return 'wrong_role';
  if (child.currency !== parent.currency) return 'wrong_currency';
  if (child.suite !== parent.suite) return 'wrong_suite';
  // An effective date after the epoch is accepted: a card's clock may be behind, because it moves only
  // when the card's own issuer moves it, and a neighbour's newer certificate is no news about the time.
  if (rules.epoch !== undefined && child.expiration < rules.epoch) return 'expired';
  if (child.expiration > parent.expiration) return 'outside_issuer_validity';
  return 'ok';
}

/** checkLink, and then the signature by the parent's key. */
export async function verifyLink(
  crypto: CryptoPort,
  parent: Certificate,
  child: Certificate,
  rules: LinkRules,
): Promise<ChainVerdict> {
  const verdict = checkLink(parent, child, rules);
  if (verdict !== 'ok') return verdict;
  return (await isSignedBy(crypto, parent, child)) ? 'ok' : 'bad_signature';
}

/** Every rule of a whole chain, except its two signatures. */
export function checkChain(
  root: Certificate,
  issuer: Certificate,
  leaf: Certificate,
  rules: ChainRules,
): LinkVerdict {
  const upper = checkLink(root, issuer, rules);
  if (upper !== 'ok') return upper;
  if (issuer.role !== ROLE.issuer || !rules.roles.includes(leaf.role)) return 'wrong_role';
  return checkLink(issuer, leaf, rules);
}

/** checkChain, and then the two signatures. `root` is trusted as given. */
export async function verifyChain(
  crypto: CryptoPort,
  root: Certificate,
  issuer: Certificate,
  leaf: Certificate,
  rules: ChainRules,
): Promise<ChainVerdict> {
  const verdict = checkChain(root, issuer, leaf, rules);
  if (verdict !== 'ok') return verdict;
  if (!(await isSignedBy(crypto, root, issuer))) return 'bad_signature';
  return (await isSignedBy(crypto, issuer, leaf)) ? 'ok' : 'bad_signature';
}

/**
 * Whether a certificate is a root that holds the key it names. It says nothing about whose root it is:
 * that the installer must know from elsewhere (a fingerprint, a ceremony).
 */
export async function verifyRoot(
  crypto: CryptoPort,
  root: Certificate,
  rules: LinkRules = { epoch: undefined },
): Promise<ChainVerdict> {
  if (root.role !== ROLE.root) return 'wrong_role';
  return verifyLink(crypto, root, root, rules);
}

async function isSignedBy(crypto: CryptoPort, signer: Certificate, signed: Certificate): Promise<boolean> {
  return crypto.verify(signer.publicKey, signed.body, signed.signature);
}
