/** `readers` and `card attach`: cards on PC/SC readers, real ones and virtual ones (docs/pcsc.md). */
import { type Card, openCard } from '@sokkin/card';
import { hex, SokkinError } from '@sokkin/codec';
import { openFileNvm } from '@sokkin/node';
import {
  type AttachOptions,
  attachVirtualCard,
  CARD_ATR,
  CARD_ATR_T0,
  CONTACTLESS_ATR,
  onContactlessReader,
  openPcsc,
  type PcscService,
  VPCD_PORT,
} from '@sokkin/pcsc';
import { findPlace, nameIn } from '../data/places.ts';
import { type Args, type Command, UsageError } from '../io/command.ts';
import type { Context } from '../io/context.ts';

const STATES = { empty: 'no card', card: 'a card', mute: 'a card that does not answer' } as const;
/** The service looks at its readers every 400 ms. */
const SHOWN_MS = 3_000;

export const readersCommand: Command = {
  name: 'readers',
  says: 'list the PC/SC readers, and what lies on them',
  examples: ['sokkin readers', 'sokkin card show reader:Virtual'],
  async run() {
    const service = openPcsc();
    try {
      const readers = await service.readers();
      const width = Math.max(...readers.map((r) => r.name.length));
      return {
        json: {
          readers: readers.map((r) => ({
            name: r.name,
            state: r.state,
            atr: r.atr === undefined ? null : hex(r.atr),
          })),
        },
        lines:
          readers.length === 0
            ? ['There is no reader.']
            : readers.map((r) => {
                const atr = r.atr === undefined ? '' : `, ATR ${hex(r.atr)}`;
                return `${r.name.padEnd(width)}  ${STATES[r.state]}${atr}`;
              }),
      };
    } finally {
      service.close();
    }
  },
};

export const cardAttach: Command = {
  name: 'card attach',
  says: 'put a card into the virtual PC/SC reader, until Ctrl-C',
  positionals: [{ name: 'card', says: 'its name' }],
  flags: {
    port: {
      value: 'PORT',
      says: `where the virtual reader listens (${VPCD_PORT}; its second slot: ${VPCD_PORT + 1})`,
    },
    host: { value: 'HOST', says: 'and on which host (127.0.0.1)' },
    contactless: { says: 'as on a contactless reader (PC/SC part 3), not at the contacts' },
    t0: { says: 'offer T=0 at the contacts, for programs that know no T=1' },
  },
  examples: ['sokkin card attach alice', `sokkin card attach bob --port ${VPCD_PORT + 1} --contactless`],
  async run(context, args) {
    const place = await findPlace(context, args.text('card'), 'card');
    const port = portOf(args.maybe('port'));
    const nvm = await openFileNvm(place.purse);
    const service = await maybePcsc();
    try {
      const card = await openCard({ nvm, crypto: context.crypto, emv: context.emv });
      const before = (await service?.readers())?.filter((r) => r.state === 'empty').map((r) => r.name) ?? [];
      const attached = await attachVirtualCard({
        ...shownAs(context, args, card),
        port,
        host: args.maybe('host') ?? '127.0.0.1',
        onEvent: (event) => {
          if (event === 'reader_gone') context.say('The reader is gone. Waiting for it.');
          if (event === 'inserted') context.say(`${capital(nameIn(place))} is in the virtual reader.`);
        },
      });
      const shown = await shownIn(service, before);
      if (shown !== undefined) context.say(`It is shown as "${shown}". Try: opensc-tool --atr`);
      context.say('Ctrl-C takes it out.');
      const failure = await Promise.race([attached.out, interrupted()]);
      await attached.detach();
      if (failure !== undefined)
        throw new SokkinError('card_failed', `${capital(nameIn(place))} failed and left the reader.`, {
          cause: failure,
        });
      return { json: { card: place.name, reader: shown ?? null }, lines: ['It is out again.'] };
    } finally {
      service?.close();
      await nvm.close();
    }
  },
};

/** The interface at which programs meet the card. */
function shownAs(context: Context, args: Args, card: Card): Pick<AttachOptions, 'card' | 'atr'> {
  if (!args.has('contactless')) return { card, atr: args.has('t0') ? CARD_ATR_T0 : CARD_ATR };
  if (args.has('t0')) throw new UsageError('--t0 is for the contacts: leave out --contactless.');
  const { randomBytes } = context.crypto;
  return { card: onContactlessReader(card, randomBytes), atr: CONTACTLESS_ATR };
}

function portOf(text: string | undefined): number {
  const port = Number(text ?? VPCD_PORT);
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    throw new UsageError('--port is a number up to 65535.');
  return port;
}

/** The card can be attached to a reader of another machine, where no PC/SC service is needed. */
async function maybePcsc(): Promise<PcscService | undefined> {
  let service: PcscService | undefined;
  try {
    service = openPcsc();
    await service.readers();
    return service;
  } catch {
    service?.close();
    return undefined;
  }
}

/** Which of the empty readers has a card now. */
async function shownIn(
  service: PcscService | undefined,
  before: readonly string[],
): Promise<string | undefined> {
  if (service === undefined) return undefined;
  const waiting = before.map(async (name) => {
    await service.until(name, 'card', SHOWN_MS);
    return name;
  });
  return Promise.any(waiting).catch(() => undefined);
}

const interrupted = (): Promise<undefined> =>
  new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve(undefined));
  });

const capital = (s: string): string => s.charAt(0).toUpperCase() + s.slice(1);
