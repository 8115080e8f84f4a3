/** The list of blocked purses that a phone carries offline. */
import { fromHex, hex, isoOfEpoch, SokkinError } from '@sokkin/codec';
import { idOf, listAge, referenceOf } from '@sokkin/purse';
import { type CarriedList, loadBlockList } from '../data/block-list.ts';
import { findPlace } from '../data/places.ts';
import { today, verifierOf } from '../data/trust.ts';
import { fetchBlockList } from '../flows/block-list.ts';
import { type Command, UsageError } from '../io/command.ts';

const PHONE = { phone: { value: 'PHONE', says: 'the phone that carries the list', required: true } };
const SHOWN = 20;

const jsonOf = ({ held }: CarriedList) => ({
  number: held.number,
  epoch: isoOfEpoch(held.epoch),
  purses: held.purses.length,
  revoked_issuers: held.issuers.map(hex),
  ...listAge(held, today()),
});

const ageOf = ({ held }: CarriedList): string[] => {
  const { state, days } = listAge(held, today());
  return state === 'outdated'
    ? [`It is ${days} days old: who was blocked since then is not on it. Fetch a newer one.`]
    : [];
};

export const fetchCommand: Command = {
  name: 'blocklist fetch',
  says: 'fetch the list of blocked purses for a phone, or what changed of it',
  flags: PHONE,
  examples: ['sokkin blocklist fetch --phone shop'],
  async run(context, args) {
    const phone = await findPlace(context, args.text('phone'), 'phone');
    const { before, now } = await fetchBlockList(context, context.api(), phone);
    const { number, purses, epoch } = now.held;
    const bytes = now.parts.reduce((sum, part) => sum + part.message.length, 0);
    const had =
      before === undefined
        ? 'It had none before.'
        : `It had list ${before.held.number} of ${isoOfEpoch(before.held.epoch)} before.`;
    return {
      json: { ...jsonOf(now), before: before?.held.number ?? null, bytes },
      lines: [
        `${phone.name} has block list ${number} of ${isoOfEpoch(epoch)}: ${purses.length} purses, ${bytes} bytes.`,
        had,
      ],
    };
  },
};

export const showCommand: Command = {
  name: 'blocklist show',
  says: 'the list of blocked purses that a phone carries; needs no back-end',
  flags: { ...PHONE, purse: { value: 'ID', says: 'say only whether this purse is on it' } },
  examples: ['sokkin blocklist show --phone shop'],
  async run(context, args) {
    const phone = await findPlace(context, args.text('phone'), 'phone');
    const { trust } = await verifierOf(context);
    const carried = await loadBlockList(context, trust, phone);
    if (carried === undefined)
      throw new SokkinError(
        'not_found',
        `${phone.name} has no block list yet: sokkin blocklist fetch --phone ${phone.name}`,
      );
    const { number, epoch, purses } = carried.held;
    const wanted = args.maybe('purse')?.replace(/^pur_/, '');
    if (wanted !== undefined) {
      if (!/^[0-9a-f]{16}$/.test(wanted)) throw new UsageError('--purse is 16 hexadecimal digits.');
      const listed = purses.includes(referenceOf(fromHex(wanted)));
      const says = listed ? 'is on the list' : 'is not on the list';
      return {
        json: { ...jsonOf(carried), purse: wanted, listed },
        lines: [`${wanted} ${says} ${number}.`, ...ageOf(carried)],
      };
    }
    const shown = [...purses.subarray(0, SHOWN)].map((reference) => hex(idOf(reference)));
    return {
      json: { ...jsonOf(carried), first: shown },
      lines: [
        `${phone.name} has block list ${number} of ${isoOfEpoch(epoch)}: ${purses.length} purses, ${carried.held.issuers.length} revoked issuers.`,
        ...ageOf(carried),
        ...shown.map((id) => `  ${id}`),
        ...(purses.length > SHOWN ? [`  and ${purses.length - SHOWN} more: --purse ID asks for one.`] : []),
      ],
    };
  },
};
