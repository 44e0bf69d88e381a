-- What makes the tables readable: the views current_<table>, the rows that iiko still has; broken_partitions, the loads
-- of which rows are missing; and a trigger by which a load that arrives late never overwrites a newer row.
-- Apply once after the first load, and again after an update of the tap or when more tables are selected:
--     make views            or            PGOPTIONS='-c search_path=iiko' psql … -f sql/views.sql

do $$
begin
    if to_regclass('sync_log') is null then
        raise exception 'There is no table sync_log in the schema %: load first, with sync_log selected.', current_schema();
    end if;
end $$;

-- The last good load of each partition: a business day of a server, or a server's whole table.
create or replace view last_loads as
select server_id, stream, business_date, max(synced_at) as synced_at
from sync_log
where status in ('loaded', 'empty')
group by server_id, stream, business_date;

-- Runs only for an update with an older row (see below): leaves it out, the row stays as it is.
create or replace function keep_newer_row() returns trigger language plpgsql as $$
begin
    return null;
end $$;

do $$
declare
    -- what one partition of a table is; of the last ones nothing is ever gone
    whole constant text[] := array[
        'servers', 'departments', 'stores', 'product_groups', 'products', 'product_modifiers', 'categories'
    ];
    by_day constant text[] := array['receipts', 'receipt_items', 'receipt_payments', 'sales', 'reconciliation'];
    growing constant text[] := array['late_changes', 'sync_log'];
    name text;
    partition text;
    -- of tables that are not there; names and types of the view's columns
    broken text := 'select null::text as server_id, null::text as table_name, null::date as business_date,
        null::bigint as logged_rows, null::bigint as current_rows, null::timestamp as synced_at where false';
begin
    foreach name in array whole || by_day || growing loop
        continue when to_regclass(name) is null;  -- not selected so far

        -- Two loads may arrive in the wrong order: a target that was behind, a second machine, a file sent again.
        if not exists (select from pg_trigger where tgrelid = to_regclass(name) and tgname = 'keep_newer_row') then
            execute format(
                'create trigger keep_newer_row before update on %I
                 for each row when (new.synced_at < old.synced_at) execute function keep_newer_row()',
                name
            );
        end if;

        continue when name = any (growing);
        partition := case
            when name = any (by_day) then 'l.business_date = t.business_date' else 'l.business_date is null'
        end;

        -- A row is gone at the source when its partition was loaded well after the row was read.
        execute format(
            'create or replace view %I as
             select t.*
             from %I t
             left join last_loads l on l.stream = %L and l.server_id = t.server_id and %s
             where l.synced_at is null or t.synced_at >= l.synced_at',
            'current_' || name, name, name, partition
        );

        -- A load wrote logged_rows, and fewer of them are there: something else than the tap and iiko took them away.
        broken := broken || format(
            ' union all
             select l.server_id::text, %L, l.business_date, s.rows, count(t.id), l.synced_at
             from last_loads l
             join sync_log s on s.server_id = l.server_id and s.stream = l.stream and s.synced_at = l.synced_at
                 and s.business_date is not distinct from l.business_date and s.status in (''loaded'', ''empty'')
             left join %I t on t.server_id = l.server_id and t.synced_at >= l.synced_at and %s
             where l.stream = %L
             group by l.server_id, l.business_date, l.synced_at, s.rows
             having coalesce(count(t.id) < s.rows, true)',
            name, name, partition, name
        );
    end loop;
    execute 'create or replace view broken_partitions as ' || broken;
end $$;
