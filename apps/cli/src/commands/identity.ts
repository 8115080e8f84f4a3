/** Who is behind a purse: asked for with a reason, approved by another, read once. */
import * as read from '@sokkin/sdk/json';
import type { Command } from '../io/command.ts';

export const identityAsk: Command = {
  name: 'identity ask',
  says: 'propose to learn who is behind a purse',
  positionals: [{ name: 'purse', says: 'pur_...' }],
  flags: { reason: { value: 'TEXT', says: 'why it must be known; no names', required: true } },
  examples: ['sokkin identity ask pur_0011223344556677 --reason "Order 17/2026 of the court"'],
  async run(context, args) {
    const body = { purse: args.text('purse'), reason: args.text('reason') };
    const json = await context.api().post('/v1/reidentifications', body, crypto.randomUUID());
    const id = read.text(json.id, 'id');
    return {
      json,
      lines: [
        `Proposed. Somebody else approves it: sokkin proposal approve ${id}`,
        `Then, once: sokkin identity read ${id}`,
      ],
    };
  },
};

export const identityRead: Command = {
  name: 'identity read',
  says: 'read, once, what was approved',
  positionals: [{ name: 'proposal', says: 'prp_...' }],
  examples: ['sokkin identity read prp_00112233445566778899aabb'],
  async run(context, args) {
    const id = encodeURIComponent(args.text('proposal'));
    const json = await context.api().post(`/v1/reidentifications/${id}/read`, {});
    const { institution, reference, party, account } = json;
    return {
      json,
      lines: [
        `Institution   ${String(institution)}`,
        `Reference     ${String(reference ?? "none: the account is the institution's own")}`,
        `Party         ${String(party ?? '-')}`,
        `Account       ${String(account)}`,
      ],
    };
  },
};
