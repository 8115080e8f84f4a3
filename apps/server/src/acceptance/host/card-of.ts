/** The number of the card in a message. What must hold: it goes into no log, and onto the disk sealed alone. */
import { hex, type IsoMessage, tlvsOf } from '@sokkin/codec';

const PAN_TAG = 0x5a;
const TRACK2_TAG = 0x57;

/** The card's number: field 2, or the track, or the chip's own data. */
export function cardOf(message: IsoMessage): string | undefined {
  const { fields } = message;
  const [pan, track] = [fields.get(2), fields.get(35)];
  if (typeof pan === 'string') return pan;
  if (typeof track === 'string') return track.split('=')[0];
  const chip = Array.isArray(fields.get(55)) ? tlvsOf(message, 55) : undefined;
  const own = chip?.get(PAN_TAG) ?? chip?.get(TRACK2_TAG);
  return own && hex(own).split(/[df]/)[0];
}
