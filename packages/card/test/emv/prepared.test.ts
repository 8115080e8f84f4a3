/**
 * The three meet: cards of the back-end's data preparation, on the real applet, at a terminal that knows neither, with
 * the issuer's own computation at the other end. None of them imports another.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ascii, encodeCsu, epochOfIso, fromHex, hex } from '@sokkin/codec';
import {
  arpc,
  type CardProfile,
  type EmvIssuer,
  issuerScript,
  makeEmvIssuer,
  prepareCard,
  readProfile,
  replenish,
  type ScriptAction,
  scriptCommands,
  validatePrepared,
  verifyCryptogram,
} from '@sokkin/issuer';
import { nodeCrypto, nodeRsa, nodeSymmetric } from '@sokkin/node';
import { type ApduTransport, cardLost } from '@sokkin/terminal';
import {
  type EmvOutcome,
  type EmvPurchase,
  inProcess,
  LARGE_LIMITS,
  makeActiveCard,
  makeWorld,
  payWithEmv,
  readSummary,
  selectPurse,
  type TerminalSetup,
} from '@sokkin/testkit';
import { describe, expect, test } from 'vitest';
import { loadByHand, openHandCard } from './hand-card.ts';

const ports = { rsa: nodeRsa(), symmetric: nodeSymmetric() };
const today = epochOfIso('2026-11-22');
const PAN = '9999120000000000';
const PIN = '123456';
const BALANCE = 10_000n;
const NAMES = ['white-label', 'white-label-aes', 'jcb-shaped', 'phone'] as const;

const profileNamed = (name: string): CardProfile =>
  readProfile(readFileSync(join(import.meta.dirname, '../../../issuer/profiles', `${name}.json`), 'utf8'));

const issuers = new Map<string, Promise<EmvIssuer>>();
function issuerFor({ name, control, rsa: sizes }: CardProfile): Promise<EmvIssuer> {
  const rid = control.aid.slice(0, 5);
  const wanted = {
    rid,
    caIndex: 1,
    identifier: '999912',
    expiry: '1240',
    cipher: control.cipher,
    keyIndex: 1,
    sizes,
  };
  const made = issuers.get(name) ?? makeEmvIssuer(ports, wanted);
  issuers.set(name, made);
  return made;
}

/** An active purse with a prepared payment application, and a terminal. */
async function scene(name: string, setup: Partial<TerminalSetup> = {}) {
  const profile = profileNamed(name);
  const issuer = await issuerFor(profile);
  const own = profile.control.limitedUseOnly ? { limitedUse: { number: 1, uses: 2 } } : { pin: PIN };
  const { groupings } = await prepareCard(ports, issuer, profile, {
    pan: PAN,
    sequence: '01',
    expiry: '3112',
    effective: today,
    serial: fromHex('000001'),
    ...own,
  });
  expect(await validatePrepared(ports, issuer.ca, groupings, today)).toHaveProperty('verdict', 'sound');
  const world = await makeWorld(nodeCrypto());
  const { nvm } = await makeActiveCard(world, 20, { balance: BALANCE, limits: LARGE_LIMITS });
  expect(await loadByHand(nvm, groupings)).toBe(0x9000);
  const terminal: TerminalSetup = {
    rsa: ports.rsa,
    randomBytes: ports.symmetric.randomBytes,
    caKeys: [issuer.ca],
    today,
    interface: 'contact',
    applications: [{ aid: profile.control.aid.subarray(0, 5) }],
    ...setup,
  };
  const transport = inProcess(await openHandCard(nvm));
  const balance = async () => {
    const card = await openHandCard(nvm);
    await selectPurse(card);
    return (await readSummary(card)).balance;
  };
  return {
    profile,
    issuer,
    nvm,
    transport,
    terminal,
    balance,
    pay: (p: EmvPurchase) => payWithEmv(transport, terminal, p),
  };
}

type Ended<E extends EmvOutcome['ended']> = EmvOutcome & { readonly ended: E };
function expectEnd<E extends EmvOutcome['ended']>(outcome: EmvOutcome, ended: E): Ended<E> {
  expect(
    outcome.ended,
    JSON.stringify(outcome, (k, v) => (k === 'elements' || k === 'message' ? '' : v)),
  ).toBe(ended);
  return outcome as Ended<E>;
}

function bank(issuer: EmvIssuer, profile: CardProfile, actions: readonly ScriptAction[] = []) {
  const seen: string[] = [];
  const online: EmvPurchase['online'] = async (data) => {
    const found = verifyCryptogram(ports.symmetric, issuer, profile, { pan: PAN, sequence: '01', data });
    seen.push(found.verdict);
    if (found.verdict !== 'genuine') return { responseCode: ascii('05') };
    const responseCode = ascii('00');
    const csu = encodeCsu({ flags: new Set(['issuerApproves']), counters: 'reset', pinTries: 0 });
    const word =
      profile.control.arpcMethod === 1
        ? ({ method: 1, responseCode } as const)
        : ({ method: 2, cardStatusUpdate: csu } as const);
    const commands = scriptCommands(ports.symmetric, profile, found, actions);
    return {
      responseCode,
      authentication: arpc(ports.symmetric, found, word),
      ...(commands.length === 0 ? {} : { scripts: commands.map((c) => issuerScript(0x72, [c])) }),
    };
  };
  return { online, seen };
}

