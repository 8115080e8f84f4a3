/**
 * What docs/spec/card-application.md, section 11, says of bytes, as scripts (card-conformance/script.ts says how to read
 * them). {gpo}, {cdol1}, {cdol2}, {ddol}, {drdol} are data fields of the commands that the card's lists are for, with
 * Lc before them; {pin} is the PIN's block. None of them moves value or leaves a try of the PIN burnt.
 */

/** On a personalised card with an active purse. */
export const PAYMENT: Readonly<Record<string, string>> = {
  '11.1 2PAY.SYS.DDF01: one SELECT, and no other command': `
    > 00a4 0400 0e {ppse} 00
    < 6f.. 840e {ppse} a5.. bf0c.. 61.. 4f{aidL} {aid} *9000
    > 00b2 010c 00
    < 6d00
    > 80ca 9f36 00
    < 6d00`,
  '11.1 1PAY.SYS.DDF01: a file with one record': `
    > 00a4 0400 0e {pse} 00
    < 6f.. 840e {pse} a5.. 880101 9000
    > 00b2 010c 00
    < 70.. 61.. 4f{aidL} {aid} 50*9000
    > 00b2 020c 00
    < 6a83
    > 80b2 010c 00
    < 6e00
    > 80a8 0000 02 8300 00
    < 6d00`,
  '11.1 SELECT of the application, whole and in portions': `
    > 00a4 0400 {aidL} {aid} 00
    < 6f.. 84{aidL} {aid} a5*9000
    > 00a4 0400 {aidL} {aid} 04
    < ........ 61..
    > 00c0 0000 00
    < *9000
    > 00a4 0400 {aidL} {aid}
    < 61..
    > 00a4 0404 {aidL} {aid} 00
    < 6a86`,
  '3.1 SELECT by a name that is cut off finds it first; of its whole name there is no next': `
    > 00a4 0400 05 {rid} 00
    < 6f.. 84{aidL} {aid} a5*9000
    > 00a4 0402 {aidL} {aid} 00
    < 6a82`,
  '11.2 before GET PROCESSING OPTIONS there is no transaction': `
    > 00a4 0400 {aidL} {aid} 00
    < 6f*9000
    > 80ae 4000 {cdol1} 00
    < 6985
    > 0088 0000 {ddol} 00
    < 6985
    > 0084 0000 00
    < 6985
    > 0020 0080 08 {pin}
    < 6985
    > 80d0 0000 {drdol} 00
    < 6985
    > 841e 0000 08 00x8
    < 6985
    > 80ca 9f36 00
    < 9f3602.... 9000
    > 00b2 0114 00
    < 70*9000`,
  '11.2 GET PROCESSING OPTIONS: exactly its data, once after SELECT': `
    > 00a4 0400 {aidL} {aid} 00
    < 6f*9000
    > 80a8 0001 {gpo} 00
    < 6a86
    > 80a8 0000 02 8400 00
    < 6a80
    > 80a8 0000 02 8300 00
    < 6700
    > 80a8 0000 00
    < 6a80
    > 00a8 0000 {gpo} 00
    < 6e00
    > 80a8 0000 {gpo} 00
    < 77.. 8202.... 94*9000
    > 80a8 0000 {gpo} 00
    < 6985
    > 00a4 0400 {aidL} {aid} 00
    < 6f*9000
    > 80a8 0000 {gpo} 00
    < 77*9000`,
  '11.2 READ RECORD and GET DATA: what is there, and how it is asked for': `
    > 00a4 0400 {aidL} {aid} 00
    < 6f*9000
    > 00b2 010c 00
    < 70*9000
    > 00b2 010c
    < 61..
    > 00b2 ff0c 00
    < 6a83
    > 00b2 0154 00
    < 6a83
    > 00b2 010d 00
    < 6a86
    > 00b2 010c 01 00 00
    < 6700
    > 80b2 010c 00
    < 6e00
    > 80ca 9f36 00
    < 9f3602.... 9000
    > 80ca 9f13 00
    < 9f1302.... 9000
    > 80ca 9f17 00
    < 9f170103 9000
    > 80ca 9f50 00
    < 9f5006............ 9000
    > 80ca 9f37 00
    < 6a88
    > 80ca 9f36 01 00 00
    < 6700
    > 00ca 9f36 00
    < 6e00`,
  '3.2 classes and instructions': `
    > 00a4 0400 {aidL} {aid} 00
    < 6f*9000
    > 80ff 0000 00
    < 6d00
    > 8181 0000 00
    < 6881
    > 40a8 0000 {gpo} 00
    < 6e00
    > 84ff 0000 00
    < 6882
    > 0ca8 0000 {gpo} 00
    < 6882`,
  '11.2 INTERNAL AUTHENTICATE and GET CHALLENGE': `
    > 00a4 0400 {aidL} {aid} 00
    < 6f*9000
    > 80a8 0000 {gpo} 00
    < 77*9000
    > 0088 0000 01 00 00
    < 6700
    > 0088 0100 {ddol} 00
    < 6a86
    > 8088 0000 {ddol} 00
    < 6e00
    > 0088 0000 {ddol} 00
    < 77*9000
    > 0084 0000 08
    < ................ 9000
    > 0084 0000 01 00 00
    < 6700
    > 0084 0001 00
    < 6a86`,
  '11.2 VERIFY: bytes that are no PIN use up no try': `
    > 00a4 0400 {aidL} {aid} 00
    < 6f*9000
    > 80a8 0000 {gpo} 00
    < 77*9000
    > 0020 0080
    < 6700
    > 0020 0080 07 24123456ffffff
    < 6700
    > 0020 0081 08 {pin}
    < 6a86
    > 8020 0080 08 {pin}
    < 6e00
    > 80ca 9f17 00
    < 9f170103 9000
    > 0020 0080 08 {pin}
    < 9000`,
  '11.2 GENERATE AC: an AAC ends the transaction': `
    > 00a4 0400 {aidL} {aid} 00
    < 6f*9000
    > 80a8 0000 {gpo} 00
    < 77*9000
    > 80ae 4000 01 00 00
    < 6700
    > 80ae c000 {cdol1} 00
    < 6a86
    > 80ae 4100 {cdol1} 00
    < 6a86
    > 80ae 4001 {cdol1} 00
    < 6a86
    > 00ae 4000 {cdol1} 00
    < 6e00
    > 80ae 0000 {cdol1} 00
    < 77.. *9f270100 *9000
    > 80ae 0000 {cdol1} 00
    < 6985
    > 80ae 0000 {cdol2} 00
    < 6985
    > 0020 0080 08 {pin}
    < 6985
    > 0088 0000 {ddol} 00
    < 6985`,
  '11.2 GENERATE AC: after an ARQC a second one, which is no ARQC': `
    > 00a4 0400 {aidL} {aid} 00
    < 6f*9000
    > 80a8 0000 {gpo} 00
    < 77*9000
    > 80ae 8000 {cdol1} 00
    < 77.. *9f270180 *9000
    > 80ae 8000 {cdol2} 00
    < 6a86
    > 80ae 0000 01 00 00
    < 6700
    > 80ae 0000 {cdol2} 00
    < 77.. *9f270100 *9000
    > 80ae 0000 {cdol2} 00
    < 6985`,
  '11.2 a transaction ends with power, and with SELECT': `
    > 00a4 0400 {aidL} {aid} 00
    < 6f*9000
    > 80a8 0000 {gpo} 00
    < 77*9000
    power
    > 80ae 0000 {cdol1} 00
    < 6986
    > 00a4 0400 {aidL} {aid} 00
    < 6f*9000
    > 80ae 0000 {cdol1} 00
    < 6985
    > 80a8 0000 {gpo} 00
    < 77*9000
    > 00a4 0400 {aidL} {aid} 00
    < 6f*9000
    > 80ae 0000 {cdol1} 00
    < 6985`,
  '11.5 RECOVER AC: nothing was lost': `
    > 00a4 0400 {aidL} {aid} 00
    < 6f*9000
    > 80a8 0000 {gpo} 00
    < 77*9000
    > 80d0 0000 01 00 00
    < 6700
    > 80d0 0100 {drdol} 00
    < 6a86
    > 80d0 0000 {drdol} 00
    < 6985
    > 80ae 0000 {cdol1} 00
    < 77*9000
    > 80d0 0000 {drdol} 00
    < 6985`,
  '11.6 a script without its MAC: nothing changes, and none follows': `
    > 00a4 0400 {aidL} {aid} 00
    < 6f*9000
    > 80a8 0000 {gpo} 00
    < 77*9000
    > 80ae 8000 {cdol1} 00
    < 77*9000
    > 8c1e 0000 0a 8e08 00x8
    < 6988
    > 8c1e 0000 0a 8e08 00x8
    < 6985
    > 00a4 0400 {aidL} {aid} 00
    < 6f*9000`,
};

/** The same when the issuer has blocked the card for payments: the purse alone is left. */
export const CARD_BLOCKED: Readonly<Record<string, string>> = {
  '11.1 after CARD BLOCK there is no payment, for good': `
    > 00a4 0400 0e {ppse} 00
    < 6a82
    > 00a4 0400 0e {pse} 00
    < 6a82
    > 00a4 0400 {aidL} {aid} 00
    < 6a81
    > 80a8 0000 {gpo} 00
    < 6985
    power
    > 00a4 0400 {aidL} {aid} 00
    < 6a81
    > 00a4 0400 08 {purse} 00
    < 6f*9000`,
};
