/**
 * What docs/spec/card-application.md, section 10, says of bytes that need no key, as scripts (card-conformance/script.ts
 * says how to read them). {domain} is the AID of the security domain, {aid} of the payment application.
 */

/** On a blank card. */
export const BLANK_DOMAIN: Readonly<Record<string, string>> = {
  '10.1 SELECT: by its AID, and without one': `
    > 00a4 0400 08 {domain} 00
    < 6f.. 8408 {domain} a5*9000
    > 00a4 0400 00
    < 6f.. 8408 {domain} a5*9000
    > 00a4 040c 08 {domain}
    < 9000`,
  '10.2 GET DATA: card, keys, serial number, in both classes; no other': `
    > 00a4 0400 08 {domain} 00
    < 6f*9000
    > 80ca 0066 00
    < 66*9000
    > 00ca 0066 00
    < 66*9000
    > 80ca 00e0 00
    < e012 c004 01..88.. c004 02..88.. c004 03..88.. 9000
    > 80ca 0045 00
    < 450a *9000
    > 80ca 00cf 00
    < cf0a *9000
    > 80ca 0042 00
    < 6a88`,
  '10.2 without a channel nothing else': `
    > 00a4 0400 08 {domain} 00
    < 6f*9000
    > 80e6 2000 08 {domain} 00
    < 6982
    > 80e2 8800 01 00 00
    < 6982
    > 80f0 800f 00
    < 6982
    > 80f2 8002 02 4f00 00
    < 6982
    > 84e2 8800 08 00x8 00
    < 6982
    > 80d8 0000 00
    < 6d00
    > 00e2 8800 01 00 00
    < 6e00`,
  '10.3 a channel is not opened without the keys': `
    > 00a4 0400 08 {domain} 00
    < 6f*9000
    > 8482 3300 10 00x16
    < 6985
    > 8050 0000 10 00x16 00
    < 6700
    > 8050 7f00 08 0102030405060708 00
    < 6a88
    > 8050 0000 08 0102030405060708 00
    < *0370*9000
    > 8482 3300 10 00x16
    < 6988
    > 8482 3300 10 00x16
    < 6985
    > 80f2 8002 02 4f00 00
    < 6982
    > 8050 0000 08 0102030405060708 00
    < *9000
    power
    > 00a4 0400 08 {domain} 00
    < 6f*9000
    > 8482 3300 10 00x16
    < 6985`,
  '10 nothing but the purse and the domain is there before personalisation': `
    > 00a4 0400 0e {ppse} 00
    < 6a82
    > 00a4 0400 0e {pse} 00
    < 6a82
    > 00a4 0400 {aidL} {aid} 00
    < 6a82`,
  '4.1 the purse takes no key and no identity in the open': `
    > 00a4 0400 08 {purse} 00
    < 6f*9000
    > 8046 0000 12 cc10 00x16 00
    < 6982
    > 80e2 0000 12 cc10 00x16 00
    < 6982`,
};

/** On a personalised card that is locked. */
export const LOCKED: Readonly<Record<string, string>> = {
  '10.6 of a locked card nothing is there but the domain': `
    > 00a4 0400 0e {ppse} 00
    < 6a82
    > 00a4 0400 0e {pse} 00
    < 6a82
    > 00a4 0400 {aidL} {aid} 00
    < 6a82
    > 00a4 0400 08 {purse} 00
    < 6a82
    > 00a4 0400 08 {domain} 00
    < 6f*6283`,
};
