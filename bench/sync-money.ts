/** An account with money, issued under dual control by the sandbox's two clients. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from './sync-fleet.ts';

/** `url`: of the database, which the server's data folder has its name from. */
export async function newAccount(client: Client, folder: string, url: string): Promise<string> {
  const { id } = await client.make<{ id: string }>('/v1/accounts', { name: 'bench' });
  const money = { account: id, amount: '1000000000' };
  const { proposal } = await client.make<{ proposal: string }>('/v1/issuances', money);
  const data = join(folder, new URL(url).pathname.slice(1));
  const { clients } = JSON.parse(readFileSync(join(data, 'credentials.json'), 'utf8'));
  const answer = await fetch(`http://127.0.0.1:${client.port}/v1/oauth/token`, {
    method: 'POST',
    body: new URLSearchParams({ grant_type: 'client_credentials', ...clients.second }),
  });
  const { access_token } = (await answer.json()) as { access_token: string };
  const second = new Client(client.port, access_token);
  await second.make(`/v1/proposals/${proposal}/approve`, {});
  second.close();
  return id;
}
