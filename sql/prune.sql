-- Removes for good what the views current_<table> hide: rows that iiko no longer has. One statement, all or nothing.
-- Needs sql/views.sql. Nothing is removed of a partition whose last load failed or was skipped, and nothing of one that
-- would keep fewer rows than sync_log says were loaded: those are left alone; the view broken_partitions lists them.
-- It looks at the partitions that were loaded since the last time: the table pruned_loads remembers where it has been.
-- To look everywhere again: drop table pruned_loads.
-- Of sync_log it keeps the last good load of each partition and all of the last 90 days; of
-- reconciliation and checks as many days of what was proved, and all that was not.
--     make prune            or            PGOPTIONS='-c search_path=iiko' psql … -f sql/prune.sql
-- Written by: tap-iiko --sql prune

do $$
begin
    if to_regclass('broken_partitions') is null then
        raise exception 'There are no views in the schema %: apply them first (make views).', current_schema();
    end if;
    if to_regclass('pruned_loads') is null then
        create table pruned_loads (
            stream text, server_id text, business_date date, synced_at timestamp, loads bigint
        );
        comment on table pruned_loads is
            'Where prune has been: of each partition the last good load, and how many good loads sync_log has.';
    end if;
end $$;

-- The tables of your own reports are in no schema file: they have that name and these columns.
create or replace function pg_temp.own_reports() returns setof text language sql as $$
    select relname::text
    from pg_class c
    join pg_namespace n on n.oid = relnamespace and nspname = current_schema()
    where relkind = 'r' and starts_with(relname, 'report_') and (
        select count(*) from pg_attribute
        where attrelid = c.oid and attname in ('server_id', 'id', 'business_date', 'synced_at') and not attisdropped
    ) = 4
    order by relname
$$;

create or replace function pg_temp.prune()
returns table (table_name text, removed_rows bigint, left_partitions bigint)
language plpgsql set jit = off as $$
declare
    kept_since constant timestamp := now() at time zone 'UTC' - interval '90 days';
    item record;
    log_rows bigint;
    unlogged_rows bigint;
