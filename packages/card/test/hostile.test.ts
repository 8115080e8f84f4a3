/**
 * I5: only certified purses are paid or believed. Hostile certificates and signatures, over real P-256, shown to every
 * command that believes anything. Each has one thing wrong; each is refused by name, and nothing changes.
 */
import { type Bytes, concat, fromHex, u64 } from '@sokkin/codec';
import { ASSURANCE, type CertificateFields, issueCertificate, ROLE } from '@sokkin/crypto';
import { nodeCrypto } from '@sokkin/node';
import {
  encodePayment,
  encodeReceipt,
  encodeTicket,
  headAfter,
  INS,
  object,
  type Payment,
  parseEnrolment,
  parsePayment,
  parseReceipt,
  parseTicket,
  READOUT,
} from '@sokkin/purse';
import {
  creditRequest,
  fieldsOf,
  grantFor,
  makeParty,
  makeWorld,
  name8,
  only,
  type Party,
  payRequest,
  personaliseCard,
  readStatement,
  readSummary,
  say,
  selectPurse,
  settleRequest,
  storeData,
  sync,
  TODAY,
  ticketRequest,
  verifyPin,
  type World,
  YEN,
  ZERO_NONCE,
} from '@sokkin/testkit';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Card, cardMemorySize, createCard, inMemoryNvm } from '../src/index.ts';
import { chain, type Frozen, freeze, malleated, named, SMALL, shows, thaw } from './people.ts';

/** Generators of secp256k1 and (cut to length) P-384, and a point that is on no curve. */
const SECP256K1 = fromHex(
  '0479be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8',
);
const P384_CUT = fromHex(
  '04aa87ca22be8b05378eb1c71ef320ad746e1d3b628ba79b9859f741e082542a385502f25dbf55296c3a545e3872760ab73617de4a96262c6f5d9e98bf9292dc29',
);
const NOWHERE = new Uint8Array(65).fill(1).with(0, 4);

interface Shown {
  /** What stands in the command as the signer's chain. */
  readonly chain: Bytes;
  /** Who signs the message, and under which name. */
  readonly signer: Party;
  /** Turns the message, once signed, into what is shown. */
  readonly spoil?: (message: Bytes) => Bytes;
}
interface Hostile {
  readonly what: string;
  readonly status: string;
  readonly make: (world: World) => Promise<Shown>;
}

let payer: Frozen;
let payee: Frozen;
let world: World;
beforeAll(async () => {
  payer = await freeze(10, 100n);
  world = payer.world;
  payee = await freeze(11, 50n, world);
});

const flipped = (bytes: Bytes, at: number): Bytes => bytes.map((b, i) => (i === at ? b ^ 1 : b));
const own = async (signer: Party): Promise<Shown> => ({ chain: chain(signer.certificate), signer });
const leaf = (
  w: World,
  override: Partial<CertificateFields> = {},
  by: Party = w.issuer,
  role: number = ROLE.purse,
) => makeParty(w.crypto, by, role as typeof ROLE.purse, 66, override);

