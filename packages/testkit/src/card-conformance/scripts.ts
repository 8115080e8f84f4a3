/**
 * What docs/spec/card-application.md says of bytes, as scripts (script.ts says how to read them). {aid} is the
 * application identifier. Commands of fewer than 4 bytes are not here: no reader carries them.
 */

/** On a blank card. */
export const BLANK: Readonly<Record<string, string>> = {
  '3.1 SELECT: whole, cut off, with and without Le, without an answer': `
    > 00a4 0400 08 {aid} 00
    < 6f12 8408 {aid} a506 c004 01000400 9000
    > 00a4 0400 05 f0534f4b4b 00
    < 6f12*9000
    > 00a4 0400 07 f0534f4b4b494e 00
    < 6f12*9000
    > 00a4 0400 08 {aid}
    < 6114
    > 00c0 0000 14
    < 6f12*9000
    > 00a4 040c 08 {aid}
    < 9000
    > 00a4 040c 08 {aid} 00
    < 9000`,
  '3.1 SELECT: what is not there leaves the selection alone': `
    > 00a4 0400 08 {aid} 00
    < 6f*9000
    > 00a4 0400 04 f0534f4b 00
    < 6a82
    > 00a4 0400 09 {aid} 00 00
    < 6a82
    > 00a4 0400 05 f0534f4b4c 00
    < 6a82
    > 00a4 0400 00
    < 6a82
    > 00a4 0004 08 {aid} 00
    < 6a86
    > 00a4 0401 08 {aid} 00
    < 6a86
    > 00a4 000c 02 3f00
    < 6a86
    > 80ca df20 00
    < df2054 00*9000`,
  '3.2 nothing is selected after power on': `
    > 80ca df20 00
    < 6986
    > 8010 0000 00
    < 6986
    > 0020 0080
    < 6986
    > 00a4 0400 08 {aid} 00
    < 6f*9000
    power
    > 80ca df20 00
    < 6986`,
  '3.2 classes, in the order of the checks; instructions; P1-P2': `
    > 00a4 0400 08 {aid} 00
    < 6f*9000
    > 8410 0000 00
    < 6882
    > 8510 0000 00
    < 6882
    > 8110 0000 00
    < 6881
    > 4010 0000 00
    < 6e00
    > e010 0000 00
    < 6e00
    > 80ff 0000 00
    < 6d00
    > 00ff 0000
    < 6d00
    > 0010 0000 00
    < 6e00
    > 8020 0080 00
    < 6e00
    > 8010 0001 00
    < 6a86
    > 8050 0100 00
    < 6a86
    > 0020 0081
    < 6a86`,
  '3.5 lengths that do not fit': `
    > 00a4 0400 08 {aid} 00
    < 6f*9000
    > 8050 0000 05 c1
    < 6700
    > 8050 0000 01 c1 00 00
    < 6700
    > 8050 0000 00 00
    < 6700
    > 8050 0000 00 0000 c1
    < 6700
    > 8050 0000 00 0005 c1
    < 6700
    > 8050 0000 00 0001 c1 00
    < 6700
    > 80ca df20 00
    < df2054*9000`,
  '3.3 chaining: parts, a part that differs, too much, and that nothing is kept': `
    > 00a4 0400 08 {aid} 00
    < 6f*9000
    > 9046 0000 04 cc100001
    < 9000
    > 8060 0000 00
    < 6883
    > 8046 0000 02 0203 00
    < 6a80
    > 9046 0000 04 cc100001
    < 9000
    > 9046 0001 01 00
    < 6883
    > 9046 0000 01 cc
    < 9000
    > 00c0 0000 00
    < 6985
    > 8046 0000 01 cc 00
    < 6a80
    > 9050 0000 ff 00x255
    < 9000
    > 9050 0000 ff 00x255
    < 9000
    > 9050 0000 ff 00x255
    < 9000
    > 9050 0000 ff 00x255
    < 9000
    > 8050 0000 05 0000000000
    < 6700
    > 9046 0000 01 cc
    < 9000
    power
    > 00a4 0400 08 {aid} 00
    < 6f*9000
    > 8046 0000 01 10 00
    < 6a80`,
  '3.4 long answers: cut at Le, fetched in any portions, dropped by any other command': `
    > 00a4 0400 08 {aid} 00
    < 6f*9000
    > 00c0 0000 00
    < 6985
    > 80ca df20
    < 6157
    > 00c0 0000 57
    < df2054*9000
    > 80ca df20 03
    < df2054 6154
    > 00c0 0000 04
    < ........ 6150
    > 00c0 0001 00
    < 6a86
    > 00c0 0000 00
    < *9000
    > 00c0 0000 00
    < 6985
    > 80ca df20 03
    < df2054 6154
    > 80ff 0000 00
    < 6d00
    > 00c0 0000 00
    < 6985`,
  '4 what a blank purse refuses': `
    > 00a4 0400 08 {aid} 00
    < 6f*9000
    > 80ca df20 01 00 00
    < 6a80
    > 80ca df21 00
    < 6a88
    > 80ca 00e3 00
    < 6a88
    > 8010 0000 14 c8080000000000000001 c9080102030405060708 00
    < 9401
    > 8012 0000 06 ca0400000001
    < 9401
    > 8070 0000 12 cc10 00x16 00
    < 9401
    > 8074 0000 06 ca0400000000 00
    < 9401
    > 0020 0080
    < 9401
    > 8046 0000 11 cc0f 00x15 00
    < 6a80
    > 8046 0000 14 cc10 00x16 cc00 00
    < 6a80
    > 80e2 0000 00
    < 6a80`,
};

