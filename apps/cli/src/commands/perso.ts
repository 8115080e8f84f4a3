/** Cards and phones: made, and personalised one at a time. */
import { hex, SokkinError } from '@sokkin/codec';
import { type AssuranceName, select } from '@sokkin/terminal';
import type { HttpApi } from '../api/http-api.ts';
import { findPlace, type Kind, listPlaces, type Place, serialOf } from '../data/places.ts';
import { pinTrust } from '../data/trust.ts';
import { chipIfAny, makeBlank } from '../flows/blank.ts';
import { provisionFlow } from '../flows/online.ts';
import { type PersoOrder, persoFlow, replenishFlow, USUAL } from '../flows/perso.ts';
import { withTap } from '../flows/tap.ts';
import { type Answer, type Args, type Command, type Flag, UsageError } from '../io/command.ts';
import type { Context } from '../io/context.ts';
import { ACCOUNT, accountFor, PIN, pinOf, TEARS, tearOf } from './common.ts';

const NAME = (kind: Kind) => ({ name: 'name', says: `what the ${kind} is called` });
const ASSURANCES: readonly AssuranceName[] = ['secure_element', 'tee', 'software'];

export const ORDER_FLAGS: Readonly<Record<string, Flag>> = {
  pin: PIN,
  account: ACCOUNT,
  profile: { value: 'PROFILE', says: 'of the payment application: white-label (default) or another' },
  assurance: { value: 'LEVEL', says: 'secure_element (default), tee or software' },
};

/** What is asked for, for whichever card: nonsense is found before the back-end is asked. */
export async function orderOf(
  context: Context,
  args: Args,
  api: HttpApi,
  kind: Kind,
): Promise<PersoOrder & { readonly accountName: string }> {
  const usual = USUAL[kind];
  const assurance = ASSURANCES.find((a) => a === (args.maybe('assurance') ?? usual.assurance));
  if (assurance === undefined) throw new UsageError(`--assurance is one of ${ASSURANCES.join(', ')}.`);
  const pin = await pinOf(context, args);
  const account = await accountFor(api, args.maybe('account'));
  const root = await pinTrust(context, await api.pki());
  const profile = args.maybe('profile') ?? usual.profile;
  return { account: account.id, accountName: account.name, assurance, profile, pin, root };
}

/** A payment card if it has a security domain, else a purse alone. */
export async function personalise(context: Context, args: Args, place: Place): Promise<Answer> {
  const serial = await serialOf(place);
  if (serial === undefined && args.maybe('profile') !== undefined)
    throw new UsageError(`The ${place.kind} ${place.name} was made without keys: it takes no --profile.`);
  const tear = tearOf(args);
  const api = context.api();
  const order = await orderOf(context, args, api, place.kind);
  const { account, accountName, assurance, profile } = order;
  const done =
    serial === undefined
      ? await provisionFlow(context, api, { ...order, place }, { tear }).then((born) => ({
          purse: born.purse.subjectRef,
          wasActive: false,
        }))
      : await persoFlow(context, api, { ...order, place, serial }, { tear });
  const purse = hex(done.purse);
  const chip = serial === undefined ? {} : { serial: hex(serial), profile };
  const sentence = done.wasActive
    ? `The ${place.kind} ${place.name} was active already: purse ${purse}. Nothing was changed.`
    : `The ${place.kind} ${place.name} is active: purse ${purse}, account ${accountName}.`;
  return {
    json: { name: place.name, kind: place.kind, purse, account, assurance, ...chip },
    lines: [sentence, `Put money on it: sokkin fund ${place.name} 5000`],
  };
}

export const cardCreate: Command = {
  name: 'card create',
  says: 'make a blank card: a file that is its memory',
  positionals: [NAME('card')],
  examples: ['sokkin card create alice'],
  async run(context, args) {
    let why = '';
    const place = await makeBlank(context, 'card', args.text('name'), () =>
      chipIfAny(context.api(), (because) => {
        why = because;
      }),
    );
    const serial = await serialOf(place);
    const kind =
      serial === undefined
        ? `It is made without keys, so it will be a purse and no payment card. ${why}`
        : `Its chip ${hex(serial)} can be personalised by nobody but the back-end.`;
    const next = serial === undefined ? 'personalise' : 'perso';
    return {
      json: { name: place.name, file: place.purse, serial: serial === undefined ? null : hex(serial) },
      lines: [
        `A blank card, in ${place.purse}.`,
        kind,
        `Give it an owner: sokkin card ${next} ${place.name} --pin 1234`,
      ],
    };
  },
};

export const cardPersonalise: Command = {
  name: 'card personalise',
  says: 'as card perso, for one card; one without keys becomes a purse alone',
  positionals: [NAME('card')],
  flags: { ...ORDER_FLAGS, ...TEARS },
  examples: ['sokkin card personalise alice --account "Pilot" --pin 1234'],
  async run(context, args) {
    return personalise(context, args, await findPlace(context, args.text('name'), 'card'));
  },
};

export const phoneCreate: Command = {
  name: 'phone create',
  says: 'make a phone: its own software purse that pays in shops too, and a mailbox for cards',
  positionals: [NAME('phone')],
  flags: { pin: PIN, account: ACCOUNT, ...TEARS },
  examples: ['sokkin phone create shop --pin 1234', 'sokkin phone create emi --account "Pilot" --pin 4321'],
  async run(context, args) {
    const name = args.text('name');
    await pinOf(context, args);
    // A phone whose making was cut off is finished by the same command.
    const unfinished = (await listPlaces(context, 'phone')).find((p) => p.name === name);
    const place =
      unfinished !== undefined && (await isUnfinished(context, unfinished))
        ? unfinished
        : await makeBlank(context, 'phone', name, () => chipIfAny(context.api(), context.say));
    return personalise(context, args, place);
  },
};

async function isUnfinished(context: Context, place: Place): Promise<boolean> {
  return withTap(context, place, {}, async ({ transport }) => {
    const selected = await select(transport);
    return selected.status === 'ok' && selected.value.lifecycle !== 'active';
  }).catch((error: unknown) => {
    // Not even formatted: `makeBlank` makes it anew. Damaged: `makeBlank` finds the name taken.
    if (error instanceof SokkinError) return false;
    throw error;
  });
}

export const phoneKeys: Command = {
  name: 'phone keys',
  says: 'fetch a new limited-use key: a phone pays in shops only a few times with each',
  positionals: [NAME('phone')],
  flags: TEARS,
  examples: ['sokkin phone keys shop'],
  async run(context, args) {
    const place = await findPlace(context, args.text('name'), 'phone');
    const serial = await serialOf(place);
    if (serial === undefined)
      throw new SokkinError(
        'no_domain',
        `The phone ${place.name} was made without keys: it has no payment application.`,
      );
    const tear = tearOf(args);
    const { keyNumber, uses } = await replenishFlow(context, context.api(), { place, serial }, { tear });
    return {
      json: { name: place.name, serial: hex(serial), key_number: keyNumber, uses },
      lines: [`${place.name} has key number ${keyNumber}, good for ${uses} payments.`],
    };
  },
};
