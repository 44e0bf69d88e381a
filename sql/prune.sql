-- Removes for good what the views current_<table> hide: rows that iiko no longer has. One statement, all or nothing.
-- Needs sql/views.sql. Nothing is removed of a partition whose last load failed or was skipped, and nothing of one that
-- would keep fewer rows than sync_log says were loaded: those are left alone, and the view broken_partitions lists them.
--     make prune            or            PGOPTIONS='-c search_path=iiko' psql … -f sql/prune.sql

create or replace function pg_temp.prune()
returns table (table_name text, removed_rows bigint, left_partitions bigint)
language plpgsql as $$
declare
    whole constant text[] := array[
        'servers', 'departments', 'stores', 'product_groups', 'products', 'product_modifiers', 'categories'
    ];
    by_day constant text[] := array['receipts', 'receipt_items', 'receipt_payments', 'sales', 'reconciliation'];
begin
    foreach table_name in array whole || by_day loop
        continue when to_regclass(table_name) is null;  -- not selected so far
        execute format(
            'with broken as materialized (
                 select * from broken_partitions where table_name = %L
             ),
             gone as (
                 delete from %I t using last_loads l
                 where l.stream = %L and l.server_id = t.server_id and %s and t.synced_at < l.synced_at
                     and not exists (
                         select from broken b
                         where b.server_id = l.server_id and b.business_date is not distinct from l.business_date
                     )
                 returning 1
             )
             select (select count(*) from gone), (select count(*) from broken)',
            table_name, table_name, table_name,
            case
                when table_name = any (by_day) then 'l.business_date = t.business_date' else 'l.business_date is null'
            end
        ) into removed_rows, left_partitions;
        return next;
    end loop;
end $$;

select * from pg_temp.prune();
