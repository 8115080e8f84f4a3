/** The typed client of the Sokkin back-end: runs wherever there are `fetch` and `crypto.subtle`. */
export { amountOf, amountText } from './amount.ts';
export { type Client, type ClientOptions, createClient } from './client.ts';
export type { components, operations, paths } from './contract.ts';
export {
  type DeviceIdentity,
  type DeviceJwk,
  type DeviceParts,
  deviceAuthorize,
  newDeviceKey,
} from './device.ts';
export { SokkinApiError, SokkinNetworkError } from './errors.ts';
export { type Page, paginate } from './paginate.ts';
export type { RetryOptions } from './retry.ts';
export type { Authorize, ClientCredentials } from './token.ts';
export { type VerifyOptions, verifyWebhook, type WebhookEvent, WebhookVerificationError } from './webhook.ts';