describe.each(NAMES)('%s', (name) => {
  test.each(['contact', 'contactless'] as const)('pays offline: %s', async (at) => {
    const { pay, issuer, profile, balance } = await scene(name, { interface: at });
    const end = expectEnd(await pay({ amount: 1200n, request: 'tc' }), 'approved');
    expect(end).toMatchObject({
      how: 'offline',
      oda: { method: 'cda', verdict: 'authentic' },
      first: { type: 'tc', cda: 'authentic' },
    });
    expect(await balance()).toBe(BALANCE - 1200n);
    const seen = { pan: PAN, sequence: '01', data: end.message };
    expect(verifyCryptogram(ports.symmetric, issuer, profile, seen)).toMatchObject({
      verdict: 'genuine',
      iad: { debited: true },
    });
  });

  test('pays online: both ends believe each other, and the balance stays', async () => {
    const { pay, issuer, profile, balance } = await scene(name);
    const { online, seen } = bank(issuer, profile);
    const end = expectEnd(await pay({ amount: 1200n, request: 'arqc', online }), 'approved');
    expect(seen).toEqual(['genuine']);
    expect(end.second).toMatchObject({ type: 'tc', cda: 'authentic' });
    const last = verifyCryptogram(ports.symmetric, issuer, profile, {
      pan: PAN,
      sequence: '01',
      data: end.message,
    });
    expect(last).toMatchObject({ verdict: 'genuine', iad: { debited: false } });
    if (last.verdict === 'genuine') expect(last.cvr?.bits.has('issuerAuthenticationFailed')).toBe(false);
    expect(await balance()).toBe(BALANCE);
  });

  test('takes scripts: a limit, and then its application is blocked', async () => {
    const { pay, issuer, profile } = await scene(name);
    const actions: ScriptAction[] = [
      { action: 'putData', tag: 0x9f14, value: Uint8Array.of(1) },
      { action: 'blockApplication' },
    ];
    const { online } = bank(issuer, profile, actions);
    const end = expectEnd(await pay({ amount: 1200n, request: 'arqc', online }), 'approved');
    expect(end.scripts).toEqual([0x9000, 0x9000]);
    expect(await pay({ amount: 1n, request: 'tc' })).toEqual({ ended: 'no-application', sw: 0x6283 });
  });

  test('an answer that was lost comes again, and is debited once', async () => {
    const { pay, transport, terminal, issuer, profile, balance } = await scene(name);
    let gone = false;
    const leaving: ApduTransport = {
      extended: false,
      async transmit(c) {
        const answer = await transport.transmit(c);
        if (gone || c[1] !== 0xae) return answer;
        gone = true;
        throw cardLost();
      },
    };
    const { torn } = expectEnd(await payWithEmv(leaving, terminal, { amount: 700n, request: 'tc' }), 'torn');
    const end = expectEnd(await pay({ amount: 5n, request: 'tc', torn }), 'approved');
    expect(end).toMatchObject({ recovered: true, first: { type: 'tc', cda: 'authentic' } });
    const seen = { pan: PAN, sequence: '01', data: end.message };
    expect(verifyCryptogram(ports.symmetric, issuer, profile, seen).verdict).toBe('genuine');
    expect(await balance()).toBe(BALANCE - 700n);
  });
});

describe('the holder', () => {
  test.each([
    ['enciphered', new Set(['offlinePinEnciphered'] as const), '440302'],
    ['plain', new Set(['offlinePinPlain'] as const), '410302'],
  ])('a PIN, %s', async (_, methods, results) => {
    // JPY 12,000 are above the list's X, and above the balance: the card asks its issuer.
    const { pay, issuer, profile } = await scene('white-label', { methods });
    const { online } = bank(issuer, profile);
    const end = expectEnd(await pay({ amount: 12_000n, request: 'tc', pin: PIN, online }), 'approved');
    expect([hex(end.holder.results), end.how]).toEqual([results, 'online']);
  });

  test('a wrong PIN, and the issuer gives the tries back and another PIN', async () => {
    const { pay, issuer, profile } = await scene('jcb-shaped');
    const wrong = expectEnd(await pay({ amount: 12_000n, request: 'arqc', pin: '9999' }), 'declined');
    expect(wrong.tvr.has('cvmFailed')).toBe(true);
    const { online } = bank(issuer, profile, [{ action: 'changePin', pin: '654321' }]);
    const changed = expectEnd(await pay({ amount: 1n, request: 'arqc', online }), 'approved');
    expect(changed.scripts).toEqual([0x9000]);
    const end = expectEnd(await pay({ amount: 12_000n, request: 'arqc', pin: '654321', online }), 'approved');
    expect(end.holder.result).toBe('successful');
  });
});

test('a phone runs out of uses, and goes on with a new key', async () => {
  const { pay, issuer, profile, nvm, terminal } = await scene('phone', { onDevice: true });
  const bill: EmvPurchase = { amount: 10n, request: 'tc' };
  for (let use = 0; use < 2; use++) expectEnd(await pay(bill), 'approved');
  expect(await pay(bill)).toMatchObject({ ended: 'refused', command: 'GET PROCESSING OPTIONS' });
  const card = { pan: PAN, sequence: '01' };
  const more = replenish(ports.symmetric, issuer, profile, card, { number: 2, uses: 1 });
  expect(await loadByHand(nvm, more)).toBe(0x9000);
  const again = inProcess(await openHandCard(nvm));
  const end = expectEnd(await payWithEmv(again, terminal, bill), 'approved');
  const found = verifyCryptogram(ports.symmetric, issuer, profile, { ...card, data: end.message });
  expect(found).toMatchObject({ verdict: 'genuine', iad: { keyNumber: 2 } });
});
