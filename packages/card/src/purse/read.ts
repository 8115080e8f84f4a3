/** GET DATA (docs/spec/card-application.md, section 4.3): free to read, as on every transit card. */
import { tlv } from '@sokkin/codec';
import {
  CLA,
  encodeHistory,
  encodeLimits,
  encodeOpenApprovals,
  encodeOpenPayments,
  encodeOpenTickets,
  encodeSummary,
  INS,
  OBJECT,
  object,
  READOUT,
} from '@sokkin/purse';
import { ok, refusal } from '../applet.ts';
import { type Command, malformed } from './context.ts';

export const getData: Command = {
  name: 'GET DATA',
  cla: CLA.purse,
  ins: INS.getData,
  p1p2: undefined,
  async run(ctx, { p1, p2, data }) {
    if (data.length !== 0) return malformed();
    const { state } = ctx.store;
    const tag = (p1 << 8) | p2;
    if (tag === READOUT.summary) return ok(tlv(tag, encodeSummary(state)));
    if (state.identity === undefined) return refusal('not_found');
    switch (tag) {
      case READOUT.limits:
        return ok(tlv(tag, encodeLimits(state.limits)));
      case READOUT.openPayments:
        return ok(tlv(tag, encodeOpenPayments(state)));
      case READOUT.openTickets:
        return ok(tlv(tag, encodeOpenTickets(state)));
      case READOUT.history:
        return ok(tlv(tag, encodeHistory(state)));
      case READOUT.approvals:
        return ok(tlv(tag, encodeOpenApprovals(state)));
      case OBJECT.root:
        return ok(object('root', state.identity.root.bytes));
      case OBJECT.issuer:
        return ok(object('issuer', state.identity.issuer.bytes));
      case OBJECT.purse:
        return ok(object('purse', state.identity.purse.bytes));
      default:
        return refusal('not_found');
    }
  },
};
