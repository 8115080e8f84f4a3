/** `sokkin scale`, as an operator types it, where there is no Citus: what it would do, and that it does nothing. */
import { expect, it, onTestFinished } from 'vitest';
import { makeHome, serve } from './run.ts';

it('prints the plan as SQL, and refuses to run it on one machine', async () => {
  const home = await makeHome();
  onTestFinished(() => home.dispose());
  expect((await home.run('scale', 'plan')).json).toMatchObject({ error: { code: 'backup_nothing' } });
  const server = await serve(home, '--no-story');
  const plan = await home.say('scale', 'plan', '--shards', '8');
  expect(plan.code, plan.err).toBe(0);
  expect(plan.out).toContain(
    "SELECT create_distributed_table('journals', 'purse', colocate_with => 'none', shard_count => 8);",
  );
  for (const line of plan.out.trim().split('\n')) expect(line).toMatch(/^-- |;$/);
  expect((await home.run('scale', 'apply')).json).toMatchObject({ error: { code: 'scale_no_citus' } });
  for (const shards of ['0', '1025', '8x', '-1'])
    expect((await home.run('scale', 'plan', `--shards=${shards}`)).code, shards).toBe(2);
  expect((await home.run('audit')).json).toMatchObject({ holds: true });
  await server.stop();
});
