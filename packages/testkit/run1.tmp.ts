import { SETUPS, prepare } from '/work/main/packages/testkit/src/checker/setups.ts';
import { explore } from '/work/main/packages/testkit/src/checker/explore.ts';
import { realMachinery } from '/work/main/packages/testkit/src/checker/machinery.ts';
const which = process.argv[2] ? [process.argv[2]] : Object.keys(SETUPS);
for (const n of which) {
  const setup = (SETUPS as any)[n];
  const t0 = Date.now();
  const { table, start } = await prepare(setup, { machinery: realMachinery });
  const t1 = Date.now();
  try {
  const r = await explore(table, start, { bounds: setup.bounds, most: +(process.argv[3] ?? 3000) });
  console.log(n, { ...r, outcomes: undefined }, table.rig.count, t1 - t0, Date.now() - t1);
  console.log([...r.outcomes].map(([k,v])=>`${k}=${v}`).join(' '));
  } catch (e) { console.log(n, e); }
}
