/** Commands of a purse as a conformance suite gives them, whole, and what it takes out of the answers. */
import { type Bytes, type CommandApdu, command, parseTemplate } from '@sokkin/codec';
import {
  CLA,
  type Grant,
  INS,
  type Instruction,
  OBJECT,
  type ObjectName,
  object,
  parseStatement,
} from '@sokkin/purse';
import { type ApduTransport, send } from '@sokkin/terminal';
import { grantFor, type World, ZERO_NONCE } from '../parties.ts';

/** Le 256: every object fits short length. */
export const apdu = (instruction: Instruction, data: Bytes): CommandApdu =>
  command(CLA.purse, INS[instruction], 0, 0, data, 0x100);

/** One command, whole, and its answer. */
export async function say(transport: ApduTransport, c: CommandApdu): Promise<{ sw: number; data: Bytes }> {
  const answer = await send(transport, c);
  if (answer === 'garbled') throw new Error('The card gave no response APDU');
  return answer;
}

/** The value of the one object that an answer is. */
export const sole = (name: ObjectName, data: Bytes): Bytes =>
  parseTemplate(data, name, { value: OBJECT[name] }).value.slice();

/** The next Grant for the purse that is selected, as the command that brings it. */
export async function nextGrant(
  world: World,
  transport: ApduTransport,
  override: Partial<Grant>,
): Promise<CommandApdu> {
  const { data } = await say(transport, apdu('statement', object('nonce', ZERO_NONCE)));
  return apdu('applyGrant', await grantFor(world, parseStatement(sole('statement', data)).fields, override));
}
