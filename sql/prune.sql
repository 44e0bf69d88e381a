-- Removes for good what the views current_<table> hide: rows that iiko no longer has. One statement, all or nothing.
-- Needs sql/views.sql. Nothing is removed of a partition whose last load failed or was skipped, and nothing of one that
-- would keep fewer rows than sync_log says were loaded: those are left alone; the view broken_partitions lists them.
-- Looks only at what was loaded since it last ran; to look at everything once:  delete from last_prunes;
-- Keeps 90 days of sync_log beside what the views need, and of reconciliation beside what is not proved.
--     make prune            or            PGOPTIONS='-c search_path=iiko' psql … -f sql/prune.sql
-- Written by: tap-iiko --sql prune

create table if not exists last_prunes (server_id text primary key, synced_at timestamp);

create or replace function pg_temp.prune()
returns table (table_name text, removed_rows bigint, left_partitions bigint)
language plpgsql as $$
declare
    kind text;
    parent text;
    partition text;
    oldest constant timestamp := (now() at time zone 'utc') - interval '90 days';
    seen constant jsonb := (select jsonb_object_agg(server_id, max) from (
        select server_id, max(synced_at) from sync_log group by server_id
    ) as last);
begin
    for table_name, kind, parent in values
        ('servers', 'whole', null),
        ('departments', 'whole', null),
        ('stores', 'whole', null),
        ('product_groups', 'whole', null),
        ('products', 'whole', null),
        ('product_modifiers', 'part', 'products'),
        ('categories', 'whole', null),
        ('accounts', 'whole', null),
        ('allergen_groups', 'whole', null),
        ('conceptions', 'whole', null),
        ('cooking_place_types', 'whole', null),
        ('discount_types', 'whole', null),
        ('employee_roles', 'whole', null),
        ('employee_salaries', 'whole', null),
        ('employees', 'whole', null),
        ('measure_units', 'whole', null),
        ('order_types', 'whole', null),
        ('payment_types', 'whole', null),
        ('price_categories', 'whole', null),
        ('product_scales', 'whole', null),
        ('product_sizes', 'part', 'product_scales'),
        ('replication_statuses', 'whole', null),
        ('suppliers', 'whole', null),
        ('terminals', 'whole', null),
        ('receipts', 'day', null),
        ('receipt_items', 'day', null),
        ('receipt_payments', 'day', null),
        ('sales', 'day', null),
        ('writeoffs', 'day', null),
        ('writeoff_items', 'part', 'writeoffs'),
        ('reconciliation', 'day', null)
    loop
        continue when to_regclass(table_name) is null or to_regclass('current_' || table_name) is null;
        partition := case
            when exists (
                select from pg_attribute
                where attrelid = to_regclass(table_name) and attname = 'business_date' and not attisdropped
            ) then 'l.business_date = t.business_date'
            else 'l.business_date is null'
        end;
        execute format(
            'with loaded as materialized (
                 select l.server_id, l.business_date, l.synced_at, s.rows
                 from last_loads l
                 join sync_log s on s.server_id = l.server_id and s.stream = l.stream and s.synced_at = l.synced_at
                     and s.business_date is not distinct from l.business_date and s.status in (''loaded'', ''empty'')
                 left join last_prunes p on p.server_id = l.server_id
                 where l.stream = %L and (p.synced_at is null or l.synced_at > p.synced_at)
             ),
             counted as materialized (
                 select l.server_id, l.business_date, l.synced_at,
                     coalesce(count(t.id) >= l.rows, false) as is_whole
                 from loaded l
                 left join %I t on t.server_id = l.server_id and t.synced_at >= l.synced_at and %s
                 group by l.server_id, l.business_date, l.synced_at, l.rows
             ),
             gone as (
                 delete from %I t using counted l
                 where l.is_whole and l.server_id = t.server_id and %s and %s
                 returning 1
             )
             select (select count(*) from gone), (select count(*) from counted where not is_whole)',
            table_name,
            case when kind = 'part' then 'current_' || table_name else table_name end, partition,
            table_name, partition,
            case
                when kind = 'part' then format(
                    'not exists (select from %I c where c.server_id = t.server_id and c.id = t.id)',
                    'current_' || table_name
                )
                else 't.synced_at < l.synced_at'
            end
        ) into removed_rows, left_partitions;
        return next;
    end loop;

    left_partitions := 0;
    if to_regclass('reconciliation') is not null then
        table_name := 'reconciliation, proved long ago';
        with old as materialized (
            select l.server_id, l.business_date from last_loads l
            where l.stream = 'reconciliation' and l.synced_at < oldest
                and not exists (
                    select from reconciliation r
                    where r.server_id = l.server_id and r.business_date = l.business_date and not r.proved
                )
        ),
        rows_gone as (
            delete from reconciliation r using old o
            where r.server_id = o.server_id and r.business_date = o.business_date returning 1
        ),
        loads_gone as (
            delete from sync_log s using old o
            where s.stream = 'reconciliation' and s.server_id = o.server_id and s.business_date = o.business_date
        )
        select count(*) from rows_gone into removed_rows;
        return next;
    end if;

    table_name := 'sync_log, old';
    delete from sync_log s
    where s.synced_at < oldest
        and not exists (
            select from last_loads l
            where l.stream = s.stream and l.server_id = s.server_id and l.synced_at = s.synced_at
                and l.business_date is not distinct from s.business_date
        );
    get diagnostics removed_rows = row_count;
    return next;

    insert into last_prunes as p
    select key, value::timestamp from jsonb_each_text(coalesce(seen, '{}'))
    on conflict (server_id) do update set synced_at = greatest(p.synced_at, excluded.synced_at);
end $$;

select * from pg_temp.prune();
