/**
 * The birth of a purse through the security domain (docs/spec/card-application.md, section 10.5): what GENERATE KEY
 * and STORE DATA do in the open, as data groupings. Key and identity come in one personalisation or in two, because
 * between them somebody must certify the key.
 *
 * What must hold: a purse that has its identity is never personalised again; the identity takes effect in `finish`, in
 * the same single commit as that of STORE DATA.
 */
import { DGI, SW } from '@sokkin/codec';
import type { Step } from '@sokkin/purse';
import { failed, ok, type Personalisation, refusal } from '../applet.ts';
import { enrol, identify } from './birth.ts';
import { type Context, malformed, perform } from './context.ts';

/** What came since `begin`. */
interface Received {
  readonly isEnrolled: boolean;
  readonly identity: Step | undefined;
}
const NOTHING: Received = { isEnrolled: false, identity: undefined };

export function pursePersonalisation(ctx: Context): Personalisation {
  let received = NOTHING;
  return {
    begin() {
      received = NOTHING;
      return ctx.store.state.lifecycle === 'blank' ? ok() : failed(SW.conditionsNotSatisfied);
    },
    async store({ dgi, value }) {
      // Nothing may change the purse between what `identify` saw and `finish`.
      if (received.identity !== undefined) return malformed();
      switch (dgi) {
        case DGI.purseKey:
          received = { ...received, isEnrolled: true };
          return enrol(ctx, value);
        case DGI.purseIdentity: {
          const step = await identify(ctx, value);
          if (step.status !== 'ok') return refusal(step.status);
          received = { ...received, identity: step };
          return ok();
        }
        default:
          return failed(SW.referencedDataNotFound);
      }
    },
    async finish() {
      const { isEnrolled, identity } = received;
      received = NOTHING;
      if (identity !== undefined) return perform(ctx, identity, undefined);
      return isEnrolled ? ok() : failed(SW.conditionsNotSatisfied);
    },
  };
}
