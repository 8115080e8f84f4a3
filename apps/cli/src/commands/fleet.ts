/** `fleet`: how many purses are in which state. */
import { parseAmount } from '@sokkin/codec';
import * as read from '@sokkin/sdk/json';
import type { Command } from '../io/command.ts';
import { money } from './common.ts';

export const fleetCommand: Command = {
  name: 'fleet',
  says: 'how many cards and phones are in which state, tier and assurance, and what they hold',
  examples: ['sokkin fleet'],
  async run(context) {
    const fleet = await context.api().get('/v1/fleet');
    const rows = read.list(fleet.by, 'by').map((item) => read.object(item, 'by[]'));
    const holds = (o: read.Json) => money(parseAmount(read.text(o.balance, 'balance')));
    return {
      json: fleet,
      lines: [
        `${read.number(fleet.purses, 'purses')} purses hold ${holds(fleet)} by their proven journals.`,
        ...rows.map(
          (row) =>
            `  ${String(row.state).padEnd(13)} tier ${row.tier}  ${String(row.assurance).padEnd(15)} ${String(row.purses).padStart(7)}   ${holds(row)}`,
        ),
      ],
    };
  },
};
