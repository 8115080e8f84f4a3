/** Cards in a field, a phone's verifier, and a back-end that fits on a page: what the tap tests play with. */
import { cardMemorySize, createCard, inMemoryNvm } from '@sokkin/card';
import { type Bytes, decodeTlvs, u32 } from '@sokkin/codec';
import { ASSURANCE, issueCertificate, ROLE } from '@sokkin/crypto';
import { nodeCrypto } from '@sokkin/node';
import { OBJECT, parseEnrolment, parseStatement, parseTicket } from '@sokkin/purse';
import { type FieldCard, fieldCard } from '@sokkin/testkit';
import {
  fieldsOf,
  grantFor,
  LARGE_LIMITS,
  makeActiveCard,
  makeWorld,
  name8,
  TODAY,
  type World,
} from '../../testkit/src/world.ts';
import {
  type BackendApi,
  type CarriedPayment,
  type CarriedReceipt,
  collect,
  deliver,
  fetchTicket,
  type Outcome,
  purseName,
  select,
  summary,
  type Verifier,
} from '../src/index.ts';

export const crypto = nodeCrypto();
export const reference = (n: number): Bytes => new Uint8Array([...u32(0), ...u32(n)]);

export interface Scene {
  readonly world: World;
  readonly verifier: Verifier;
  readonly extended: boolean;
  readonly alice: FieldCard;
  readonly bob: FieldCard;
  readonly bank: FieldCard;
  readonly aliceId: Bytes;
  readonly bobId: Bytes;
  snapshot(): () => void;
}

/** alice and bob hold 10,000 each; the bank plays the issuer's purse. */
export async function makeScene(extended: boolean): Promise<Scene> {
  const world = await makeWorld(crypto);
  const [a, b, c] = [
    await makeActiveCard(world, 101, { balance: 10_000n }),
    await makeActiveCard(world, 102, { balance: 10_000n }),
    await makeActiveCard(world, 103, { balance: 500_000n }),
  ];
  const trust = {
    root: world.root.certificate,
    knownIssuers: [world.issuer.certificate],
    epoch: TODAY,
  };
  const options = { extended };
  const nvms = [a.nvm, b.nvm, c.nvm];
  return {
    world,
    verifier: { crypto, trust },
    extended,
    alice: fieldCard(a.nvm, crypto, options),
    bob: fieldCard(b.nvm, crypto, options),
    bank: fieldCard(c.nvm, crypto, options),
    aliceId: a.certificate.subjectRef,
    bobId: b.certificate.subjectRef,
    snapshot() {
      const images = nvms.map((n) => n.snapshot());
      return () => {
        for (const [i, n] of nvms.entries()) n.restore(images[i] ?? new Uint8Array(0));
      };
    },
  };
}

export function must<T>(outcome: Outcome<T>): T {
  if (outcome.status !== 'ok') throw new Error(`Expected ok, got ${JSON.stringify(outcome)}`);
  return outcome.value;
}

export async function blankFieldCard(extended: boolean): Promise<FieldCard> {
  const nvm = inMemoryNvm(cardMemorySize());
  await createCard({ nvm, crypto });
  return fieldCard(nvm, crypto, { extended });
}

export async function standing(card: FieldCard): Promise<{ balance: bigint; pending: bigint }> {
  const t = await card.tap();
  must(await select(t));
  const { balance, pending } = must(await summary(t));
  return { balance, pending };
}

/** A back-end that believes everything, with the bank's card as the issuer's purse. */
export function fakeApi(scene: Scene): BackendApi & { deliveries: { payments: CarriedPayment[] } } {
  const { world, verifier, bank } = scene;
  const nonce = new Uint8Array(16).fill(5);
  const fundings = new Map<string, { id: string; payment: CarriedPayment }>();
  const redemptions = new Map<string, number>();
  const deliveries: { payments: CarriedPayment[] } = { payments: [] };
  const born = new Map<string, Bytes>();
  return {
    deliveries,
    challenge: async () => nonce,
    async provision({ enrolment }) {
      const { publicKey } = parseEnrolment(enrolment).fields;
      const { issuer, root } = world;
      const known = born.get(publicKey.join());
      const fields = fieldsOf(ROLE.purse, issuer.certificate.subjectRef, name8(900), publicKey, {
        assurance: ASSURANCE.secureElement,
      });
      const purse = await issueCertificate(crypto, issuer.key.handle, fields);
      born.set(publicKey.join(), known ?? purse.bytes);
      return { id: purseName(purse.subjectRef), root: root.certificate, issuer: issuer.certificate, purse };
    },
    async sync(_purse, { statement }) {
      const fields = parseStatement(statement).fields;
      const data = decodeTlvs(await grantFor(world, fields, { order: 'activate', limits: LARGE_LIMITS }));
      const grant = data.find((o) => o.tag === OBJECT.grant)?.value ?? new Uint8Array(0);
      const payments = deliveries.payments.splice(0);
      return {
        acknowledgedSeq: fields.seq,
        grant,
        authority: world.authority.certificate,
        payments,
        receipts: [] as CarriedReceipt[],
      };
    },
    async fund(key, { ticket, payee, amount }) {
      const known = fundings.get(key);
      if (known !== undefined) return known;
      const carried = { message: ticket, fields: parseTicket(ticket).fields, chain: payee };
      const { payment } = must(await collect(await bank.tap(), verifier, { ticket: carried, amount }));
      const funding = { id: `fnd_${fundings.size}`, payment };
      fundings.set(key, funding);
      return funding;
    },
    fundingReceipt: async () => undefined,
    async redeem(key, { maxAmount }) {
      const no = redemptions.get(key) ?? redemptions.size + 1000;
      redemptions.set(key, no);
      const ticket = must(
        await fetchTicket(await bank.tap(), verifier, { maxAmount, reference: reference(no) }),
      );
      return { id: `rdm_${no}`, ticket: ticket.message, payee: ticket.chain };
    },
    async redemptionPayment(_id, payment) {
      return must(await deliver(await bank.tap(), verifier, { payment })).receipt.message;
    },
  };
}