const HOSTILE: readonly Hostile[] = [
  {
    what: 'a whole other scheme under the same names',
    status: 'certificate_bad_signature',
    make: async () => {
      const other = await makeWorld(nodeCrypto());
      const signer = await leaf(other);
      return { chain: chain(signer.certificate, other.issuer.certificate), signer };
    },
  },
  {
    what: 'a whole other scheme under other names',
    status: 'certificate_wrong_issuer',
    make: async () => {
      const other = await makeWorld(nodeCrypto(), {}, 501);
      const signer = await leaf(other);
      return { chain: chain(signer.certificate, other.issuer.certificate), signer };
    },
  },
  {
    what: 'another issuer of the scheme, shown with the own one',
    status: 'certificate_wrong_issuer',
    make: async (w) => own(await leaf(w, {}, await makeParty(w.crypto, w.root, ROLE.issuer, 77))),
  },
  {
    what: 'an issuer that certified itself',
    status: 'certificate_bad_signature',
    make: async (w) => {
      const rogue = await makeParty(
        w.crypto,
        { ...w.root, key: await w.crypto.generateKey() },
        ROLE.issuer,
        77,
      );
      const signer = await leaf(w, {}, rogue);
      return { chain: chain(signer.certificate, rogue.certificate), signer };
    },
  },
  {
    what: 'a purse certified by a purse',
    status: 'certificate_wrong_issuer',
    make: async (w) => {
      const certifier = await leaf(w);
      const signer = await makeParty(w.crypto, certifier, ROLE.purse, 67);
      return { chain: chain(signer.certificate, certifier.certificate), signer };
    },
  },
  {
    what: 'a purse certified by a purse that claims the name of the root',
    status: 'certificate_wrong_role',
    make: async (w) => {
      const certifier = await leaf(w, {}, { ...w.root, key: w.issuer.key });
      const signer = await makeParty(w.crypto, certifier, ROLE.purse, 67);
      return { chain: chain(signer.certificate, certifier.certificate), signer };
    },
  },
  {
    what: 'an authority in place of a purse',
    status: 'certificate_wrong_role',
    make: async (w) => own(await leaf(w, { assurance: ASSURANCE.none }, w.issuer, ROLE.authority)),
  },
  {
    what: 'the issuer itself in place of a purse',
    status: 'certificate_wrong_role',
    make: async (w) => ({ chain: chain(w.issuer.certificate), signer: w.issuer }),
  },
  {
    what: 'another currency',
    status: 'certificate_wrong_currency',
    make: async (w) => own(await leaf(w, { currency: 0x0978 })),
  },
  {
    what: 'a certificate that outlives its issuer',
    status: 'certificate_outside_issuer_validity',
    make: async (w) => own(await leaf(w, { expiration: 24001 })),
  },
  {
    what: 'a certificate with one bit of its signature changed',
    status: 'certificate_bad_signature',
    make: async (w) => {
      const signer = await leaf(w);
      const { bytes } = signer.certificate;
      return { chain: object('purse', flipped(bytes, bytes.length - 1)), signer };
    },
  },
  {
    what: 'a certificate with another name in it',
    status: 'certificate_bad_signature',
    make: async (w) => {
      const signer = await leaf(w);
      const renamed = await makeParty(w.crypto, { ...w.issuer, key: signer.key }, ROLE.purse, 68);
      return own({ key: renamed.key, certificate: renamed.certificate });
    },
  },
  {
    what: 'a certificate cut short',
    status: 'certificate_malformed',
    make: async (w) => {
      const signer = await leaf(w);
      return { chain: object('purse', signer.certificate.bytes.slice(0, -1)), signer };
    },
  },
  ...(
    [
      ['secp256k1', SECP256K1],
      ['P-384', P384_CUT],
      ['no curve at all', NOWHERE],
    ] as const
  ).map(
    ([curve, publicKey]): Hostile => ({
      what: `a key that is a point of ${curve}`,
      status: 'bad_signature',
      make: async (w) => own(await leaf(w, { publicKey })),
    }),
  ),
  {
    what: 'a message signed by another key',
    status: 'bad_signature',
    make: async (w) => {
      const signer = await leaf(w);
      return { ...(await own(signer)), signer: { ...signer, key: await w.crypto.generateKey() } };
    },
  },
  {
    what: 'a message with one bit of its signature changed',
    status: 'bad_signature',
    make: async (w) => ({ ...(await own(await leaf(w))), spoil: (m) => flipped(m, m.length - 1) }),
  },
  {
    what: 'a message whose signature is all zero',
    status: 'bad_signature',
    make: async (w) => ({
      ...(await own(await leaf(w))),
      spoil: (m) => m.map((b, i) => (i < m.length - 64 ? b : 0)),
    }),
  },
  {
    what: 'a message of somebody else under a good certificate',
    status: 'certificate_wrong_issuer',
    make: async (w) => {
      const signer = await leaf(w);
      const other = await makeParty(w.crypto, w.issuer, ROLE.purse, 69);
      return { chain: chain(other.certificate), signer };
    },
  },
  {
    what: 'half a message',
    status: 'malformed',
    make: async (w) => ({ ...(await own(await leaf(w))), spoil: (m) => m.slice(3) }),
  },
];

const signed = async (w: World, { signer, spoil = (m) => m }: Shown, body: Bytes): Promise<Bytes> =>
  spoil(concat(body, await w.crypto.sign(signer.key.handle, body)));

const LINK = new Uint8Array(32).fill(9);

async function refused(
  frozen: Frozen,
  status: string,
  ins: number,
  data: (card: Card) => Promise<Bytes>,
): Promise<void> {
  const { card, nvm } = await thaw(frozen);
  const request = await data(card);
  const [before, memory] = [await shows(card), nvm.snapshot()];
  expect(named((await say(card, ins, request)).sw)).toBe(status);
  expect(await shows(card)).toBe(before);
  expect(nvm.snapshot()).toEqual(memory);
}

