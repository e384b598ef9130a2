import { type Kysely, sql } from 'kysely'
import type { Migration } from 'kysely/migration'
import { tenantPolicy } from '../tenancy.ts'

/** Nothing younger is ever pruned, whatever an organization decides and whoever asks. */
const leastDays = 90

/**
 * How long an organization keeps its entries, and the one way in which they go: a prefix of the chain, old enough,
 * up to a signed anchor.
 */
export const pruneMigration: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await sql`
      alter table journal.anchors drop constraint anchors_pkey, add primary key (organization_id, sequence, key);
      create table journal.retention (
        organization_id uuid primary key,
        days int not null check (days between ${sql.lit(leastDays)} and 3650)
      );
      create function journal.keep_for(organization uuid, wanted int) returns void
        language sql security definer set search_path = journal, pg_temp
        as 'insert into journal.retention (organization_id, days)
              select organization, wanted
              where organization = nullif(current_setting(''nexus.organization'', true), '''')::uuid
              on conflict (organization_id) do update set days = excluded.days';
      revoke all on function journal.keep_for(uuid, int) from public;
      create function journal.prune(organization uuid, upto bigint) returns bigint
        language plpgsql security definer set search_path = journal, pg_temp
        as '
          declare gone bigint;
          begin
            if not exists (select from journal.anchors a
                join journal.chain l on l.organization_id = a.organization_id and l.sequence = a.sequence
                where a.organization_id = organization and a.sequence = upto and a.hash = l.hash)
              or exists (select from journal.chain l
                join journal.entries e on e.organization_id = l.organization_id and e.id = l.entry_id
                where l.organization_id = organization and l.sequence <= upto
                  and e.at > now() - make_interval(days => ${sql.lit(leastDays)}))
            then raise insufficient_privilege using message = ''what is not anchored or too young stays'';
            end if;
            with going as (
              select l.entry_id from journal.chain l where l.organization_id = organization and l.sequence <= upto
            ), people as (
              delete from journal.personal p using going
                where p.organization_id = organization and p.entry_id = going.entry_id
            ), entries as (
              delete from journal.entries e using going
                where e.organization_id = organization and e.id = going.entry_id returning 1
            ), links as (
              delete from journal.chain l where l.organization_id = organization and l.sequence <= upto
            )
            select count(*) into gone from entries;
            return gone;
          end';
      revoke all on function journal.prune(uuid, bigint) from public;
    `.execute(db)
    await tenantPolicy(db, 'journal', 'retention')
    const { rows } = await sql<{ role: string }>`select current_database() || '_journal' as role`.execute(db)
    const role = sql.id(rows[0]!.role)
    await sql`grant select on journal.retention to ${role}`.execute(db)
    await sql`create policy relay on journal.retention for select to ${role} using (true)`.execute(db)
    await sql`grant execute on function journal.prune(uuid, bigint) to ${role}`.execute(db)
  },
}
