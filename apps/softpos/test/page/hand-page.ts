/** A window beside the shop's app, from which cards are held to the field that all windows share. */
import { sharedField } from '../../src/shop/start.ts';
import { hold } from './hand.ts';

Object.assign(globalThis, { holdCard: (card: string) => hold(sharedField('hand'), card) });
