/** The machine of a card factory for tests: chips, cards made of them, and the relay between card and back-end. */
import {
  type Card,
  cardMemorySize,
  createCard,
  type FactoryKeys,
  inMemoryNvm,
  type MemoryNvm,
  openCard,
} from '@sokkin/card';
import { fromHex, hex } from '@sokkin/codec';
import { nodeRsa, nodeSymmetric } from '@sokkin/node';
import { CARD_PROFILE } from '@sokkin/purse';
import { type Answer, type Api, crypto, handle, PIN, type Purse, select } from './kit.ts';

const parts = { crypto, emv: { symmetric: nodeSymmetric(), rsa: nodeRsa() } };

/** A chip on a card, as its factory has it. */
export interface Blank {
  readonly serial: string;
  readonly keys: FactoryKeys['keys'];
  readonly nvm: MemoryNvm;
  /** Power on. */
  tap(): Promise<Card>;
}

export async function blankCard(serial: string, keys: FactoryKeys['keys']): Promise<Blank> {
  const nvm = inMemoryNvm(cardMemorySize());
  await createCard({ ...parts, nvm }, CARD_PROFILE, { diversification: fromHex(serial), keys });
  return { serial, keys, nvm, tap: () => openCard({ ...parts, nvm }) };
}

interface ShownChip {
  readonly serial: string;
  readonly keys: {
    readonly version: number;
    readonly enc: string;
    readonly mac: string;
    readonly dek: string;
  };
}

export async function blanks(api: Api, count: number): Promise<Blank[]> {
  const { chips } = (await api.make('/v1/chips', { count })) as { chips: ShownChip[] };
  return Promise.all(
    chips.map(({ serial, keys: { version, enc, mac, dek } }) =>
      blankCard(serial, { version, enc: fromHex(enc), mac: fromHex(mac), dek: fromHex(dek) }),
    ),
  );
}

export async function newBlank(api: Api): Promise<Blank> {
  const [blank] = await blanks(api, 1);
  if (blank === undefined) throw new Error('no chip came');
  return blank;
}

export const orderFor = (serial: string, account: string, more: object = {}) => ({
  serial,
  account,
  assurance: 'secure_element',
  profile: 'white-label',
  pin: PIN,
  ...more,
});

/** What came of a session, in one line: what was made, or the code and the sentence. */
export interface End {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
  readonly body: any;
}

export const exchangeOf = (id: string): string => `/v1/personalisations/${id}/exchange`;

/** Carries commands and answers until there is no command any more. */
export async function relay(
  api: Api,
  begun: Answer,
  answerOf: (command: Uint8Array, number: number) => Promise<Uint8Array>,
): Promise<End> {
  if (begun.status !== 201) return begun;
  const { id } = begun.body;
  let { number, command } = begun.body as { number: number; command: string };
  for (;;) {
    const response = hex(await answerOf(fromHex(command), number));
    const { status, body } = await api.post(exchangeOf(id), { number, response });
    if (body.status !== 'command') return endOf(status, body);
    ({ number, command } = body);
  }
}

/** As `relay` gives it. */
export function endOf(status: number, body: Answer['body']): End {
  if (body.status === 'done') return { status, body: { status: 'done', ...body.result } };
  if (body.status === 'failed') return { status, body: { status: 'failed', ...body.problem } };
  return { status, body };
}

/** A whole session, with the card that lies on the machine. */
export async function session(api: Api, blank: Blank, path: string, body: object = {}): Promise<End> {
  const card = await blank.tap();
  return relay(api, await api.post(path, body), (command) => card.transmit(command));
}

export const personalise = (api: Api, blank: Blank, account: string, more: object = {}): Promise<End> =>
  session(api, blank, '/v1/personalisations', orderFor(blank.serial, account, more));

/** The purse on a card that is personalised. */
export async function purseOn(blank: Blank, account: string, done: End): Promise<Purse> {
  const { purse, certificates } = done.body;
  const card = await blank.tap();
  await select(card);
  return handle(card, blank.nvm, {
    id: purse,
    account,
    certificate: fromHex(certificates.purse),
    issuer: fromHex(certificates.issuer),
  });
}