/** On an active card that holds money. */
export const LIVING: Readonly<Record<string, string>> = {
  '3.1 SELECT shows the certificate, whole or in portions': `
    > 00a4 0400 08 {aid} 00
    < 6f81f0 8408 {aid} a581e3 c004 01020400 e381da {certificate} 9000
    > 00a4 0400 08 {aid} 10
    < *61e3
    > 00c0 0000 e3
    < *9000`,
  '4.3 GET DATA: each object under its tag, others not': `
    > 00a4 0400 08 {aid} 00
    < 6f*9000
    > 80ca df20 00
    < df2054 02*9000
    > 80ca df21 00
    < df214a*9000
    > 80ca df22 00
    < df22*9000
    > 80ca df23 00
    < df23*9000
    > 80ca df24 00
    < df24*9000
    > 80ca df25 00
    < df25*9000
    > 80ca 00e3 00
    < e381da {certificate} 9000
    > 80ca 00e3 00 0000
    < e381da {certificate} 9000
    > 80ca df26 00
    < 6a88
    > 80ca 00e4 00
    < 6a88`,
  '4 data objects that are not exactly those of the command': `
    > 00a4 0400 08 {aid} 00
    < 6f*9000
    > 8010 0000 0a c8080000000000000001 00
    < 6a80
    > 8010 0000 14 c9080102030405060708 c9080102030405060708 00
    < 6a80
    > 8010 0000 13 c8080000000000000001 c90701020304050607 00
    < 6a80
    > 8010 0000 14 c8080000000000000000 c9080102030405060708 00
    < 9414
    > 8012 0000 06 ca04ffffffff
    < 940c
    > 8052 0000 06 ca04ffffffff 00
    < 940e
    > 8050 0000 00
    < 6a80
    > 8060 0000 00
    < 6a80
    > 8054 0000 03 c30100
    < 6a80`,
  '4.5 READ JOURNAL: as many whole entries as fit, at least one, none after the last': `
    > 00a4 0400 08 {aid} 00
    < 6f*9000
    > 8074 0000 06 ca04ffffffff 00
    < 9000
    > 8074 0000 05 ca03000000 00
    < 6a80`,
  '4.2 PIN: a try is taken for a wrong block only; the right one gives them back': `
    > 00a4 0400 08 {aid} 00
    < 6f*9000
    > 0020 0080
    < 63c3
    > 0020 0080 07 241234ffffffff
    < 6700
    > 0020 0080
    < 63c3
    > 0020 0080 08 249999ffffffffff
    < 63c2
    power
    > 00a4 0400 08 {aid} 00
    < 6f*9000
    > 0020 0080
    < 63c2
    > 0020 0080 08 249999ffffffffff
    < 63c1
    > 0020 0080 08 241234ffffffffff
    < 9000
    > 0020 0080
    < 9000
    > 0020 0080 08 249999ffffffffff
    < 63c2
    > 0020 0080
    < 63c2
    > 0020 0080 08 241234ffffffffff
    < 9000
    > 00a4 0400 08 {aid} 00
    < 6f*9000
    > 0020 0080
    < 63c3`,
  '4.2 CHANGE REFERENCE DATA': `
    > 00a4 0400 08 {aid} 00
    < 6f*9000
    > 0024 0080 08 241234ffffffffff
    < 6700
    > 0024 0080 10 249999ffffffffff 245678ffffffffff
    < 63c2
    > 0024 0080 10 241234ffffffffff 23567fffffffffff
    < 6a80
    > 0024 0080 10 241234ffffffffff 245678ffffffffff
    < 9000
    power
    > 00a4 0400 08 {aid} 00
    < 6f*9000
    > 0020 0080 08 241234ffffffffff
    < 63c2
    > 0024 0080 10 245678ffffffffff 241234ffffffffff
    < 9000
    > 0020 0080 08 241234ffffffffff
    < 9000`,
  '4.2 a blocked PIN refuses the right one, too': `
    > 00a4 0400 08 {aid} 00
    < 6f*9000
    > 0020 0080 08 249999ffffffffff
    < 63c2
    > 0020 0080 08 249999ffffffffff
    < 63c1
    > 0020 0080 08 249999ffffffffff
    < 6983
    > 0020 0080 08 241234ffffffffff
    < 6983
    > 0020 0080
    < 6983
    power
    > 00a4 0400 08 {aid} 00
    < 6f*9000
    > 0020 0080 08 241234ffffffffff
    < 6983`,
};
