/** The suites of what the shop keeps, in a page of a real browser. */
import { runAll } from '../../../../adapters/web/test/in-browser.ts';
import { storeConformance } from '../../../../packages/sdk/test/store-conformance.ts';
import { openShopDatabase } from '../../src/keep/database.ts';
import { databaseStore } from '../../src/keep/sales.ts';

let made = 0;
storeConformance('IndexedDB', async () => {
  const name = `stores${made++}`;
  let database = await openShopDatabase(name);
  return {
    store: databaseStore(database),
    async reopen() {
      database.close();
      database = await openShopDatabase(name);
      return databaseStore(database);
    },
    dispose: () => database.close(),
  };
});

Object.assign(globalThis, { outcomes: runAll() });
