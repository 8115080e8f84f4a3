/** The texts at the head of the OpenAPI document. */
export const DESCRIPTION = `
Back-end of the Sokkin offline CBDC payment system.

**There is no authentication yet.** Whoever reaches this address may issue money. The server listens on the
loopback interface only, and is for development and demonstration; OAuth 2, DPoP and operators' roles come with a
later version. The assurance of a purse (secure element, TEE, software) is the caller's word until attestation joins.

- Amounts are minor units in decimal digits, with \`"currency": "JPY"\`. Yen has no decimals.
- Octets (messages, certificates) are lower-case hexadecimal; messages are body and signature, without a tag.
- POSTs that move money or issue a certificate need an \`Idempotency-Key\` header. The same key and request give
  the same answer, with \`idempotent-replayed: true\`. Refusals are not kept.
- Lists are \`{data, has_more, next_cursor}\`; pass \`next_cursor\` as \`cursor\`.
- Errors are \`application/problem+json\` (RFC 9457) with a stable \`code\`, \`request_id\` and \`retryable\`. All
  codes with what to do about them are at [/problems](/problems).
`.trim();

/** The chapters of the document, in this order. */
export const TAGS = [
  { name: 'accounts', description: 'Accounts of customers and merchants, and what moved on them.' },
  { name: 'money', description: 'CBDC into being, into purses, and out of them.' },
  { name: 'purses', description: 'Purses on cards and phones: certificates, journals, sync.' },
  { name: 'cards', description: 'Cards: chips, personalisation, and what terminals need to know.' },
  { name: 'oversight', description: 'Is all the money there, and does anybody cheat?' },
] as const;
