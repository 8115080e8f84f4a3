/** Payment cards for the bench, made as the factory makes them: prepared from a profile, loaded over SCP03. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Card, cardMemorySize, createCard, EMV_MODULE_AID, inMemoryNvm } from '@sokkin/card';
import { type Bytes, epochOfIso, fromHex } from '@sokkin/codec';
import type { CryptoPort, RsaKeyPair, RsaPort, Scp03Keys, SymmetricPort } from '@sokkin/crypto';
import { issueCertificate, ROLE } from '@sokkin/crypto';
import {
  type CardProfile,
  type EmvIssuer,
  makeEmvIssuer,
  prepareCard,
  readProfile,
  withCheckDigit,
} from '@sokkin/issuer';
import { parseEnrolment } from '@sokkin/purse';
import { enrolPurse, identifyPurse, openDomain } from '@sokkin/terminal';
import { inProcess } from '@sokkin/testkit/transports';
import { fieldsOf, name8, PIN, type World, ZERO_NONCE } from '@sokkin/testkit/world';

const PROFILES = join(import.meta.dirname, '..', '..', 'packages/issuer/profiles');
const ISSUER_IDENTIFIER = '999999';

export interface Ports {
  readonly crypto: CryptoPort;
  readonly symmetric: SymmetricPort;
  readonly rsa: RsaPort;
}

export interface Factory {
  readonly world: World;
  readonly profile: CardProfile;
  readonly issuer: EmvIssuer;
  readonly ports: Ports;
}

export async function factory(world: World, ports: Ports, name = 'white-label'): Promise<Factory> {
  const profile = readProfile(readFileSync(join(PROFILES, `${name}.json`), 'utf8'));
  const issuer = await makeEmvIssuer(ports, {
    rid: profile.control.aid.subarray(0, 5),
    caIndex: 1,
    identifier: ISSUER_IDENTIFIER,
    expiry: '1235',
    cipher: profile.control.cipher,
    keyIndex: 1,
    sizes: profile.rsa,
  });
  return { world, profile, issuer, ports };
}

/** Keys of the domain: a batch's, the same for all cards here. */
const KEYS: Scp03Keys = {
  version: 1,
  enc: new Uint8Array(16).fill(1),
  mac: new Uint8Array(16).fill(2),
  dek: new Uint8Array(16).fill(3),
};

function must<T>(outcome: { readonly status: 'ok'; readonly value: T } | { readonly status: string }): T {
  if ('value' in outcome) return outcome.value;
  throw new Error(`Personalisation ended in ${JSON.stringify(outcome)}`);
}

/** A card from blank memory to purse and payment application. `with` are the ports of the card itself. */
export async function makePaymentCard(
  f: Factory,
  no: number,
  options: { readonly card?: Ports; readonly key?: RsaKeyPair } = {},
): Promise<{ card: Card; nvm: ReturnType<typeof inMemoryNvm>; pan: string }> {
  const { world, ports } = f;
  const own = options.card ?? ports;
  const nvm = inMemoryNvm(cardMemorySize());
  const parts = { nvm, crypto: own.crypto, emv: { symmetric: own.symmetric, rsa: own.rsa } };
  const card = await createCard(parts, undefined, { diversification: serialOf(no), keys: KEYS });
  const session = must(await openDomain(inProcess(card), { keys: KEYS, symmetric: ports.symmetric }));
  const enrolment = parseEnrolment(must(await enrolPurse(session, ports.crypto, ZERO_NONCE)));
  const { issuer } = world;
  const purse = await issueCertificate(
    ports.crypto,
    issuer.key.handle,
    fieldsOf(ROLE.purse, issuer.certificate.subjectRef, name8(no), enrolment.fields.publicKey),
  );
  must(
    await identifyPurse(session, {
      root: world.root.certificate,
      issuer: issuer.certificate,
      purse,
      pin: PIN,
    }),
  );
  const pan = panOf(no);
  const prepared = await prepareCard(ports, f.issuer, f.profile, {
    pan,
    sequence: '01',
    expiry: '3012',
    pin: PIN,
    effective: epochOfIso('2026-01-01'),
    serial: fromHex(no.toString(16).padStart(6, '0')),
    ...(options.key === undefined ? {} : { key: options.key }),
  });
  must(await session.personalise(EMV_MODULE_AID, prepared.groupings));
  must(await session.setStatus('secured'));
  return { card, nvm, pan };
}

const serialOf = (no: number): Bytes => fromHex(no.toString(16).padStart(20, '0'));

const panOf = (no: number): string => withCheckDigit(ISSUER_IDENTIFIER + String(no).padStart(9, '0'));