begin
    create temp table items on commit drop as
    select
        row_number() over () as place,
        tables.*,
        case replaced
            when 'day' then 'l.business_date = %1$s.business_date' else 'l.business_date is null'
        end as partition,
        0::bigint as removed
    from (
        select name, replaced, parent, parent_id
        from (values
        ('servers', 'whole', null, null),
        ('departments', 'whole', null, null),
        ('stores', 'whole', null, null),
        ('product_groups', 'whole', null, null),
        ('products', 'whole', null, null),
        ('product_modifiers', 'whole', 'products', 'product_id'),
        ('categories', 'whole', null, null),
        ('accounts', 'whole', null, null),
        ('allergen_groups', 'whole', null, null),
        ('attendance_types', 'whole', null, null),
        ('conceptions', 'whole', null, null),
        ('cooking_place_types', 'whole', null, null),
        ('discount_types', 'whole', null, null),
        ('employee_roles', 'whole', null, null),
        ('employee_salaries', 'whole', null, null),
        ('employees', 'whole', null, null),
        ('measure_units', 'whole', null, null),
        ('olap_presets', 'whole', null, null),
        ('order_types', 'whole', null, null),
        ('payment_types', 'whole', null, null),
        ('price_categories', 'whole', null, null),
        ('product_scales', 'whole', null, null),
        ('product_sizes', 'whole', 'product_scales', 'product_scale_id'),
        ('replication_statuses', 'whole', null, null),
        ('restaurant_groups', 'whole', null, null),
        ('points_of_sale', 'whole', 'restaurant_groups', 'restaurant_group_id'),
        ('restaurant_sections', 'whole', 'restaurant_groups', 'restaurant_group_id'),
        ('schedule_types', 'whole', null, null),
        ('suppliers', 'whole', null, null),
        ('terminals', 'whole', null, null),
        ('receipts', 'day', null, null),
        ('receipt_items', 'day', null, null),
        ('receipt_payments', 'day', null, null),
        ('sales', 'day', null, null),
        ('receipt_item_discounts', 'day', null, null),
        ('transactions', 'day', null, null),
        ('stock_movements', 'day', null, null),
        ('attendances', 'day', null, null),
        ('cash_shifts', 'day', null, null),
        ('cash_shift_payments', 'day', 'cash_shifts', 'cash_shift_id'),
        ('counteragent_balances', 'day', null, null),
        ('income_plans', 'day', null, null),
        ('incoming_invoices', 'day', null, null),
        ('incoming_invoice_items', 'day', 'incoming_invoices', 'document_id'),
        ('internal_transfers', 'day', null, null),
        ('internal_transfer_items', 'day', 'internal_transfers', 'document_id'),
        ('outgoing_invoices', 'day', null, null),
        ('outgoing_invoice_items', 'day', 'outgoing_invoices', 'document_id'),
        ('schedules', 'day', null, null),
        ('store_balances', 'day', null, null),
        ('store_documents', 'day', null, null),
        ('writeoffs', 'day', null, null),
        ('writeoff_items', 'day', 'writeoffs', 'document_id'),
        ('reconciliation', 'day', null, null),
        ('checks', 'day', null, null)
        ) as tables (name, replaced, parent, parent_id)
        where to_regclass(name) is not null and (parent is null or to_regclass(parent) is not null and exists (
            select from pg_attribute where attrelid = to_regclass(name) and attname = parent_id and not attisdropped
        ))
        union all
        select name, 'day', null, null from pg_temp.own_reports() as own (name)
    ) as tables;

    create temp table last_good on commit drop as
    select stream, server_id, business_date, max(synced_at) as synced_at, count(*) as loads,
        greatest(1, count(*) filter (where synced_at >= kept_since)) as kept_loads
    from sync_log
    where status in ('loaded', 'empty')
    group by stream, server_id, business_date;

    -- A load that arrives late makes no later one, but one more.
    create temp table looked_at on commit drop as
    select n.*, s.rows, false as is_broken
    from (
        select stream, server_id, business_date, synced_at, loads from last_good
        except
        select stream, server_id, business_date, synced_at, loads from pruned_loads
    ) n
    join sync_log s on s.server_id = n.server_id and s.stream = n.stream and s.synced_at = n.synced_at
        and s.business_date is not distinct from n.business_date and s.status in ('loaded', 'empty');
    analyze looked_at;

    for item in select * from items order by place loop
        if to_regclass('current_' || item.name) is null then
            raise exception 'There is a new table %, and no view current_%: apply the views again (make views).',
                item.name, item.name;
        end if;
        execute format(
            'update looked_at b set is_broken = true
             from (
                 select l.server_id, l.business_date, count(t.id) as current_rows
                 from looked_at l
                 left join %I t on t.server_id = l.server_id and %s
                 where l.stream = %L
                 group by l.server_id, l.business_date
             ) f
             where b.stream = %L and b.server_id = f.server_id and b.business_date is not distinct from f.business_date
                 and coalesce(f.current_rows < b.rows, true)',
            'current_' || item.name, format(item.partition, 't'), item.name, item.name
        );
    end loop;

    delete from sync_log s
    where s.synced_at < kept_since and not exists (
        select from last_good l
        where l.stream = s.stream and l.server_id = s.server_id and l.synced_at = s.synced_at
            and l.business_date is not distinct from s.business_date and s.status in ('loaded', 'empty')
    );
    get diagnostics log_rows = row_count;

    truncate pruned_loads;
    insert into pruned_loads
    select stream, server_id, business_date, synced_at, kept_loads
    from last_good l
    where not exists (
        select from looked_at b
        where b.is_broken and b.stream = l.stream and b.server_id = l.server_id
            and b.business_date is not distinct from l.business_date
    );

    -- A day without a load in the log is left as it is: what stays of it was not proved.
    for item in select * from items where name in ('reconciliation', 'checks') and exists (
        select from pg_attribute where attrelid = to_regclass(name) and attname = 'proved' and not attisdropped
    ) loop
        execute format(
            'with forgotten as (
                 delete from pruned_loads l where l.stream = %1$L and l.synced_at < %2$L returning l.*
             ), gone as (
                 delete from %1$I t using forgotten l
                 where l.server_id = t.server_id and l.business_date = t.business_date
                     and (t.proved or t.synced_at < l.synced_at)
                 returning t.id
             ), unlogged as (
                 delete from sync_log s using forgotten l
                 where s.stream = l.stream and s.server_id = l.server_id and s.business_date = l.business_date
                     and s.synced_at = l.synced_at
                 returning s.id
             )
             select (select count(*) from gone), (select count(*) from unlogged)',
            item.name, kept_since
        ) into removed_rows, unlogged_rows;
        log_rows := log_rows + unlogged_rows;
        update items set removed = removed_rows where name = item.name;
    end loop;

    -- Parts before their parents: a part is found by its parent too.
    for item in select * from items order by place desc loop
        if item.parent is null then
            execute format(
                'delete from %I t using looked_at l
                 where l.stream = %L and not l.is_broken and l.server_id = t.server_id and %s
                     and t.synced_at < l.synced_at',
                item.name, item.name, format(item.partition, 't')
            );
        else
            -- Those of the partition, and those of its documents, which may have come from another day.
            execute format(
                'delete from %1$I t using (
                     select t.server_id, t.id
                     from looked_at l
                     join %1$I t on l.server_id = t.server_id and %2$s
                     where l.stream = %1$L and not l.is_broken
                     union
                     select t.server_id, t.id
                     from looked_at l
                     join %4$I d on l.server_id = d.server_id and %3$s
                     join %1$I t on t.server_id = d.server_id and t.%5$I = d.id
                     where l.stream = %1$L and not l.is_broken
                 ) c
                 where t.server_id = c.server_id and t.id = c.id and not exists (
                     select from %6$I v where v.server_id = t.server_id and v.id = t.id
                 )',
                item.name, format(item.partition, 't'), format(item.partition, 'd'),
                item.parent, item.parent_id, 'current_' || item.name
            );
        end if;
        get diagnostics removed_rows = row_count;
        update items set removed = removed + removed_rows where name = item.name;
    end loop;

    return query
        select i.name, i.removed, (select count(*) from looked_at l where l.stream = i.name and l.is_broken)
        from items i
        order by i.place;
    return query select 'sync_log', log_rows, 0::bigint;
end $$;

select * from pg_temp.prune();
