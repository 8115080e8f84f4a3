/**
 * One PostgreSQL as if it were many machines: the functions and catalogs of Citus that `sokkin scale apply` uses, made of partitions.
 *
 * For tests: SOKKIN_TEST_STAND_IN=1 makes every test database so. What must hold: a partition stands for a machine, and has the rows that
 * Citus would put into the shard of that number. PostgreSQL refuses here what Citus refuses there of keys. What Citus' planner refuses, it allows.
 */
import pg from 'pg';

export const MACHINES = 8;

/** 2^32 / MACHINES values of hashtext() for each. PostgreSQL adds a constant to the hash of a single column before it takes the remainder. */
const STAND_IN = `
SET allow_system_table_mods = on;
CREATE TABLE pg_catalog.pg_dist_partition (logicalrelid regclass, partmethod "char", colocationid integer);
CREATE TABLE pg_catalog.pg_dist_colocation (colocationid integer, shardcount integer);
CREATE TABLE pg_catalog.pg_dist_local_group (groupid integer);
CREATE TABLE pg_catalog.pg_dist_node (groupid integer, shouldhaveshards boolean, isactive boolean, noderole text);
INSERT INTO pg_catalog.pg_dist_local_group VALUES (0);
INSERT INTO pg_catalog.pg_dist_node VALUES (0, false, true, 'primary'), (1, true, true, 'primary');
INSERT INTO pg_catalog.pg_extension (oid, extname, extowner, extnamespace, extrelocatable, extversion)
  SELECT 999999, 'citus', extowner, extnamespace, false, '13.0-1' FROM pg_catalog.pg_extension LIMIT 1;
RESET allow_system_table_mods;
CREATE FUNCTION machine_of(purse text, seed bigint) RETURNS bigint LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
  $$ SELECT least((hashtext(purse)::bigint + 2147483648) / (4294967296 / ${MACHINES}), ${MACHINES - 1}) - 5305509591434766563 $$;
CREATE OPERATOR CLASS by_machine FOR TYPE text USING hash AS OPERATOR 1 =, FUNCTION 2 machine_of(text, bigint);
CREATE FUNCTION create_distributed_table(spread regclass, by_column text, colocate_with text, shard_count integer DEFAULT NULL)
  RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  name text := spread::text;
  triggers text[] := ARRAY (SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal AND tgrelid = spread);
  one text;
BEGIN
  IF triggers <> '{}' AND current_setting('citus.enable_unsafe_triggers') <> 'on' THEN
    RAISE EXCEPTION 'cannot distribute relation "%" because it has triggers', name;
  END IF;
  EXECUTE format('ALTER TABLE %I RENAME TO whole', name);
  EXECUTE format('CREATE TABLE %I (LIKE whole INCLUDING ALL) PARTITION BY HASH (%I by_machine)', name, by_column);
  FOR i IN 0..${MACHINES - 1} LOOP
    EXECUTE format('CREATE TABLE %I PARTITION OF %I FOR VALUES WITH (MODULUS ${MACHINES}, REMAINDER %s)', name || '_m' || i, name, i);
  END LOOP;
  EXECUTE format('INSERT INTO %I SELECT * FROM whole', name);
  DROP TABLE whole;
  FOREACH one IN ARRAY triggers LOOP EXECUTE one; END LOOP;
  IF shard_count IS NOT NULL THEN INSERT INTO pg_catalog.pg_dist_colocation VALUES (1, shard_count); END IF;
  INSERT INTO pg_catalog.pg_dist_partition VALUES (name::regclass, 'h', 1);
END $$;
CREATE FUNCTION truncate_local_data_after_distributing_table(spread regclass) RETURNS void LANGUAGE sql AS '';
CREATE FUNCTION citus_add_local_table_to_metadata(managed regclass) RETURNS void LANGUAGE sql AS
  $$ INSERT INTO pg_catalog.pg_dist_partition VALUES (managed, 'n', 0) $$;
`;

/** On any database: after it, `sokkin scale apply` finds Citus there. */
export async function standIn(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(STAND_IN).finally(() => client.end());
}