describe('I5 hostile chains and signatures', () => {
  it.each(HOSTILE)('PAY a ticket: $what', async ({ status, make }) => {
    const shown = await make(world);
    await refused(payer, status, INS.pay, async () => {
      const purse = shown.signer.certificate.subjectRef;
      const body = encodeTicket({
        purse,
        seq: 5,
        link: LINK,
        currency: YEN,
        maxAmount: 9n,
        reference: name8(1),
      });
      return concat(
        shown.chain,
        object('ticket', await signed(world, shown, body)),
        object('amount', u64(1n)),
      );
    });
  });

  it.each(HOSTILE)('CREDIT and CANCEL a payment: $what', async ({ status, make }) => {
    const shown = await make(world);
    for (const ins of [INS.credit, INS.cancel]) {
      await refused(payee, status, ins, async (card) => {
        const ticket = parseTicket(only(await say(card, INS.issueTicket, ticketRequest(9n, 1)))).fields;
        const purse = shown.signer.certificate.subjectRef;
        const at = { purse, seq: 5, link: LINK, payee: ticket.purse, ticketNo: ticket.seq };
        const body = encodePayment({ ...at, currency: YEN, amount: 9n });
        return concat(shown.chain, object('payment', await signed(world, shown, body)));
      });
    }
  });

  it.each(HOSTILE)('SETTLE a receipt: $what', async ({ status, make }) => {
    const shown = await make(world);
    await refused(payer, status, INS.settle, async (card) => {
      const { payment } = await openPayment(card);
      const body = encodeReceipt({
        kind: 'receipt',
        outcome: 'cancelled',
        purse: shown.signer.certificate.subjectRef,
        seq: 5,
        link: LINK,
        currency: YEN,
        amount: payment.amount,
        payer: payment.purse,
        paymentNo: payment.seq,
        paymentHash: new Uint8Array(32),
        ticketNo: payment.ticketNo,
      });
      return concat(shown.chain, object('receipt', await signed(world, shown, body)));
    });
  });

  it('SETTLE: a genuine purse that was not the payee is not believed', async () => {
    const stranger = await leaf(world);
    await refused(payer, 'not_for_this_purse', INS.settle, async (card) => {
      const { payment, hash } = await openPayment(card);
      const said = { kind: 'receipt', outcome: 'cancelled', seq: 5, link: LINK, currency: YEN } as const;
      const about = {
        amount: payment.amount,
        payer: payment.purse,
        paymentNo: payment.seq,
        paymentHash: hash,
      };
      const purse = stranger.certificate.subjectRef;
      const body = encodeReceipt({ ...said, ...about, purse, ticketNo: payment.ticketNo });
      return concat(
        chain(stranger.certificate),
        object('receipt', await signed(world, await own(stranger), body)),
      );
    });
  });
});

/** Has the payer pay 9 to the payee's next ticket. */
async function openPayment(card: Card): Promise<{ payment: Payment; hash: Bytes; message: Bytes }> {
  const at = await thaw(payee);
  const ticket = only(await say(at.card, INS.issueTicket, ticketRequest(9n, 1)));
  const message = only(await say(card, INS.pay, payRequest(payee.certificate, ticket, 9n)));
  const { fields, body } = parsePayment(message);
  return { payment: fields, hash: headAfter(body), message };
}

describe('I5 Grants', () => {
  it.each<[string, string, (w: World) => Promise<Party>]>([
    ['of a purse', 'certificate_wrong_role', (w) => leaf(w)],
    ["of the issuer's own purse", 'certificate_wrong_role', async (w) => w.issuerPurse],
    ['of the issuer itself', 'certificate_wrong_role', async (w) => w.issuer],
    [
      'of an authority of another issuer',
      'certificate_wrong_issuer',
      async (w) =>
        leaf(
          w,
          { assurance: ASSURANCE.none },
          await makeParty(w.crypto, w.root, ROLE.issuer, 77),
          ROLE.authority,
        ),
    ],
    [
      'of an authority that certified itself',
      'certificate_bad_signature',
      async (w) =>
        leaf(
          w,
          { assurance: ASSURANCE.none },
          { ...w.issuer, key: await w.crypto.generateKey() },
          ROLE.authority,
        ),
    ],
    [
      'of an expired authority',
      'certificate_expired',
      (w) => leaf(w, { assurance: ASSURANCE.none, expiration: TODAY - 1 }, w.issuer, ROLE.authority),
    ],
    [
      'signed by another key',
      'bad_signature',
      async (w) => ({ ...w.authority, key: await w.crypto.generateKey() }),
    ],
  ])('a Grant %s: %s', async (_, status, by) => {
    const signer = await by(world);
    await refused(payer, status, INS.applyGrant, async (card) =>
      grantFor(world, await readStatement(card), {}, signer),
    );
  });

  it('a Grant for another purse', async () => {
    const at = await readStatement((await thaw(payee)).card);
    await refused(payer, 'not_for_this_purse', INS.applyGrant, () => grantFor(world, at));
  });

  it('a Grant changed after it was signed, at any byte', async () => {
    const { card, nvm } = await thaw(payer);
    const good = await grantFor(world, await readStatement(card), { order: 'block' });
    const memory = nvm.snapshot();
    for (let at = 0; at < good.length; at++) {
      const { sw } = await say(card, INS.applyGrant, flipped(good, at));
      expect(sw, `byte ${at}`).not.toBe(0x9000);
    }
    expect(nvm.snapshot()).toEqual(memory);
  });
});

