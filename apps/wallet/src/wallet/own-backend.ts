/** What this wallet asks the back-end about itself: its customer's phones, reports of those that are gone, codes for the next one. */
import type { Client } from '@sokkin/sdk';
import { inWords } from './in-words.ts';

/** Of the contract: `npm run contract` makes the types. */
export const ownApi = (client: Client) => ({
  devices: () => inWords(() => client.get('/v1/own/devices')),
  makeCode: (days: number) => inWords(() => client.post('/v1/own/device-codes', { body: { days } })),
  giveUp: (id: string, kind: 'lost' | 'stolen' | 'broken') =>
    inWords(() => client.post('/v1/own/devices/{id}/give-up', { params: { path: { id } }, body: { kind } })),
  takeOver: (id: string) =>
    inWords(() => client.post('/v1/own/purses/{id}/take-over', { params: { path: { id } }, body: {} })),
  claims: () => inWords(() => client.get('/v1/claims')),
  claim: (id: string) => inWords(() => client.get('/v1/claims/{id}', { params: { path: { id } } })),
  withdraw: (id: string) =>
    inWords(() => client.post('/v1/claims/{id}/withdraw', { params: { path: { id } }, body: {} })),
  policy: () => inWords(() => client.get('/v1/policies/claims')),
});
export type OwnApi = ReturnType<typeof ownApi>;
type Answer<K extends keyof OwnApi> = Awaited<ReturnType<OwnApi[K]>>;
export type Phone = Answer<'devices'>['data'][number];
export type PhonePurse = Phone['purses'][number];
export type Claim = Answer<'claim'>;
export type GoneKind = Parameters<OwnApi['giveUp']>[1];
