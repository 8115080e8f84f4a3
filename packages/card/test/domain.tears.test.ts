/**
 * Power cut at every byte that the security domain writes: no challenge ever comes twice, no application is ever half
 * personalised, and what was cut off begins anew.
 */
import { type Bytes, concat, hex, SW } from '@sokkin/codec';
import { issueCertificate, ROLE } from '@sokkin/crypto';
import { parseEnrolment } from '@sokkin/purse';
import { enrolPurse, identifyPurse, openDomain, TransportError } from '@sokkin/terminal';
import {
  everyTear,
  fieldsOf,
  inProcess,
  makeWorld,
  name8,
  PIN,
  readSummary,
  selectPurse,
  TEAR_MODES,
  ZERO_NONCE,
} from '@sokkin/testkit';
import { describe, expect, it } from 'vitest';
import { type Card, inMemoryNvm, type Nvm, openCard } from '../src/index.ts';
import {
  BUILD,
  block,
  challenged,
  getStatusOf,
  install,
  KEYS,
  openRaw,
  openRememberer,
  purseCard,
  REMEMBERER_AID,
  rememberer,
  SERIAL,
  selectDomain,
  sequenceOf,
  setStatusTo,
  symmetric,
  travelling,
} from './domain-scene.ts';

const session = async (card: Card) => {
  const opened = await openDomain(inProcess(card), { keys: KEYS, symmetric });
  if (opened.status !== 'ok') throw new Error(opened.status);
  return opened.value;
};

/** The same memory, to be tried out. */
const copyOf = (nvm: { snapshot(): Bytes }): ReturnType<typeof inMemoryNvm> => {
  const image = nvm.snapshot();
  const copy = inMemoryNvm(image.length);
  copy.restore(image);
  return copy;
};

describe.each(TEAR_MODES)('torn writes: %s', (mode) => {
  it('no number of the sequence counter that left the card ever comes back', async () => {
    const { nvm } = await purseCard();
    let shown: number[] = [];
    const run = async (torn: Nvm): Promise<void> => {
      shown = [];
      const card = await openCard({ ...BUILD, nvm: torn });
      await selectDomain(card);
      for (let i = 0; i < 2; i++) shown.push(sequenceOf(await challenged(card)));
    };
    const tears = await everyTear(nvm, run, {
      mode,
      async after() {
        const card = await openCard({ ...BUILD, nvm });
        await selectDomain(card);
        const next = sequenceOf(await challenged(card));
        expect(shown).not.toContain(next);
        expect(next).toBeGreaterThan(Math.max(0, ...shown));
      },
    });
    expect(tears).toBeGreaterThan(700);
  });

  it('an application is personalised whole or not at all, and not at all begins anew', async () => {
    const whole = travelling([
      { dgi: 0x0101, value: SERIAL },
      { dgi: 0x8000, value: new Uint8Array(16) },
    ]);
    const personalise = async (card: Card): Promise<void> => {
      const host = await openRaw(card);
      await host.send(install(REMEMBERER_AID));
      await host.send(block(0, whole.subarray(0, 5)));
      expect((await host.send(block(1, whole.subarray(5), true))).sw).toBe(SW.ok);
    };
    const { nvm } = await rememberer();
    let [blank, personalised] = [0, 0];
    await everyTear(nvm, async (torn) => personalise((await openRememberer(torn)).card), {
      mode,
      async after() {
        const scene = await openRememberer(nvm);
        const found = scene.remembered();
        if (found === undefined) {
          blank++;
          await personalise(scene.card);
        } else {
          personalised++;
          const host = await openRaw(scene.card);
          expect((await host.send(install(REMEMBERER_AID))).sw).toBe(SW.conditionsNotSatisfied);
        }
        const plain = concat(
          travelling([{ dgi: 0x0101, value: SERIAL }]),
          Uint8Array.of(0x80, 0, 16),
          new Uint8Array(16),
        );
        expect(hex(scene.remembered() ?? SERIAL)).toBe(hex(plain));
      },
    });
    expect(blank).toBeGreaterThan(0);
    expect(personalised).toBeGreaterThan(0);
  });

  it('the card is in the lifecycle before or after', async () => {
    const { nvm } = await rememberer();
    const stateOf = async (card: Card): Promise<string> => {
      const { data } = await (await openRaw(card)).send(getStatusOf(0x80, '4f005c029f70'));
      return hex(data);
    };
    const secure = async (card: Card): Promise<void> => {
      expect((await (await openRaw(card)).send(setStatusTo(0x0f))).sw).toBe(SW.ok);
    };
    const seen = new Set<string>();
    await everyTear(nvm, async (torn) => secure((await openRememberer(torn)).card), {
      mode,
      async after() {
        seen.add(await stateOf((await openRememberer(nvm)).card));
      },
    });
    expect([...seen].sort()).toEqual(['e3049f700107', 'e3049f70010f']);
  });
});

it('a purse whose birth is cut off is blank or born, and a blank one is born at the next try', async () => {
  const world = await makeWorld(BUILD.crypto);
  const { card, nvm } = await purseCard();
  const enrolment = await enrolPurse(await session(card), world.crypto, ZERO_NONCE);
  if (enrolment.status !== 'ok') throw new Error(enrolment.status);
  const { publicKey } = parseEnrolment(enrolment.value).fields;
  const fields = fieldsOf(ROLE.purse, world.issuer.certificate.subjectRef, name8(5), publicKey);
  const purse = await issueCertificate(world.crypto, world.issuer.key.handle, fields);
  const given = { root: world.root.certificate, issuer: world.issuer.certificate, purse, pin: PIN };
  const lifecycles: string[] = [];
  const lifecycleOf = async (it: Card): Promise<string> => {
    await selectPurse(it);
    return (await readSummary(it)).lifecycle;
  };
  await everyTear(
    nvm,
    async (torn) => {
      try {
        await identifyPurse(await session(await openCard({ ...BUILD, nvm: torn })), given);
      } catch (error) {
        // The reader only sees a card that left.
        throw error instanceof TransportError ? error.cause : error;
      }
    },
    {
      async after({ cutAfter }) {
        const found = await openCard({ ...BUILD, nvm });
        const lifecycle = await lifecycleOf(found);
        lifecycles.push(lifecycle);
        expect(['blank', 'personalised']).toContain(lifecycle);
        // Signatures take their time: not after every one of the cuts.
        if (lifecycle !== 'blank' || cutAfter % 16 !== 0) return;
        const again = await openCard({ ...BUILD, nvm: copyOf(nvm) });
        expect((await identifyPurse(await session(again), given)).status).toBe('ok');
        expect(await lifecycleOf(again)).toBe('personalised');
      },
    },
  );
  expect(new Set(lifecycles).size).toBe(2);
});