describe('I5 personalisation', () => {
  const CASES: readonly [string, string, (w: World, publicKey: Bytes) => Promise<Bytes>][] = [
    [
      'a root that does not sign itself',
      'certificate_bad_signature',
      async (w, k) =>
        stored(w, k, { root: { ...(await makeParty(w.crypto, undefined, ROLE.root, 1)), key: w.root.key } }),
    ],
    [
      'an issuer of another root',
      'certificate_wrong_issuer',
      async (w, k) => stored(w, k, { root: await makeParty(w.crypto, undefined, ROLE.root, 88) }),
    ],
    [
      'an issuer that the root never signed',
      'certificate_bad_signature',
      async (w, k) =>
        stored(w, k, {
          issuer: await makeParty(w.crypto, { ...w.root, key: await w.crypto.generateKey() }, ROLE.issuer, 2),
        }),
    ],
    [
      'a certificate for an authority',
      'certificate_wrong_role',
      (w, k) => stored(w, k, {}, { role: ROLE.authority, assurance: ASSURANCE.none }),
    ],
    [
      'a certificate in another currency',
      'certificate_wrong_currency',
      (w, k) => stored(w, k, {}, { currency: 0x0978 }),
    ],
    [
      'a certificate for another key',
      'certificate_other_key',
      async (w) => stored(w, (await w.crypto.generateKey()).publicKey),
    ],
    [
      'a certificate that outlives its issuer',
      'certificate_outside_issuer_validity',
      (w, k) => stored(w, k, {}, { expiration: 24001 }),
    ],
    [
      'an issuer in place of the root',
      'certificate_bad_signature',
      (w, k) => stored(w, k, { root: w.issuer }),
    ],
  ];

  it.each(CASES)('STORE DATA with %s: %s', async (_, status, make) => {
    const nvm = inMemoryNvm(cardMemorySize(SMALL));
    const card = await createCard({ nvm, crypto: world.crypto }, SMALL);
    await selectPurse(card);
    const { publicKey } = parseEnrolment(
      only(await say(card, INS.generateKey, object('nonce', ZERO_NONCE))),
    ).fields;
    expect(named((await say(card, INS.storeData, await make(world, publicKey))).sw)).toBe(status);
    expect((await readSummary(card)).lifecycle).toBe('blank');
    expect(named((await say(card, INS.storeData, await stored(world, publicKey))).sw)).toBe('ok');
  });

  it('I4 STORE DATA after a lost answer is ok, and gives neither another PIN nor a way to try PINs', async () => {
    const card = await createCard({ nvm: inMemoryNvm(cardMemorySize(SMALL)), crypto: world.crypto }, SMALL);
    const certificate = await personaliseCard(world, card, 12);
    for (const pin of ['1234', '9999']) {
      expect(named((await say(card, INS.storeData, storeData(world, certificate, pin))).sw)).toBe('ok');
    }
    expect((await verifyPin(card, '9999')).sw).toBe(0x63c2);
    expect((await verifyPin(card, '1234')).sw).toBe(0x9000);
    const other = await stored(world, certificate.publicKey);
    expect(named((await say(card, INS.storeData, other)).sw)).toBe('already_personalised');
    await sync(world, card, { order: 'activate' });
    expect(named((await say(card, INS.storeData, storeData(world, certificate))).sw)).toBe(
      'already_personalised',
    );
  });

  async function stored(
    w: World,
    publicKey: Bytes,
    change: Partial<World> = {},
    fields: Partial<CertificateFields> = {},
  ) {
    const all = { ...w, ...change };
    const usual = fieldsOf(ROLE.purse, w.issuer.certificate.subjectRef, name8(12), publicKey, fields);
    const purse = await issueCertificate(
      w.crypto,
      all.issuer === w.issuer ? w.issuer.key.handle : all.issuer.key.handle,
      usual,
    );
    return storeData(all, purse);
  }
});

describe('I5 SETTLE without certificates, in the session of PAY', () => {
  it('believes the payee that PAY verified, nobody else, and forgets it with the session', async () => {
    const [a, b] = [await thaw(payer), await thaw(payee)];
    const ticket = only(await say(b.card, INS.issueTicket, ticketRequest(9n, 1)));
    const payment = only(await say(a.card, INS.pay, payRequest(payee.certificate, ticket, 9n)));
    const receipt = only(await say(b.card, INS.credit, creditRequest(payer.certificate, payment)));
    const stranger = await leaf(world);
    const { purse: _, ...said } = parseReceipt(receipt).fields;
    const lie = encodeReceipt({ ...said, outcome: 'cancelled', purse: stranger.certificate.subjectRef });
    const signedLie = await signed(world, await own(stranger), lie);
    const inTheNameOfPayee = await signed(world, await own(stranger), parseReceipt(receipt).body);
    const bare = async (message: Bytes) =>
      named((await say(a.card, INS.settle, object('receipt', message))).sw);
    const before = await shows(a.card);
    expect(await bare(signedLie)).toBe('certificate_wrong_issuer');
    expect(await bare(inTheNameOfPayee)).toBe('bad_signature');
    await selectPurse(a.card);
    expect(await bare(receipt)).toBe('malformed');
    expect(await shows(a.card)).toBe(before);
    await say(a.card, INS.pay, payRequest(payee.certificate, ticket, 9n));
    expect(await bare(receipt)).toBe('ok');
    expect((await readSummary(a.card)).balance).toBe(91n);
  });
});

describe('I5 what is accepted all the same', () => {
  it('a malleated signature is the same message: value moves once', async () => {
    const [a, b] = [await thaw(payer), await thaw(payee)];
    const ticket = only(await say(b.card, INS.issueTicket, ticketRequest(9n, 1)));
    const payment = only(await say(a.card, INS.pay, payRequest(payee.certificate, malleated(ticket), 9n)));
    expect(only(await say(a.card, INS.pay, payRequest(payee.certificate, ticket, 9n)))).toEqual(payment);
    const receipt = only(await say(b.card, INS.credit, creditRequest(payer.certificate, malleated(payment))));
    expect(only(await say(b.card, INS.credit, creditRequest(payer.certificate, payment)))).toEqual(receipt);
    expect((await readSummary(b.card)).balance).toBe(59n);
    for (const message of [malleated(receipt), receipt]) {
      expect((await say(a.card, INS.settle, settleRequest(payee.certificate, message))).sw).toBe(0x9000);
    }
    expect((await readSummary(a.card)).balance).toBe(91n);
  });

  it('an expired payee is not paid; an expired payer is sent its money back; its Receipts are honoured', async () => {
    const [a, b] = [await thaw(payer), await thaw(payee)];
    const ticket = only(await say(b.card, INS.issueTicket, ticketRequest(9n, 1)));
    const second = only(await say(b.card, INS.issueTicket, ticketRequest(9n, 2)));
    const payment = only(await say(a.card, INS.pay, payRequest(payee.certificate, ticket, 9n)));
    await sync(world, b.card, { epoch: 24001 });
    const receipt = only(await say(b.card, INS.credit, creditRequest(payer.certificate, payment)));
    expect(parseReceipt(receipt).fields.outcome).toBe('cancelled');
    await sync(world, a.card, { epoch: 24001 });
    expect(named((await say(a.card, INS.pay, payRequest(payee.certificate, second, 9n))).sw)).toBe(
      'certificate_expired',
    );
    expect((await say(a.card, INS.settle, settleRequest(payee.certificate, receipt))).sw).toBe(0x9000);
    expect((await readSummary(a.card)).balance).toBe(100n);
  });
});

describe('what only bytes can get wrong', () => {
  it('GET DATA of what is not there: not_found', async () => {
    const { card } = await thaw(payer);
    expect(named((await say(card, INS.getData, undefined, { p1: 0xdf, p2: 0x77 })).sw)).toBe('not_found');
    expect(
      (await say(card, INS.getData, undefined, { p1: READOUT.history >> 8, p2: READOUT.history & 0xff })).sw,
    ).toBe(0x9000);
  });
});
